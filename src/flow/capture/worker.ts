import { type Clock, steadyMs } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { EngineError } from '../../engine/connection.ts';
import type { StreamNode } from '../../plan/plan.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { changesWithTime, judgeDatasets } from '../quality/judge-datasets.ts';
import type { Lent } from '../sessions.ts';
import { type Batch, type BatchOutcome, bytesOf } from './batch.ts';
import type { Rest } from './resting.ts';
import { type LentSession, mergeStaged, sessionOf, stage } from './staging-session.ts';
import type { Receiving } from './stream.ts';

export type Work = {
  readonly node: StreamNode;
  /** Of its store: one while there is work, and a second while more waits than one can take. */
  readonly sessions: StoreSessions;
  readonly receiving: Receiving;
  readonly identity: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isPressed: () => boolean;
  /** A transaction's rows are staged before its commit is known from so many bytes on. */
  readonly spillBytes: number;
  /** Resolves when there may be something to do, or after so many ms; null: however long that takes. */
  readonly wait: (ms: number | null) => Promise<void>;
  /** Ends the wait. */
  readonly wake: () => void;
  /** There is nothing to do, though it may keep a session for a while. */
  readonly rest: (held: Checkpoint, keepsSession: boolean) => Rest;
  /** A merge that takes longer, while others would have the memory that waits for it, is given up: see `TooSlow`. */
  readonly slowAfterMs: number;
  /** Called when less waits than before. */
  readonly onStaged: () => void;
  readonly onDurable: (held: Checkpoint, outcome: BatchOutcome) => void;
  readonly hook: (step: string) => Promise<void>;
};

/** `sessions.ts`, of one store. */
export type StoreSessions = {
  readonly borrow: () => Promise<Lent>;
  readonly borrowFree: () => Promise<Lent | null>;
  readonly isWanted: () => boolean;
};

/** Where memory is not pressed, the source's log waits alone, and that may take so many times longer. */
export const unhurried = 10;

/** The merge was given up, so that what waits for it can wait in the inbox; others go on. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** A batch is closed so long after its first transaction: more that has already been committed comes along. */
const lingerMs = 5;
/** A session is kept so long without work, unless somebody waits for one: its staging tables are of use to the stream alone. */
const keepSessionMs = 2_000;
/** So often it is asked whether a check of what time alone changes is due. */
const idleJudgeMs = 10_000;

/** While a batch merges so much is staged of the next at a time, so that little of it is left when the merge ends. */
const sipBytes = 1 << 20;

/** A merge under way. `isDone`: awaiting it gives its failure, or nothing, at once. */
type Merging = {
  readonly session: LentSession;
  readonly done: Promise<void>;
  readonly sinceMs: number;
  isDone: boolean;
};

/**
 * Stages and merges a stream's batches in their order, until the signal. While a batch merges, the next is received and,
 * where much waits, staged on a second session. Before each step nothing is lost by a kill: the store is at `held`, and
 * the log is read from there again.
 */
