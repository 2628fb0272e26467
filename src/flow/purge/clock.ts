import type { Connection } from '../../engine/connection.ts';
import { sql, value } from '../../sql/sql.ts';
import { instant } from '../bookkeeping.ts';

/** Ticks older than this are one a second, the last of it. */
const exactMs = 30 * 86_400_000;

/** Thins a stream's clock with age: "as of" an instant long ago is then exact to the second. The ticks that went. */
export function thinClock(c: Connection, stream: string, nowMs: number): Promise<number> {
  const mine = sql`stream = ${value(stream)}`;
  return c.execute(sql`delete from freehold.fh_clock where ${mine} and ordinal in (
    select ordinal from (
      select ordinal, "at", lead("at") over (order by ordinal) as next
      from freehold.fh_clock where ${mine} and "at" < ${instant(c, nowMs - exactMs)}) k
    where date_trunc('second', next) = date_trunc('second', "at"))`);
}
