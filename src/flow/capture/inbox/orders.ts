import type { Connection } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import { instant } from '../../bookkeeping.ts';
import { orderedStreams } from '../../quality/orders.ts';

/** Has an operator paused the stream? */
export async function isPaused(c: Connection, stream: string): Promise<boolean> {
  const rows = await c.query(sql`select stream from freehold.fh_pause where stream = ${value(stream)}`);
  return rows.length > 0;
}

/** From the next opening on, the stream's changes wait. Twice: as once. */
export async function orderPause(c: Connection, stream: string, by: string, atMs: number): Promise<void> {
  await c.execute(sql`insert into freehold.fh_pause (stream, paused_by, "at")
    values (${value(stream)}, ${value(by)}, ${instant(c, atMs)}) on conflict do nothing`);
}

/** The stream goes on: one that was paused, and one that is parked tries again. One transaction. */
export function orderResume(c: Connection, stream: string): Promise<void> {
  return c.transaction(async () => {
    await c.execute(sql`delete from freehold.fh_pause where stream = ${value(stream)}`);
    await c.execute(sql`update freehold.fh_inbox set is_asked = true where stream = ${value(stream)}`);
  });
}

/** A stream that is parked tries again; one that is paused stays so. */
export async function resumeParked(c: Connection, stream: string): Promise<void> {
  await c.execute(sql`update freehold.fh_inbox set is_asked = true where stream = ${value(stream)} and why = 'parked'`);
}

/** What operators have ordered, each as one word: whoever owns the streams opens anew where these change. */
export async function ordersIn(c: Connection): Promise<ReadonlySet<string>> {
  const rows = await c.query(sql`select stream, 'pause' as verb from freehold.fh_pause
    union all select stream, 'resume' from freehold.fh_inbox where is_asked
    union all select stream, 'resync' from freehold.fh_gap where to_ordinal is null and is_accepted`);
  const ofQuarantine = await orderedStreams(c);
  return new Set([
    ...rows.map((row) => `${String(row.verb)} ${String(row.stream)}`),
    ...[...ofQuarantine].map((stream) => `quarantine ${stream}`),
  ]);
}

/** An order is news when it is given; that a stream is paused, also when it is taken back. */
export function hasNews(known: ReadonlySet<string>, now: ReadonlySet<string>): boolean {
  return [...now].some((one) => !known.has(one)) || [...known].some((one) => one.startsWith('pause ') && !now.has(one));
}
