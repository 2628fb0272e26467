import { type Clock, steadyMs } from '../../../base/clock.ts';
import { must } from '../../../base/must.ts';
import type { Position } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { StreamNode } from '../../../plan/plan.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import { type BatchOutcome, bytesOf } from '../batch.ts';
import { type LentSession, sessionOf } from '../staging-session.ts';
import type { Receiving } from '../stream.ts';
import { type StoreSessions, unhurried } from '../worker.ts';
import { appendBatch, appendPieces, nextBatch } from './append.ts';
import { type Drained, drainBatch } from './drain.ts';
import { attach, detach, type Inbox, moveOn } from './inbox.ts';

export type DetachedWork = {
  readonly node: StreamNode;
  /** Of its store: one while there is something to write or to merge. */
  readonly sessions: StoreSessions;
  readonly receiving: Receiving;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isPressed: () => boolean;
  readonly spillBytes: number;
  /** Bytes in the inbox at most. */
  readonly inboxBytes: number;
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the wait. */
  readonly wake: () => void;
  /** One that is slow has been so for as long as this at least. */
  readonly slowAfterMs: number;
  /** The position to be durable at as soon as it is reached: null, where there is no hurry. */
  readonly target: Position | null;
  readonly onStaged: () => void;
  /** Called with each place in the log that the source may forget. */
  readonly onInbox: (inbox: Inbox) => void;
  readonly onDurable: (held: Checkpoint, outcome: BatchOutcome) => void;
  /** What waits cannot be merged: the stream stays detached. */
  readonly onParked: (failure: EngineError) => void;
  readonly hook: (step: string) => Promise<void>;
};

/** `attached`: all is merged up to `held`, and what was received since waits in memory. `full`: the inbox takes no more. */
export type DetachedEnd = { readonly kind: 'attached' | 'full' | 'ended'; readonly held: Checkpoint };

/** A merge under way. `appended`: the last batch that was in the inbox when it began. */
type Draining = { readonly done: Promise<Drained | null>; readonly appended: bigint; isDone: boolean };

const lingerMs = 5;
const idleWriteMs = 5_000;

/**
 * Works on a stream that is detached, until the signal: what comes goes into the inbox, and where the stream is `behind` or
 * `slow`, the inbox is merged beside, batch by batch. Memory takes what comes first; the inbox grows where it is pressed. Each step is one
 * transaction, and nothing is lost by a kill before or after any. Errors: Fenced; EngineError of the inbox itself.
 */
