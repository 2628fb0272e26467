import type { TablePart } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { literal, sql, value } from '../../sql/sql.ts';

/**
 * Ranges of a table's pages. The last is open, so rows of pages that came later are in it; a row never moves within a view.
 * Only ordinary tables are read by ranges of addresses, from PostgreSQL 14 on:
 * https://www.postgresql.org/docs/release/14.0/ (TID range scans). All else is one part.
 */
export async function parts(
  connection: Connection,
  { schema, table }: { readonly schema: string; readonly table: string },
  bytes: number,
): Promise<readonly TablePart[]> {
  const [found] = await connection.query(sql`
    select case when c.relkind in ('r', 'm') and current_setting('server_version_num')::int4 >= 140000
        then pg_relation_size(c.oid) else 0 end::text as size,
      (select coalesce(sum(pg_total_relation_size(t.relid)), 0) from pg_partition_tree(c.oid) t)::text as whole,
      current_setting('block_size') as page
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${value(schema)} and c.relname = ${value(table)}`);
  const [size, page] = [Number(found?.size ?? 0), Number(found?.page ?? 8192)];
  const count = Math.max(1, Math.round(size / bytes));
  if (count === 1) return [{ where: sql`true`, bytes: Math.max(size, Number(found?.whole ?? 0)) }];
  const each = Math.ceil(size / page / count);
  const address = (n: number) => sql`${literal(`(${n * each},0)`)}::tid`;
  return Array.from({ length: count }, (_, n) => ({
    where: n === count - 1 ? sql`ctid >= ${address(n)}` : sql`ctid >= ${address(n)} and ctid < ${address(n + 1)}`,
    bytes: size / count,
  }));
}
