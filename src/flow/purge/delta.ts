import type { Connection } from '../../engine/connection.ts';
import type { PurgedTable } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { type DeltaRange, deltaRanges, integer } from '../bookkeeping.ts';
import { endOf } from '../delta.ts';
import { forgetTable } from '../places.ts';
import { versionsName } from '../versions.ts';

/** A delta that is larger than this, and than so many times its current table, is not worth following any more. */
export const deltaBound = { bytes: 1 << 30, timesCurrent: 4 };

/**
 * Drops those tables of a dataset's delta whose changes every reader has, and the oldest beyond the bound: a reader that
 * needs those is rebuilt by difference. Own transactions, one a table. Cut: what is left goes the next time. The tables dropped.
 */
export async function purgeDelta(
  c: Connection,
  table: PurgedTable,
  passed: bigint,
  bound: { readonly bytes: number; readonly timesCurrent: number } = deltaBound,
): Promise<number> {
  const ranges = await deltaRanges(c, table.address);
  const tooLarge = await beyond(c, table, ranges, bound);
  // The last one is being filled.
  const gone = ranges.slice(0, -1).filter((_, i) => i < tooLarge || endOf(ranges, i) <= passed);
  for (const range of gone) await drop(c, table, range, endOf(ranges, ranges.indexOf(range)));
  return gone.length;
}

function drop(c: Connection, table: PurgedTable, range: DeltaRange, end: bigint): Promise<void> {
  const mine = sql`address = ${value(table.address)}`;
  return c.transaction(async () => {
    await c.execute(sql`update freehold.fh_dataset set delta_from = ${integer(end)}
      where ${mine} and delta_from < ${integer(end)}`);
    await c.execute(sql`delete from freehold.fh_delta_range where ${mine} and n = ${value(range.n)}`);
    await c.execute(sql`drop table ${name(table.schema, range.table)}`);
    await forgetTable(c, [table.schema, range.table]);
  });
}

/** How many of the oldest tables make it too large. */
async function beyond(
  c: Connection,
  { schema, current }: PurgedTable,
  ranges: readonly DeltaRange[],
  { bytes, timesCurrent }: { readonly bytes: number; readonly timesCurrent: number },
): Promise<number> {
  const { tableBytes } = c.dialect;
  if (tableBytes === null || ranges.length < 2) return 0;
  const sizeOf = async (table: string) => {
    const [row] = await c.query(sql`select coalesce(${tableBytes(schema, table)}, 0) as bytes`);
    return Number(row?.bytes);
  };
  const rows = (await sizeOf(current)) + (await sizeOf(versionsName(c, { current })));
  const most = Math.max(bytes, timesCurrent * rows);
  let kept = 0;
  for (let i = ranges.length - 1; i >= 0; i--) {
    kept += await sizeOf(ranges[i]?.table ?? '');
    if (kept > most) return Math.min(i + 1, ranges.length - 1);
  }
  return 0;
}
