import type { TableName, TablePart } from '../../engine/capture.ts';
import type { Connection, Row } from '../../engine/connection.ts';
import { literal, name, type Sql, sql, value } from '../../sql/sql.ts';

/**
 * Ranges of the primary key's first column, where that is an integer: InnoDB keeps its rows in that order. They are equally wide, so
 * parts are of one size as far as the numbers are used evenly. All else is one part. Sizes are InnoDB's estimates.
 */
export async function parts(
  connection: Connection,
  { schema, table }: TableName,
  bytes: number,
): Promise<readonly TablePart[]> {
  const [found] = await connection.query(sql`
    select t.table_rows as "rows", t.data_length as bytes, (
      select s.column_name from information_schema.statistics s
      join information_schema.columns c using (table_schema, table_name, column_name)
      where s.table_schema = t.table_schema and s.table_name = t.table_name and s.index_name = 'PRIMARY'
        and s.seq_in_index = 1 and s.collation = 'A' and c.data_type like '%int') as "key"
    from information_schema.tables t where t.table_schema = ${value(schema)} and t.table_name = ${value(table)}`);
  const [size, rows] = [Number(found?.bytes ?? 0), numberOrNull(found?.rows)];
  const count = Math.max(1, Math.round(size / bytes));
  const whole = [{ where: sql`true`, bytes: size, rows }];
  if (count === 1 || typeof found?.key !== 'string') return whole;
  const key = name(found.key);
  const [ends] = await connection.query(
    sql`select cast(min(${key}) as char) as least, cast(max(${key}) as char) as greatest from ${name(schema, table)}`,
  );
  const bounds = boundsOf(ends, count);
  if (bounds.length === 0) return whole;
  const each = bounds.length + 1;
  return Array.from({ length: each }, (_, n) => {
    const [from, to] = [bounds[n - 1], bounds[n]];
    const above: Sql = from === undefined ? sql`true` : sql`${key} >= ${literal(from)}`;
    const where = to === undefined ? above : sql`${above} and ${key} < ${literal(to)}`;
    return { where, bytes: size / each, rows: rows === null ? null : rows / each };
  });
}

/** Between the parts: each greater than the one before it. */
function boundsOf(ends: Row | undefined, count: number): readonly bigint[] {
  if (typeof ends?.least !== 'string' || typeof ends.greatest !== 'string') return [];
  const [least, greatest] = [BigInt(ends.least), BigInt(ends.greatest)];
  const bounds = Array.from(
    { length: count - 1 },
    (_, n) => least + ((greatest - least) * BigInt(n + 1)) / BigInt(count),
  );
  return [...new Set(bounds)].filter((bound) => bound > least);
}

function numberOrNull(of: unknown): number | null {
  return of === null || of === undefined ? null : Number(of);
}
