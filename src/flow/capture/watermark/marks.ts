import type { Connection } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';

/** How far a dataset was read, in the same database as its rows and moved in their transaction. */
export type Mark = {
  /** The column that it was read by, and its type: of another one the mark says nothing. */
  readonly column: string;
  readonly type: string;
  /** Transport text; null where no row with a watermark was read. */
  readonly mark: string | null;
  /** When all its keys were compared last, ms since 1970; null: never. */
  readonly sweptAtMs: number | null;
};

/** Marks of a stream's datasets by address. */
export async function readMarks(c: Connection, stream: string): Promise<ReadonlyMap<string, Mark>> {
  const rows = await c.query(sql`select address, by_column, by_type, mark, swept_at_ms
    from freehold.fh_watermark where stream = ${value(stream)}`);
  return new Map(
    rows.map((row) => [
      String(row.address),
      {
        column: String(row.by_column),
        type: String(row.by_type),
        mark: typeof row.mark === 'string' ? row.mark : null,
        sweptAtMs: row.swept_at_ms === null ? null : Number(row.swept_at_ms),
      },
    ]),
  );
}

/** In the transaction of the rows that were read up to there. */
export async function writeMark(c: Connection, stream: string, address: string, mark: Mark): Promise<void> {
  const sweptAt = mark.sweptAtMs === null ? null : String(mark.sweptAtMs);
  const changed = await c.execute(sql`update freehold.fh_watermark
    set stream = ${value(stream)}, by_column = ${value(mark.column)}, by_type = ${value(mark.type)},
      mark = ${value(mark.mark)}, swept_at_ms = cast(${value(sweptAt)} as bigint)
    where address = ${value(address)}`);
  if (changed > 0) return;
  await c.execute(sql`insert into freehold.fh_watermark (address, stream, by_column, by_type, mark, swept_at_ms)
    values (${value(address)}, ${value(stream)}, ${value(mark.column)}, ${value(mark.type)}, ${value(mark.mark)},
      cast(${value(sweptAt)} as bigint))`);
}
