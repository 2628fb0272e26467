import type { Capture, SourceTable } from '../../engine/capture.ts';
import { name, type Sql, sql, value } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/**
 * Bounds are of the column's own kind, so that its index answers. Texts in an order of their own, as most collations have, and
 * bytes, of which a query gives no text, are not read by ranges: then tables are compared by the hash of the key. Nothing tells the versions of a row apart.
 */
export const keyRanges: NonNullable<Capture['keyRanges']> = async (connection, table) => {
  if (table.key.length === 0 || keyTypes(table).includes('binary')) return null;
  const key = table.key.map((of) => table.columns.find((column) => column.name === of)?.from ?? of);
  const rows = await connection.query(sql`
    select index_name as "index", column_name as name from information_schema.statistics
    where table_schema = ${value(table.schema)} and table_name = ${value(table.table)} and sub_part is null
      and index_type = 'BTREE' and collation = 'A'
    order by index_name, seq_in_index`);
  const ordered = await connection.query(sql`
    select column_name as name from information_schema.columns
    where table_schema = ${value(table.schema)} and table_name = ${value(table.table)}
      and (collation_name is null or collation_name like '%|_bin' escape '|')`);
  const hasOrder = new Set(ordered.map((row) => row.name));
  if (!key.every((of) => hasOrder.has(of))) return null;
  const isOrdered = [...new Set(rows.map((row) => row.index))].some((index) => {
    const columns = rows.filter((row) => row.index === index);
    return key.every((of, i) => columns[i]?.name === of);
  });
  if (!isOrdered) return null;
  return {
    compared: (column, text) => ({ column: sql`${name(column.from)}`, bound: boundOf(column.type, text) }),
    rowVersion: null,
  };
};

function keyTypes(table: SourceTable): readonly Type['kind'][] {
  return table.columns.filter(({ name: of }) => table.key.includes(of)).map(({ type }) => type.kind);
}

function boundOf(type: Type, text: Sql): Sql {
  switch (type.kind) {
    case 'int':
      return sql`cast(${text} as signed)`;
    case 'decimal':
      return type.precision === 20 && type.scale === 0
        ? sql`cast(${text} as unsigned)`
        : sql`cast(${text} as decimal(65,30))`;
    case 'date':
      return sql`cast(${text} as date)`;
    case 'time':
      return sql`cast(${text} as time(6))`;
    case 'timestamp':
      return sql`cast(${text} as datetime(6))`;
    case 'timestamptz':
      return sql`cast(replace(${text}, '+00', '') as datetime(6))`;
    default:
      return text;
  }
}
