import type { Clock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Position } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { advance, type Checkpoint } from '../checkpoint.ts';
import { type Batch, type BatchOutcome, bytesOf } from './batch.ts';
import { mergeStaged, type StagingSession, stage, stagingSession } from './staging-session.ts';
import type { Receiving } from './stream.ts';

export type Work = {
  readonly node: StreamNode;
  readonly store: Connection;
  /** Opens a second session of the store, while more waits than one can take. */
  readonly openStore: () => Promise<Connection>;
  readonly receiving: Receiving;
  readonly identity: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isPressed: () => boolean;
  /** A transaction's rows are staged before its commit is known from so many bytes on. */
  readonly spillBytes: number;
  /** Resolves when there may be something to do, or after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the wait. */
  readonly wake: () => void;
  /** The position to be durable at as soon as it is reached: null, where there is no hurry. */
  readonly target: Position | null;
  /** Called when less waits than before. */
  readonly onStaged: () => void;
  readonly onDurable: (held: Checkpoint, outcome: BatchOutcome) => void;
  readonly hook: (step: string) => Promise<void>;
};

/** A batch is closed so long after its first transaction: more that has already been committed comes along. */
const lingerMs = 5;
/** A position with nothing before it is written so often. */
const idleWriteMs = 5_000;
const idleTellMs = 1_000;

/** While a batch merges so much is staged of the next at a time, so that little of it is left when the merge ends. */
const sipBytes = 1 << 20;

/** A merge under way. `isDone`: awaiting it gives its failure, or nothing, at once. */
type Merging = { readonly session: StagingSession; readonly done: Promise<void>; isDone: boolean };

/**
 * Stages and merges a stream's batches in their order, until the signal. While a batch merges, the next is received and,
 * where much waits, staged on a second session. Before each step nothing is lost by a kill: the store is at `held`, and
 * the log is read from there again.
 */
export async function work(work: Work, from: Checkpoint): Promise<void> {
  const { node, receiving, clock, hook } = work;
  const { state } = receiving;
  const first = stagingSession(node, work.store);
  let second: StagingSession | null = null;
  /** The session that has rows of the batch that is next to merge. */
  let taken: StagingSession | null = null;
  let merging: Merging | null = null;
  let held = from;
  let wroteMs = clock.nowMs();
  let toldMs = 0;

  let mayOpen = true;

  try {
    while (!work.signal.aborted) {
      if (merging?.isDone === true) await merged();
      const enough = taken !== null && merging !== null ? Math.min(sipBytes, work.spillBytes) : work.spillBytes;
      const isMuch = receiving.bytes() >= enough || work.isPressed();
      const session: StagingSession | null = taken ?? (await freeSession(isMuch));
      // Only now: while a session was waited for, the batch that was being filled may have been closed, and goes first.
      const [next] = state.queue;
      if (session === null) {
        await work.wait(250);
      } else if (next !== undefined) {
        await hook('sealed');
        await stageOn(session, next);
        await hook('staged');
        await merged();
        state.queue.shift();
        taken = null;
        merging = begin(session, next);
      } else if (merging === null && state.filling.position !== null && !state.isInside) {
        if (!work.isPressed()) await clock.sleep(lingerMs);
        receiving.seal();
      } else if (isMuch && bytesOf(state.filling) > 0) {
        // Whole transactions that are waiting in front of a large one are merged with it.
        if (merging === null && state.filling.position !== null) receiving.seal();
        await stageOn(session, state.filling);
        await hook('spilled');
      } else if (isIdle() && (await idle())) {
        await hook('idle');
      } else {
        if (merging === null && state.filling.position !== null) receiving.seal();
        await work.wait(250);
      }
    }
    await merged();
  } finally {
    // A merge that has begun ends before anybody takes the stream over; what failed first is what is told.
    await Promise.allSettled([merging?.done]);
    await closeSecond();
  }

  function isIdle(): boolean {
    return merging === null && !state.isInside && state.filling.steps.length === 0 && state.queue.length === 0;
  }

  async function stageOn(session: StagingSession, batch: Batch): Promise<void> {
    taken = session;
    await stage(session, batch, merged);
    work.onStaged();
  }

  /** Null: the sessions there are merge, and not so much waits that there should be another. */
  async function freeSession(isMuch: boolean): Promise<StagingSession | null> {
    if (merging?.session !== first) return first;
    if (second === null && isMuch && mayOpen) {
      const store = await work.openStore().catch((failure: unknown) => {
        if (failure instanceof EngineError) return null;
        throw failure;
      });
      if (store === null) mayOpen = false;
      else second = stagingSession(node, store);
    }
    return isMuch ? second : null;
  }

  /** A second session is for catching up: a stream that has nothing to do has one. */
  async function closeSecond(): Promise<void> {
    const closing = second;
    second = null;
    mayOpen = true;
    await closing?.store[Symbol.asyncDispose]();
  }

  function begin(session: StagingSession, batch: Batch): Merging {
    const done = mergeStaged(session, batch, held, work.identity, () => hook('before commit')).then((outcome) => {
      held = outcome.held;
      wroteMs = clock.nowMs();
      const rows = Object.values(outcome.changes).reduce((sum, changes) => sum + changes, 0);
      const asOfMs = must(batch.steps.at(-1), 'step').atMs;
      work.onDurable(held, { kind: 'merged', ordinal: held.ordinal, position: batch.position, rows, asOfMs });
    });
    const one: Merging = { session, done, isDone: false };
    const end = () => {
      one.isDone = true;
      work.wake();
    };
    void done.then(end, end);
    return one;
  }

  /** Waits for the merge under way, where there is one. */
  async function merged(): Promise<void> {
    if (merging === null) return;
    const { done } = merging;
    await done;
    merging = null;
    await hook('merged');
  }

  /** Notes that the log was read on without anything for us; false where there is nothing to note. */
  async function idle(): Promise<boolean> {
    if (second !== null) await closeSecond();
    const { reached, reachedMs } = state;
    const nowMs = clock.nowMs();
    const isBehind = held.position === null || reached > held.position;
    const isWanted = work.target !== null && reached >= work.target && (held.position ?? '') < work.target;
    if (isBehind && (isWanted || nowMs - wroteMs >= idleWriteMs)) {
      const to = { ordinal: held.ordinal, position: reached, identity: work.identity };
      held = await work.store.transaction(() => advance(work.store, held, to));
      wroteMs = nowMs;
    } else if (reachedMs <= toldMs + idleTellMs) return false;
    toldMs = reachedMs;
    work.onDurable(held, { kind: 'idle', ordinal: held.ordinal, position: held.position, rows: 0, asOfMs: reachedMs });
    return true;
  }
}
