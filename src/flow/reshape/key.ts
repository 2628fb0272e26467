import type { Connection } from '../../engine/connection.ts';
import { list, name, sql, value } from '../../sql/sql.ts';
import { briefly } from '../locks.ts';
import { type Retyped, wordFor } from './retyped.ts';

/** The columns of one table that change their type together. */
export type TableChange = readonly [Retyped, ...Retyped[]];

export function byTable(retyped: readonly Retyped[]): readonly TableChange[] {
  const found = new Map<string, [Retyped, ...Retyped[]]>();
  for (const one of retyped) {
    const at = `${one.table.schema}.${one.named}`;
    const known = found.get(at);
    if (known === undefined) found.set(at, [one]);
    else known.push(one);
  }
  return [...found.values()];
}

/**
 * Where columns of a key change: the index that takes the old one's place, over the shadows, built while rows are read and
 * written, and for the key a proof, checked beforehand, that no shadow is null: so the swap reads no row. Cut: what an
 * interrupted build left is dropped, and it is built again.
 */
export async function buildIndexes(c: Connection, change: TableChange): Promise<void> {
  const [{ table, named, role }] = change;
  if (!hasIndex(change)) return;
  const index = indexName(change);
  const [built] = await c.query(sql`select i.indisvalid as is_valid from pg_catalog.pg_index i
    where i.indexrelid = to_regclass(format('%I.%I', cast(${value(table.schema)} as text), cast(${value(index)} as text)))`);
  if (built?.is_valid === false) await c.execute(sql`drop index concurrently ${name(table.schema, index)}`);
  if (built?.is_valid !== true) {
    const columns = table.key.map((key) => change.find(({ column }) => column.name === key)?.shadow ?? key);
    const unique = role === 'current' ? sql`unique index` : sql`index`;
    const all = role === 'current' ? columns : [...columns, 'fh_from'];
    await c.execute(
      sql`create ${unique} concurrently ${name(index)} on ${name(table.schema, named)} (${list(all.map((one) => name(one)))})`,
    );
  }
  if (role !== 'current') return;
  const check = `fh_filled_${wordOf(change)}`;
  const at = name(table.schema, named);
  const [proof] = await c.query(sql`select convalidated as is_valid from pg_catalog.pg_constraint
    where conrelid = to_regclass(format('%I.%I', cast(${value(table.schema)} as text), cast(${value(named)} as text)))
      and conname = ${value(check)}`);
  const filled = keyShadows(change).map(({ shadow }) => sql`${name(shadow)} is not null`);
  if (proof === undefined)
    await briefly(c, [table.schema], () =>
      c.execute(sql`alter table ${at} add constraint ${name(check)} check (${list(filled, ' and ')}) not valid`),
    );
  if (proof?.is_valid !== true) await c.execute(sql`alter table ${at} validate constraint ${name(check)}`);
}

/** The new index in the old one's place, in the transaction of the swap and before names change. No row is read. */
export async function swapIndexes(c: Connection, change: TableChange): Promise<void> {
  const [{ table, named, role }] = change;
  if (!hasIndex(change)) return;
  const at = name(table.schema, named);
  if (role === 'history') {
    const [old] = await c.query(sql`select k.relname as index from pg_catalog.pg_index i
      join pg_catalog.pg_class k on k.oid = i.indexrelid
      where i.indrelid = to_regclass(format('%I.%I', cast(${value(table.schema)} as text), cast(${value(named)} as text)))
        and exists (select from pg_catalog.pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey)
          and a.attname = ${value(keyShadows(change)[0]?.column.name ?? '')})
        and k.relname like '%\\_\\_by%'`);
    if (old === undefined) return;
    await c.execute(sql`drop index ${name(table.schema, String(old.index))}`);
    await c.execute(sql`alter index ${name(table.schema, indexName(change))} rename to ${name(String(old.index))}`);
    return;
  }
  const [key] = await c.query(sql`select conname as named from pg_catalog.pg_constraint where contype = 'p'
    and conrelid = to_regclass(format('%I.%I', cast(${value(table.schema)} as text), cast(${value(named)} as text)))`);
  for (const { shadow } of keyShadows(change))
    await c.execute(sql`alter table ${at} alter column ${name(shadow)} set not null`);
  await c.execute(sql`alter table ${at} drop constraint ${name(`fh_filled_${wordOf(change)}`)}`);
  if (key === undefined) return;
  await c.execute(sql`alter table ${at} drop constraint ${name(String(key.named))}`);
  for (const { column } of keyShadows(change))
    await c.execute(sql`alter table ${at} alter column ${name(column.name)} drop not null`);
  await c.execute(
    sql`alter table ${at} add constraint ${name(String(key.named))} primary key using index ${name(indexName(change))}`,
  );
}

function keyShadows(change: TableChange): readonly Retyped[] {
  return change.filter(({ table, column }) => table.key.includes(column.name));
}

function hasIndex(change: TableChange): boolean {
  return change[0].role !== 'delta' && keyShadows(change).length > 0;
}

function indexName(change: TableChange): string {
  return `fh_key_${wordOf(change)}`;
}

function wordOf(change: TableChange): string {
  const [{ table, named }] = change;
  const columns = keyShadows(change).map(({ column, into }) => `${column.name} ${into}`);
  return wordFor(table.schema, named, columns.join(','), 'key');
}
