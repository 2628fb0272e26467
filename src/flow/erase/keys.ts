import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Table, TableColumn } from '../../plan/plan.ts';
import { list, name, type Sql, sql, value } from '../../sql/sql.ts';
import { typeText } from '../../types/text.ts';
import { deltaRanges } from '../bookkeeping.ts';
import { keyColumns } from '../key.ts';
import { keyTextOf } from '../ranges/row-text.ts';
import { isTable } from '../tables.ts';
import { digestSql, ensureSecret } from './tombstones.ts';

/**
 * The keys that an erasure is about, in a temporary table of the store's session: the key's columns, `fh_key` (their text)
 * and `fh_digest` (its keyed digest, by which alone they are remembered). Each key once.
 */
export type ErasedKeys = { readonly table: string; readonly count: number };

const table = 'fh_erasing';
const given = 'fh_erasing_given';
const keysAtOnce = 500;

/** Keys as they were written: of each the transport texts of its columns. Errors: EngineError that names the first that is none. */
export async function givenKeys(
  c: Connection,
  dataset: Table,
  keys: readonly (readonly string[])[],
): Promise<ErasedKeys> {
  const columns = keyColumns(dataset);
  await makeGiven(c, dataset);
  for (let from = 0; from < keys.length; from += keysAtOnce) {
    const some = keys.slice(from, from + keysAtOnce);
    try {
      await insertGiven(c, columns, some);
    } catch (failure) {
      if (!(failure instanceof EngineError) || failure.kind !== 'statement') throw failure;
      throw await firstWrong(c, dataset, some, failure);
    }
  }
  return withDigests(c, dataset);
}

/** The keys of all rows, versions and changes of the dataset whose column has a value, written as its transport text. */
export async function keysWhere(c: Connection, dataset: Table, column: TableColumn, text: string): Promise<ErasedKeys> {
  await makeGiven(c, dataset);
  const keys = list(keyColumns(dataset).map((one) => name(one.name)));
  const wanted = c.types.canonicalText(column.type, c.types.fromTransport(column.type, typedText(c, text)));
  for (const from of await tablesWithRows(c, dataset)) {
    try {
      await c.execute(sql`insert into ${name(given)} (${keys}) select ${keys} from ${name(dataset.schema, from)} r
        where ${c.types.canonicalText(column.type, sql`r.${name(column.name)}`)} = ${wanted}`);
    } catch (failure) {
      if (!(failure instanceof EngineError) || failure.kind !== 'statement') throw failure;
      throw notOfType(text, `column '${column.name}' of '${dataset.address}'`, typeText(column.type), failure);
    }
  }
  return withDigests(c, dataset);
}

/** Some of them, as `id=5, part=a`. */
export async function sampleKeys(c: Connection, dataset: Table, limit: number): Promise<readonly string[]> {
  const columns = keyColumns(dataset);
  const texts = columns.map(
    (column, i) => sql`${c.types.canonicalText(column.type, sql`k.${name(column.name)}`)} as ${name(`k${i}`)}`,
  );
  const rows = await c.query(sql`select ${list(texts)} from ${name(table)} k order by fh_key limit ${value(limit)}`);
  return rows.map((row) => columns.map((column, i) => `${column.name}=${String(row[`k${i}`])}`).join(', '));
}

export async function digestsOf(c: Connection): Promise<readonly string[]> {
  const rows = await c.query(sql`select fh_digest from ${name(table)} order by fh_digest`);
  return rows.map((row) => String(row.fh_digest));
}

/** The names of the tables of a dataset's schema that are there and have its rows: current, closed versions, changes. */
export async function tablesWithRows(c: Connection, dataset: Table): Promise<readonly string[]> {
  const found: string[] = [];
  for (const one of [dataset.current, dataset.history]) if (await isTable(c, dataset.schema, one)) found.push(one);
  return [...found, ...(await deltaRanges(c, dataset.address)).map((range) => range.table)];
}

async function makeGiven(c: Connection, dataset: Table): Promise<void> {
  const columns = keyColumns(dataset).map((one) => sql`${name(one.name)} ${c.types.physical(one.type)}`);
  const text = c.types.physical({ kind: 'text' });
  await dropKeys(c);
  await c.execute(sql`create temporary table ${name(given)} (${list(columns)})`);
  await c.execute(
    sql`create temporary table ${name(table)} (${list([...columns, sql`fh_key ${text}`, sql`fh_digest ${text}`])})`,
  );
}

/** Before another erasure of the session, and after the last. */
export async function dropKeys(c: Connection): Promise<void> {
  for (const one of [given, table]) await c.execute(sql`drop table if exists ${name(one)}`);
}

async function insertGiven(c: Connection, columns: readonly TableColumn[], keys: readonly (readonly string[])[]) {
  const rows = keys.map(
    (key) => sql`(${list(columns.map((column, i) => c.types.fromTransport(column.type, typedText(c, key[i] ?? ''))))})`,
  );
  await c.execute(sql`insert into ${name(given)} values ${list(rows)}`);
}

function typedText(c: Connection, text: string): Sql {
  return sql`cast(${value(text)} as ${c.types.physical({ kind: 'text' })})`;
}

async function withDigests(c: Connection, dataset: Table): Promise<ErasedKeys> {
  const keys = keyColumns(dataset).map((column) => name(column.name));
  const secret = await ensureSecret(c);
  const keyText = keyTextOf(c, dataset, (column) => sql`g.${name(column.name)}`);
  const count = await c.execute(sql`insert into ${name(table)} (${list([...keys, name('fh_key'), name('fh_digest')])})
    select ${list(keys)}, fh_key, ${digestSql(c, secret, sql`fh_key`)}
    from (select distinct ${list(keys)}, ${keyText} as fh_key from ${name(given)} g) g`);
  await c.execute(sql`analyze ${name(table)}`);
  return { table, count };
}

async function firstWrong(
  c: Connection,
  dataset: Table,
  keys: readonly (readonly string[])[],
  failure: EngineError,
): Promise<EngineError> {
  const columns = keyColumns(dataset);
  for (const key of keys) {
    for (const [i, column] of columns.entries()) {
      const text = key[i] ?? '';
      try {
        await c.query(sql`select ${c.types.fromTransport(column.type, typedText(c, text))} as v`);
      } catch (reason) {
        if (!(reason instanceof EngineError) || reason.kind !== 'statement') throw reason;
        return notOfType(text, `key column '${column.name}' of '${dataset.address}'`, typeText(column.type), reason);
      }
    }
  }
  return failure;
}

function notOfType(text: string, what: string, type: string, cause: EngineError): EngineError {
  return new EngineError('statement', `'${text}' is no value of ${what}, which is ${type}. Nothing was changed.`, {
    cause,
  });
}
