import type { TableName, TablePart } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';

const lockMs = 2_000;
const lockNotAvailable = '55P03';

/**
 * Ranges of a table's pages. The last is open, so rows of pages that came later are in it; a row never moves within a view.
 * Only ordinary tables are read by ranges of addresses, from PostgreSQL 14 on:
 * https://www.postgresql.org/docs/release/14.0/ (TID range scans). All else is one part.
 */
export async function parts(
  connection: Connection,
  { schema, table }: TableName,
  bytes: number,
): Promise<readonly TablePart[]> {
  const [found] = await connection.query(sql`
    select case when c.relkind in ('r', 'm') and current_setting('server_version_num')::int4 >= 140000
        then pg_relation_size(c.oid) else 0 end::text as size,
      (select coalesce(sum(pg_total_relation_size(t.relid)), 0) from pg_partition_tree(c.oid) t)::text as whole,
      (select case when min(l.reltuples) >= 0 then sum(l.reltuples) end
        from pg_class l where l.oid = c.oid and c.relkind <> 'p'
          or l.oid in (select t.relid from pg_partition_tree(c.oid) t where t.isleaf))::text as rows,
      current_setting('block_size') as page
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${value(schema)} and c.relname = ${value(table)}`);
  const [size, page] = [Number(found?.size ?? 0), Number(found?.page ?? 8192)];
  const count = Math.max(1, Math.round(size / bytes));
  // Nobody has counted yet: reltuples is -1 until the table was analyzed.
  const rows = typeof found?.rows === 'string' ? Number(found.rows) : null;
  if (count === 1) return [{ where: sql`true`, bytes: Math.max(size, Number(found?.whole ?? 0)), rows }];
  const each = Math.ceil(size / page / count);
  const address = (n: number) => sql`${literal(`(${n * each},0)`)}::tid`;
  return Array.from({ length: count }, (_, n) => ({
    where: n === count - 1 ? sql`ctid >= ${address(n)}` : sql`ctid >= ${address(n)} and ctid < ${address(n + 1)}`,
    bytes: size / count,
    rows: rows === null ? null : rows / count,
  }));
}

/**
 * The files that the table and its partitions rest in, `<object id>/<file>` each. VACUUM FULL, CLUSTER, TRUNCATE and some ALTER
 * TABLE write new ones: rows then have other addresses, and a view from before may find none in them
 * (https://www.postgresql.org/docs/current/mvcc-caveats.html). What is read of the table, if only no row, keeps it as it is
 * until the transaction ends. Whoever waits to change it lets nobody read it meanwhile, and may himself wait for another
 * session of this view.
 */
export async function storage(connection: Connection, { schema, table }: TableName): Promise<string | null> {
  await connection.execute(sql`set local lock_timeout = ${literal(lockMs)}`);
  try {
    await connection.query(sql`select from ${name(schema, table)} limit 0`);
  } catch (failure) {
    if (failure instanceof EngineError && failure.code === lockNotAvailable) return null;
    throw failure;
  }
  // The catalogue's rows are as of the view; the functions tell of now.
  const [found] = await connection.query(sql`
    select string_agg(l.oid || '/' || l.relfilenode, ' ' order by l.oid) as in_view,
      string_agg(l.oid || '/' || coalesce(pg_relation_filenode(l.oid), 0), ' ' order by l.oid) as now
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_class l on l.oid = c.oid or l.oid in (select t.relid from pg_partition_tree(c.oid) t)
    where n.nspname = ${value(schema)} and c.relname = ${value(table)}`);
  return found === undefined || found.in_view !== found.now ? null : String(found.in_view);
}