export async function work(work: Work, from: Checkpoint): Promise<void> {
  const { node, receiving, clock, hook } = work;
  const { state } = receiving;
  let first: LentSession | null = null;
  let second: LentSession | null = null;
  /** The session that has rows of the batch that is next to merge. */
  let taken: LentSession | null = null;
  let merging: Merging | null = null;
  let held = from;
  let workedMs = steadyMs(clock);
  /** Merged since the first session was lent. */
  let merges = 0;
  const isTimed = changesWithTime(node.datasets);
  let judgedMs = Number.NEGATIVE_INFINITY;
  let mayOpen = true;
  let isGivenUp = false;

  try {
    while (!work.signal.aborted) {
      if (merging?.isDone === true) await merged();
      giveUpSlow();
      if (merging === null && receiving.isIdle()) {
        await rest();
        continue;
      }
      workedMs = steadyMs(clock);
      const enough = taken !== null && merging !== null ? Math.min(sipBytes, work.spillBytes) : work.spillBytes;
      const isMuch = receiving.bytes() >= enough || work.isPressed();
      const session: LentSession | null = taken ?? (await freeSession(isMuch));
      // Only now: while a session was awaited, a batch may have been closed, and another begun.
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
      } else {
        if (merging === null && state.filling.position !== null) receiving.seal();
        await work.wait(250);
      }
    }
    await merged();
  } finally {
    // A merge that has begun ends before anybody takes the stream over; what failed first is what is told.
    if (isGivenUp) for (const session of lentNow()) await session.close();
    await Promise.allSettled([merging?.done]);
    if (!isGivenUp) for (const session of lentNow()) await session.close();
  }

  function lentNow(): LentSession[] {
    return [first, second].flatMap((session) => session ?? []);
  }

  async function stageOn(session: LentSession, batch: Batch): Promise<void> {
    taken = session;
    await stage(session, batch, merged);
    work.onStaged();
  }

  /** Null: the sessions there are merge, and not so much waits that there should be another. */
  async function freeSession(isMuch: boolean): Promise<LentSession | null> {
    const isWanted = work.sessions.isWanted();
    // Streams of one store take turns where there are more of them than sessions.
    if (isWanted && merging === null && merges > 0) await giveBack();
    if (first === null) {
      first = sessionOf(node, await work.sessions.borrow());
      merges = 0;
    }
    if (merging?.session !== first) return first;
    if (isWanted) return null;
    if (second === null && isMuch && mayOpen) {
      const lent = await work.sessions.borrowFree().catch((failure: unknown) => {
        if (failure instanceof EngineError) return null;
        throw failure;
      });
      if (lent === null) mayOpen = false;
      else second = sessionOf(node, lent);
    }
    return isMuch ? second : null;
  }

  /** Nothing is staged. */
  async function giveBack(): Promise<void> {
    const giving = lentNow();
    [first, second, mayOpen] = [null, null, true];
    for (const session of giving) await session.giveBack();
  }

  function begin(session: LentSession, batch: Batch): Merging {
    const done = mergeStaged(session, batch, held, work.identity, () => hook('before commit')).then((outcome) => {
      held = outcome.held;
      const rows = Object.values(outcome.changes).reduce((sum, changes) => sum + changes, 0);
      const asOfMs = must(batch.steps.at(-1), 'step').atMs;
      work.onDurable(held, { kind: 'merged', ordinal: held.ordinal, position: batch.position, rows, asOfMs });
    });
    merges++;
    const one: Merging = { session, done, sinceMs: steadyMs(clock), isDone: false };
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
    while (!merging.isDone) {
      giveUpSlow();
      await work.wait(250);
    }
    await done;
    merging = null;
    await hook('merged');
  }

  function giveUpSlow(): void {
    if (merging === null || merging.isDone) return;
    const isWaitedFor = work.isPressed() && receiving.bytes() >= work.spillBytes;
    if (steadyMs(clock) - merging.sinceMs < work.slowAfterMs * (isWaitedFor ? 1 : unhurried)) return;
    isGivenUp = true;
    throw new TooSlow(
      `A merge of stream '${node.stream}' has taken ${Math.round((steadyMs(clock) - merging.sinceMs) / 1000)} s, and others would wait for it.`,
    );
  }

  /** Until there is something to do; without a session, where that takes long. */
  async function rest(): Promise<void> {
    const idleMs = steadyMs(clock) - workedMs;
    if (first !== null && (idleMs >= keepSessionMs || work.sessions.isWanted())) await giveBack();
    if (isTimed) await judgeIdle();
    const resting = work.rest(held, first !== null);
    await work.wait(first !== null ? keepSessionMs - idleMs : isTimed ? idleJudgeMs : null);
    held = resting.end();
  }

  /** Checks of what time alone changes, where one is due and a session is free. */
  async function judgeIdle(): Promise<void> {
    if (steadyMs(clock) - judgedMs < idleJudgeMs) return;
    const lent = await work.sessions.borrowFree();
    if (lent === null) return;
    judgedMs = steadyMs(clock);
    try {
      const { session } = lent;
      await session.transaction(() => judgeDatasets(session, node.datasets, held.stream, held.ordinal, 'idle'));
    } catch (failure) {
      await lent.close();
      throw failure;
    }
    lent.giveBack();
  }
}
