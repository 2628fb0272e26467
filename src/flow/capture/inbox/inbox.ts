import { must } from '../../../base/must.ts';
import type { Position } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import { sql, value, words } from '../../../sql/sql.ts';
import { instant, integer } from '../../bookkeeping.ts';
import { advance, type Checkpoint, Fenced, own, ownEpoch } from '../../checkpoint.ts';
import { notePassedOver } from '../../gaps.ts';
import { isPaused } from './orders.ts';

/**
 * The changes of a stream that cannot be merged now, in its store, so that the log need not wait for it.
 *
 * Terms. *detached*: a stream whose changes go into its inbox. *paused*: until an operator has it go on. *parked*: its merge
 * failed for a reason that does not pass. *slow*: a merge takes so long that others would wait for it; what comes goes
 * into the inbox, and is merged from there. *loading*: rows of it are being read for the first time. *resyncing*: rows of it are
 * read anew. *behind*: its inbox is being merged; when that is done, it is attached again.
 *
 * What was received up to `position` is in the rows or in the inbox, durable: that is where the log is read on, and what the
 * source may forget. Ordinals were given when the changes came, so they are what they would have been without an inbox.
 */
export type Inbox = {
  readonly why: 'paused' | 'parked' | 'slow' | 'loading' | 'resyncing' | 'behind';
  /** For people: what it waits for. */
  readonly reason: string;
  readonly sinceMs: number;
  readonly ordinal: bigint;
  readonly position: Position;
  readonly identity: string | null;
  readonly bytes: number;
  /** The number of the last whole batch; what was written of a later one belongs to none. */
  readonly last: bigint;
};

/** For people. */
export const loadingReason = 'its rows are being loaded';
export const resyncingReason = 'rows of it are being read anew';
const behindReason = 'its inbox is being merged';

const reasons = ['paused', 'parked', 'slow', 'loading', 'resyncing', 'behind'] as const;

/** Null: the stream's changes are merged as they come. */
export async function inboxOf(c: Connection, stream: string): Promise<Inbox | null> {
  const [row] =
    await c.query(sql`select why, reason, cast(extract(epoch from since) * 1000 as bigint) as since_ms, ordinal,
      position, identity, bytes, last_n
    from freehold.fh_inbox where stream = ${value(stream)}`);
  if (row === undefined) return null;
  return {
    why: reasons.find((why) => why === row.why) ?? 'behind',
    reason: String(row.reason),
    sinceMs: Number(row.since_ms),
    ordinal: BigInt(String(row.ordinal)),
    position: String(row.position),
    identity: typeof row.identity === 'string' ? row.identity : null,
    bytes: Number(row.bytes),
    last: BigInt(String(row.last_n)),
  };
}

/**
 * Detaches a stream, or says anew why it is detached. Before: its changes are merged as they come, up to `held`. After: they
 * go into the inbox, from there on. Twice: no harm. Errors: Fenced.
 */
export function detach(
  c: Connection,
  held: Checkpoint,
  { why, reason, sinceMs }: Pick<Inbox, 'why' | 'reason' | 'sinceMs'>,
): Promise<Inbox> {
  return c.transaction(async () => {
    await ownEpoch(c, held);
    const said =
      await c.execute(sql`update freehold.fh_inbox set why = ${value(why)}, reason = ${value(reason)}, is_asked = false
      where stream = ${value(held.stream)}`);
    // From where it is, which an erasure may have moved; none moves it while there is an inbox.
    if (said === 0)
      await c.execute(sql`insert into freehold.fh_inbox
          (stream, why, reason, since, ordinal, position, identity, bytes, last_n, is_asked)
        select stream, ${value(why)}, ${value(reason)}, ${instant(c, sinceMs)}, ordinal, position, identity, 0, 0, false
        from freehold.fh_checkpoint where stream = ${value(held.stream)} ${words(c.dialect.shareRow)}`);
    const inbox = await inboxOf(c, held.stream);
    if (inbox === null) throw new EngineError('missing', `the inbox of stream '${held.stream}' is gone`);
    return inbox;
  });
}

/** Where an inbox begins whose rows are being read. `isAnew`: one that is there is of no use. */
export type InboxFrom = Pick<Inbox, 'why' | 'reason' | 'sinceMs' | 'ordinal' | 'position'> & {
  readonly identity: string;
  readonly isAnew: boolean;
};

