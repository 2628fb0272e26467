import type { Connection } from '../engine/connection.ts';
import type { Table } from '../plan/plan.ts';
import { list, literal, name, sql, value } from '../sql/sql.ts';
import { holdStream } from './checkpoint.ts';

/** Pages in a transaction: a fraction of a second. */
const pagesAtOnce = 1_024;

/**
 * Gives current rows in one table of versions what a column that joined says of rows from before (its default at the source); in
 * a table of their own they have it as the column's default, at once. It takes long, so readers are not to wait for it: ranges of
 * the table's pages, each a transaction in which no merge is under way. Cut: whoever comes next begins again, with what is null.
 */
export async function fillAbsent(c: Connection, table: Table): Promise<void> {
  const { address, schema, versions = null } = table;
  if (versions === null) return;
  const mine = sql`address = ${value(address)} and is_filled is false`;
  const noted = await c.query(sql`select column_name from freehold.fh_unread where ${mine}`);
  const columns = table.columns.flatMap(({ name: column, type, absent }) =>
    absent !== undefined && noted.some((row) => row.column_name === column)
      ? [{ named: column, column: name(column), absent: c.types.fromTransport(type, sql`${literal(absent)}`) }]
      : [],
  );
  if (columns.length === 0) return;
  const [owner] = await c.query(sql`select stream from freehold.fh_dataset where address = ${value(address)}`);
  const set = columns.map(({ column, absent }) => sql`${column} = coalesce(r.${column}, ${absent})`);
  const isNull = columns.map(({ column }) => sql`r.${column} is null`);
  const [size] = await c.query(sql`select pg_relation_size(
      to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(versions)} as text))))
    / current_setting('block_size')::bigint as pages`);
  for (let page = 0; page < Number(size?.pages); page += pagesAtOnce)
    await c.transaction(async () => {
      await holdStream(c, String(owner?.stream));
      await c.execute(sql`update ${name(schema, versions)} r set ${list(set)}
        where r.ctid >= ${literal(`(${page},0)`)}::tid and r.ctid < ${literal(`(${page + pagesAtOnce},0)`)}::tid
          and r.fh_to is null and (${list(isNull, ' or ')})`);
    });
  const done = columns.map(({ named }) => value(named));
  await c.execute(sql`update freehold.fh_unread set is_filled = true where ${mine} and column_name in (${list(done)})`);
}
