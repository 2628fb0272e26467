import { stagedColumns } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { empty, list, name, type Sql, sql, words } from '../../sql/sql.ts';
import { sameKey } from '../key.ts';
import type { KeptTable } from '../tables.ts';
import { isOther } from './changes.ts';
import { type Staging, stagedValue } from './staging.ts';

/**
 * Most keys change once in a batch. Then nothing has to be known of the order of their changes: what is staged is compared
 * with the current row and put in its place, in one pass over the table in the order of its key. So a page of the table
 * and of its index is visited once, however large the table is beside the server's memory.
 */

/**
 * Moves the staged rows whose key is there more than once into a staging of their own; null where there are none. In the
 * caller's transaction, under `groupSettings`.
 */
export async function setRepeatedApart(c: Connection, table: KeptTable, staging: Staging): Promise<Staging | null> {
  const keys = table.columns.filter((column) => table.key.includes(column.name));
  const names = keys.map((key) => name(key.name));
  const same = keys.map((key) => sql`${stagedValue(c, staging.shape, key)} = r.${name(key.name)}`);
  const columns = [...stagedColumns, ...staging.shape.columns.map((one) => one.name)];
  const moved = await c.execute(sql`with repeated (${list(names)}) as materialized (
  select ${list(keys.map((key) => stagedValue(c, staging.shape, key)))} from ${name(staging.table)} s
  group by ${list(keys.map((_, i) => words(String(i + 1))))} having count(*) > 1
), apart as (
  delete from ${name(staging.table)} s using repeated r where ${list(same, ' and ')}
  returning ${list(columns.map((column) => sql`s.${name(column)}`))}
)
insert into ${name(staging.repeated)} (${list(columns.map((column) => name(column)))})
select ${list(columns.map((column) => name(column)))} from apart`);
  return moved === 0 ? null : { ...staging, table: staging.repeated };
}

/** Merges staged rows each of which is the only one of its key; how many current rows changed. */
export async function mergeOnce(c: Connection, table: KeptTable, staging: Staging): Promise<number> {
  const columns = table.columns.map((column) => name(column.name));
  const rest = table.columns.filter((column) => !table.key.includes(column.name));
  const current = name(table.schema, table.current);
  const staged = inOrderOfKey(c, table, staging);
  const isSame = sameKey(table.key, sql`c`, sql`n`);
  const isOtherRow = rest.length === 0 ? sql`false` : isOther(c, rest);
  if (table.layout !== 'live') {
    await c.execute(sql`insert into ${name(table.schema, table.history)} (${list(columns)}, fh_from, fh_to)
      select ${list(table.columns.map((column) => sql`c.${name(column.name)}`))}, c.fh_from, n.fh_ordinal
      from ${staged} n join ${current} c on ${isSame}
      where n.fh_op = 0 or ${isOtherRow}`);
  }
  const updated = [
    ...rest.map((column) => sql`${name(column.name)} = n.${name(column.name)}`),
    sql`fh_from = n.fh_ordinal`,
  ];
  return c.execute(sql`merge into ${current} c using ${staged} n on ${isSame}
    when matched and n.fh_op = 0 then delete
    ${rest.length === 0 ? empty : sql`when matched and ${isOtherRow} then update set ${list(updated)}`}
    when not matched and n.fh_op = 1 then
      insert (${list(columns)}, fh_from)
      values (${list(table.columns.map((column) => sql`n.${name(column.name)}`))}, n.fh_ordinal)`);
}

/** Ordered where it is read, so that the table is too. */
function inOrderOfKey(c: Connection, table: KeptTable, staging: Staging): Sql {
  const values = table.columns.map((column) => sql`${stagedValue(c, staging.shape, column)} as ${name(column.name)}`);
  const keys = table.columns.filter((column) => table.key.includes(column.name));
  const order = keys.map((key) => c.dialect.sortKey(key.type, stagedValue(c, staging.shape, key)));
  return sql`(select s.fh_ordinal, s.fh_op, ${list(values)} from ${name(staging.table)} s
    order by ${list(order)})`;
}