/**
 * Has what comes wait of a stream whose rows are being read, from where those are, with ordinals behind that which they get;
 * where there is an inbox already, in that. One transaction. Errors: Fenced.
 */
export function detachAhead(c: Connection, held: Checkpoint, from: InboxFrom): Promise<Inbox> {
  return c.transaction(async () => {
    await own(c, held);
    if (from.isAnew) await dropInbox(c, held.stream);
    await c.execute(sql`insert into freehold.fh_inbox
        (stream, why, reason, since, ordinal, position, identity, bytes, last_n, is_asked)
      values (${value(held.stream)}, ${value(from.why)}, ${value(from.reason)}, ${instant(c, from.sinceMs)},
        ${integer(from.ordinal)}, ${value(from.position)}, ${value(from.identity)}, 0, 0, false) on conflict do nothing`);
    return must(await inboxOf(c, held.stream), 'the inbox just made');
  });
}

/**
 * The inbox of a stream that was just taken over: as an operator ordered, else to be merged, where rows need not be loaded
 * first; null: it is attached. Cut and twice: no harm.
 */
export async function openInbox(c: Connection, held: Checkpoint, nowMs: number): Promise<Inbox | null> {
  const { stream } = held;
  const found = await inboxOf(c, stream);
  if (held.ordinal === 0n) return found;
  if (await isPaused(c, stream)) {
    // What waits follows upon rows that nobody reads now.
    if (found?.why === 'resyncing') await notePassedOver(c, stream);
    return detach(c, held, {
      why: 'paused',
      reason: `an operator paused it:  freehold resume ${stream}`,
      sinceMs: nowMs,
    });
  }
  return found === null || found.why === 'loading' || found.why === 'resyncing' ? found : mergeInbox(c, held, nowMs);
}

/** What waits in the inbox may be merged. Errors: Fenced. */
export function mergeInbox(c: Connection, held: Checkpoint, nowMs: number): Promise<Inbox> {
  return detach(c, held, { why: 'behind', reason: behindReason, sinceMs: nowMs });
}

/** Rows were read anew: what waits for it may be merged. In the caller's transaction. */
export async function endResyncing(c: Connection, stream: string): Promise<void> {
  await c.execute(sql`update freehold.fh_inbox set why = 'behind', reason = ${value(behindReason)}
    where stream = ${value(stream)} and why = 'resyncing'`);
}

/** Up to where the log is not needed any more for the stream. */
export function reachOf(held: Checkpoint, inbox: Inbox | null): Checkpoint {
  return inbox === null
    ? held
    : { ...held, ordinal: inbox.ordinal, position: inbox.position, identity: inbox.identity };
}

/** Everything is merged: the rows are where the inbox was. Errors: Fenced. */
export function attach(c: Connection, held: Checkpoint, { position, identity }: Inbox): Promise<Checkpoint> {
  return c.transaction(async () => {
    const at = await advance(c, held, { ordinal: held.ordinal, position, identity });
    await dropInbox(c, held.stream);
    return at;
  });
}

/** Nothing of the stream was logged up to a position. Errors: Fenced. */
export function moveOn(c: Connection, held: Checkpoint, inbox: Inbox, position: Position): Promise<Inbox> {
  return c.transaction(async () => {
    await ownEpoch(c, held);
    const isThere = await c.execute(sql`update freehold.fh_inbox set position = ${value(position)}
      where stream = ${value(held.stream)} and last_n = ${integer(inbox.last)} and ordinal = ${integer(inbox.ordinal)}`);
    if (isThere !== 1) throw new Fenced(held.stream);
    return { ...inbox, position };
  });
}

/** What waits of datasets is not needed any more. In the caller's transaction. */
export async function dropParts(c: Connection, stream: string, addresses: readonly string[]): Promise<void> {
  for (const address of addresses)
    await c.execute(
      sql`delete from freehold.fh_inbox_part where stream = ${value(stream)} and address = ${value(address)}`,
    );
}

/** In the caller's transaction, or alone where a gap of all rows is noted: what is in it is not needed any more. */
export async function dropInbox(c: Connection, stream: string): Promise<void> {
  for (const table of [sql`fh_inbox_part`, sql`fh_inbox_batch`, sql`fh_inbox`])
    await c.execute(sql`delete from freehold.${table} where stream = ${value(stream)}`);
}
