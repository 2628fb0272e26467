import type { Capture } from '../../engine/capture.ts';
import { name, sql, value } from '../../sql/sql.ts';

/**
 * A parameter without a type takes the column's, so the comparison is the index's own whatever type the model gives the
 * column. A row's version is the transaction that wrote it and where it rests: both are others after any update.
 */
export const keyRanges: NonNullable<Capture['keyRanges']> = async (connection, table) => {
  if (table.key.length === 0) return null;
  const key = table.key.map((of) => table.columns.find((column) => column.name === of)?.from ?? of);
  const [row] = await connection.query(sql`
    select c.relkind in ('r', 'p') as "isTable", exists (
      select from pg_index as i join pg_class as x on x.oid = i.indexrelid join pg_am as m on m.oid = x.relam
      where i.indrelid = c.oid and i.indisvalid and i.indpred is null and m.amname = 'btree'
        and (select array_agg(a.attname::text order by k.n)
          from unnest(i.indkey) with ordinality as k(attnum, n) join pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
          where k.n <= ${value(key.length)}::integer) = ${value(key)}::text[]) as "isOrdered"
    from pg_class as c join pg_namespace as s on s.oid = c.relnamespace
    where s.nspname = ${value(table.schema)} and c.relname = ${value(table.table)}`);
  if (row?.isOrdered !== true) return null;
  return {
    compared: (column, text) => ({
      column: sql`${name(column.from)}`,
      bound: column.type.kind === 'binary' ? sql`decode(${text}, 'hex')` : text,
    }),
    rowVersion: row.isTable === true ? sql`tableoid::text || ' ' || xmin::text || ' ' || ctid::text` : null,
  };
};