export async function workDetached(work: DetachedWork, from: Checkpoint, opened: Inbox): Promise<DetachedEnd> {
  const { node, receiving, clock, signal, hook } = work;
  const { state } = receiving;
  const startedMs = steadyMs(clock);
  let lent: LentSession | null = null;
  /** That in which the inbox is merged. */
  let merger: LentSession | null = null;
  let draining: Draining | null = null;
  let held = from;
  let inbox = opened;
  let appending = nextBatch(inbox);
  let wroteMs = steadyMs(clock);
  let isGivenUp = false;

  try {
    return await untilItEnds();
  } finally {
    // What failed first is what is told.
    await endOfDrain();
    await lentNow()?.close();
    await closeMerger();
  }

  async function untilItEnds(): Promise<DetachedEnd> {
    while (!signal.aborted) {
      if (draining?.isDone === true && (await drained())) return { kind: 'attached', held };
      if (draining === null && work.sessions.isWanted()) await giveBack();
      if (inbox.bytes + appending.bytes > work.inboxBytes) {
        await giveUp();
        return { kind: 'full', held };
      }
      // While the inbox is merged, what comes may wait in memory: most of it need not be written twice.
      const mustAppend = inbox.why !== 'behind' || work.isPressed() || appending.pieces > 0;
      if (mustAppend && (await append())) continue;
      if (isMerged() && draining === null && isDue()) draining = drain();
      else if (await idle()) await hook('inbox moved on');
      else {
        if (state.filling.position !== null) receiving.seal();
        if (draining === null) await giveBack();
        await work.wait(250);
      }
    }
    return { kind: 'ended', held };
  }

  function isMerged(): boolean {
    return inbox.why === 'behind' || inbox.why === 'slow';
  }

  /** A slow stream is asked again and again, until for a while nothing has waited: else it would be slow again at once. */
  function isDue(): boolean {
    return inbox.why === 'behind' || inbox.bytes > 0 || steadyMs(clock) - startedMs >= work.slowAfterMs;
  }

  async function session(): Promise<LentSession> {
    lent ??= sessionOf(node, await work.sessions.borrow());
    return lent;
  }

  async function giveBack(): Promise<void> {
    const giving = [lentNow(), mergerNow()];
    [lent, merger] = [null, null];
    for (const one of giving) await one?.giveBack();
  }

  async function closeMerger(): Promise<void> {
    const closing = mergerNow();
    merger = null;
    await closing?.close();
  }

  /**
   * A merge that has begun ends before anybody takes the stream over; but all streams of the source wait for that, and a drain may
   * wait for a lock for ever. One that is cut is still in the inbox.
   */
  async function endOfDrain(): Promise<void> {
    const one = drainingNow();
    if (one === null) return;
    const patienceMs = work.slowAfterMs * unhurried;
    const patience = new AbortController();
    const ended = one.done.then(
      () => patience.abort(),
      () => patience.abort(),
    );
    if (Number.isFinite(patienceMs)) await clock.sleep(patienceMs, patience.signal);
    else await ended;
    if (!patience.signal.aborted) await giveUp();
  }

  /** Cuts the merge under way: nobody waits for what may wait for a lock. */
  async function giveUp(): Promise<void> {
    isGivenUp = true;
    await closeMerger();
    await Promise.allSettled([drainingNow()?.done]);
  }

  function mergerNow(): LentSession | null {
    return merger;
  }

  function drainingNow(): Draining | null {
    return draining;
  }

  function lentNow(): LentSession | null {
    return lent;
  }

  /** Writes one batch, or a part of one; false: there is nothing to write. */
  async function append(): Promise<boolean> {
    if (state.queue.length === 0 && state.filling.position !== null && !state.isInside) {
      if (!work.isPressed()) await clock.sleep(lingerMs);
      receiving.seal();
      return true;
    }
    if (state.queue.length === 0 && !isMuchFilled()) return false;
    const { store } = await session();
    // Only now: while a session was awaited, what was being filled may have been closed, and goes first.
    const [next] = state.queue;
    if (next === undefined) {
      await appendPieces(store, node, held, appending, state.filling);
      work.onStaged();
      await hook('appended a part');
      return true;
    }
    inbox = await appendBatch(store, node, held, inbox, appending, next);
    state.queue.shift();
    appending = nextBatch(inbox);
    work.onStaged();
    work.onInbox(inbox);
    wroteMs = steadyMs(clock);
    await hook('appended');
    return true;
  }

  function isMuchFilled(): boolean {
    const bytes = bytesOf(state.filling);
    return bytes > 0 && (bytes >= work.spillBytes || work.isPressed());
  }

  /** Begins to merge the oldest batch, on a session of its own: what comes meanwhile is appended. */
  function drain(): Draining {
    const appended = inbox.last;
    const done = (async () => {
      merger ??= sessionOf(node, await work.sessions.borrow());
      // Given up while it waited for its session, which is closed with all else.
      return isGivenUp ? null : drainBatch(merger, held, inbox, hook);
    })();
    const one: Draining = { done, appended, isDone: false };
    const end = () => {
      one.isDone = true;
      work.wake();
    };
    void done.then(end, end);
    return one;
  }

  /** What the merge that has ended found; true: nothing was left, and the stream is attached. */
  async function drained(): Promise<boolean> {
    const { done, appended } = must(draining, 'draining');
    draining = null;
    try {
      const found = await done;
      if (found === null) return appended === inbox.last && appending.pieces === 0 && (await attached());
      held = found.merged.held;
      inbox = { ...inbox, bytes: inbox.bytes - found.bytes };
      const rows = Object.values(found.merged.changes).reduce((sum, changes) => sum + changes, 0);
      const { ordinal, position } = held;
      work.onInbox(inbox);
      work.onDurable(held, { kind: 'merged', ordinal, position, rows, asOfMs: found.asOfMs });
      await hook('drained');
    } catch (failure) {
      if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
      // Nobody knows what is left in the session.
      await closeMerger();
      const why = { why: 'parked', reason: failure.message, sinceMs: clock.nowMs() } as const;
      inbox = { ...(await detach((await session()).store, held, why)), bytes: inbox.bytes, last: inbox.last };
      work.onParked(failure);
      work.onInbox(inbox);
    }
    return false;
  }

  async function attached(): Promise<boolean> {
    held = await attach((await session()).store, held, inbox);
    await hook('attached');
    return true;
  }

  /** Notes that the log was read on without anything for us; false where there is nothing to note. */
  async function idle(): Promise<boolean> {
    const isBusy = state.isInside || state.filling.steps.length > 0 || state.queue.length > 0;
    const { reached } = state;
    if (isBusy || reached <= inbox.position) return false;
    const isWanted = work.target !== null && reached >= work.target && inbox.position < work.target;
    if (!isWanted && steadyMs(clock) - wroteMs < idleWriteMs) return false;
    inbox = await moveOn((await session()).store, held, inbox, reached);
    wroteMs = steadyMs(clock);
    work.onInbox(inbox);
    return true;
  }
}
