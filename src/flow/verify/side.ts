/**
 * One side of a comparison: rows with one text each, equal on every engine where the rows are equal.
 *
 * Terms. *key text*: of a row's key; of a keyless row the hash of the whole row, so that rows are compared as a multiset.
 * *tally*: how many rows, and the sum of their hashes: equal tallies mean equal rows, but for chance of one in 2^60.
 */
import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

export type Side = {
  /** `source`, `store`, or a replica's container: in samples. */
  readonly where: string;
  readonly connection: Connection;
  /** A query whose columns are named and typed as below, in the engine's physical types. */
  readonly rows: Sql;
  readonly columns: readonly { readonly name: string; readonly type: Type }[];
  readonly key: readonly string[];
};

export type Tally = { readonly rows: number; readonly sum: string };
export const nothing: Tally = { rows: 0, sum: '0' };

export function isEqual(a: Tally, b: Tally): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}

/** Tallies by bucket; the bucket of a row is that of its key on every engine. */
export async function bucketTallies(side: Side, buckets: number): Promise<ReadonlyMap<number, Tally>> {
  const found = await tallies(side, bucketOf(side, buckets), sql`true`);
  return new Map([...found].map(([bucket, tally]) => [Number(bucket), tally]));
}

/** Tallies by key text of the keys in some buckets. */
export function keyTallies(side: Side, buckets: number, of: readonly number[]): Promise<ReadonlyMap<string, Tally>> {
  return tallies(
    side,
    sql`h.fh_key`,
    sql`${bucketOf(side, buckets)} in (${list(of.map((bucket) => literal(bucket)))})`,
  );
}

/** Each so many keys cost one reading of the table. */
const keysAtOnce = 5_000;

/** Tallies of these keys; a key without rows is not in the answer. */
export async function talliesOf(side: Side, keys: readonly string[]): Promise<ReadonlyMap<string, Tally>> {
  const found = new Map<string, Tally>();
  for (let from = 0; from < keys.length; from += keysAtOnce) {
    const some = keys.slice(from, from + keysAtOnce).map((key) => value(key));
    for (const [key, tally] of await tallies(side, sql`h.fh_key`, sql`h.fh_key in (${list(some)})`))
      found.set(key, tally);
  }
  return found;
}

export function tableSide(
  where: string,
  connection: Connection,
  table: Pick<Table, 'columns' | 'key' | 'schema'>,
  physical: string,
): Side {
  return {
    where,
    connection,
    rows: sql`select ${list(table.columns.map((column) => name(column.name)))} from ${name(table.schema, physical)}`,
    columns: table.columns,
    key: table.key,
  };
}

/** Everything that `work` reads is as of one moment. */
export function inOneView<T>(c: Connection, work: () => Promise<T>): Promise<T> {
  return c.transaction(work, { isolation: 'repeatable read', readOnly: true });
}

export async function countRows(side: Side): Promise<number> {
  const [row] = await side.connection.query(sql`select count(*) as n from (${side.rows}) r`);
  return Number(row?.n ?? 0);
}

/** The key texts of a query's rows: for those that the delta says have changed. */
export async function keyTexts(side: Side, limit: number): Promise<readonly string[]> {
  const rows = await side.connection.query(
    sql`select distinct h.fh_key as k from (${hashed(side)}) h limit ${literal(limit)}`,
  );
  return rows.map((row) => String(row.k));
}

/** `id=5, line=2` of a key text; of a keyless row its hash. */
export function readableKey(side: Side, text: string): string {
  if (side.key.length === 0) return `row ${text}`;
  const values = [...text.matchAll(/n\||v((?:[^\\|]|\\.)*)\|/gsu)].map(([, value]) =>
    value?.replaceAll(/\\(.)/gsu, '$1'),
  );
  return side.key.map((column, i) => `${column}=${values[i] ?? 'null'}`).join(', ');
}

async function tallies(side: Side, by: Sql, where: Sql): Promise<ReadonlyMap<string, Tally>> {
  const text = textTypeOf(side);
  const rows = await side.connection.query(sql`
    select ${by} as k, count(*) as n, cast(sum(h.fh_hash) as ${text}) as s from (${hashed(side)}) h where ${where} group by 1`);
  return new Map(rows.map((row) => [String(row.k), { rows: Number(row.n), sum: String(row.s) }]));
}

function textTypeOf({ connection }: Side): Sql {
  return connection.types.physical({ kind: 'text' });
}

function bucketOf({ connection }: Side, buckets: number): Sql {
  return sql`${connection.types.textHash(sql`h.fh_key`)} % ${literal(buckets)}`;
}

function hashed(side: Side): Sql {
  const { textHash } = side.connection.types;
  const row = textOf(
    side,
    side.columns.map((column) => column.name),
  );
  const key = side.key.length === 0 ? sql`cast(${textHash(row)} as ${textTypeOf(side)})` : textOf(side, side.key);
  return sql`select ${key} as fh_key, ${textHash(row)} as fh_hash from (${side.rows}) r`;
}

/** `vAnnika|` for a value, `n|` for null, one after the other, `\\` and `|` within a value escaped: no two rows have one text. */
function textOf({ connection, columns }: Side, names: readonly string[]): Sql {
  const pieces = names.flatMap((each) => {
    const column = columns.find((one) => one.name === each);
    if (column === undefined) return [];
    const text = connection.types.canonicalText(column.type, sql`${name('r', each)}`);
    // The text is written once: an engine may compute what is written twice twice.
    const escaped = mayHoldMarks.has(column.type.kind)
      ? sql`replace(replace(${text}, ${literal('\\')}, ${literal('\\\\')}), '|', ${literal('\\|')})`
      : text;
    return [sql`coalesce('v' || (${escaped}) || '|', 'n|')`];
  });
  return sql`${list(pieces, ' || ')}`;
}

/** All other types' texts are made of digits, letters and a few signs. */
const mayHoldMarks: ReadonlySet<Type['kind']> = new Set(['char', 'varchar', 'text', 'json', 'enum', 'array']);
