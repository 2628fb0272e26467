import type { Connection } from '../../engine/connection.ts';
import { literal, type Sql, sql, value } from '../../sql/sql.ts';

/** Pages that are gone through at a time: between two it is told how far it is. */
const pagesAtOnce = 8_192;

export type Moved = { readonly rows: number; readonly bytes: number; readonly ofBytes: number };

/**
 * Runs a statement for the rows of each range of a table's pages, which nobody else writes; how many rows it moved. `of`: the
 * statement for the rows `r` of which a condition holds. In the caller's transaction.
 */
export async function moveRows(
  c: Connection,
  [schema, table]: readonly [string, string],
  of: (isInRange: Sql) => Sql,
  told: (moved: Moved) => Promise<void>,
): Promise<Moved> {
  const at = sql`to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(table)} as text)))`;
  const [size] = await c.query(sql`select pg_relation_size(${at}) as bytes,
    current_setting('block_size')::bigint as page_bytes`);
  const [ofBytes, pageBytes] = [Number(size?.bytes), Number(size?.page_bytes)];
  let moved: Moved = { rows: 0, bytes: 0, ofBytes };
  await told(moved);
  for (let page = 0; page * pageBytes < ofBytes; page += pagesAtOnce) {
    const end = page + pagesAtOnce;
    const rows = await c.execute(
      of(sql`r.ctid >= ${literal(`(${page},0)`)}::tid and r.ctid < ${literal(`(${end},0)`)}::tid`),
    );
    moved = { rows: moved.rows + rows, bytes: Math.min(end * pageBytes, ofBytes), ofBytes };
    await told(moved);
  }
  return moved;
}
