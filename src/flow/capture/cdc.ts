import { type Clock, steadyMs } from '../../base/clock.ts';
import type { Capture, CaptureName, ChangeLog } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { Finding } from '../../findings/finding.ts';
import type { StreamNode } from '../../plan/plan.ts';
import type { BatchOutcome } from './batch.ts';
import { withoutJoinedColumns } from './joined-columns.ts';
import type { LoadingTable } from './load-lanes.ts';
import { readStreams } from './read.ts';
import { type CdcStream, type Opened, openStreams } from './start.ts';

export type CaptureOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onBatch: (stream: string, outcome: BatchOutcome) => void;
  /** A stream, or with null the whole capture, failed and is tried again after `retryInMs`; null: it has stopped. */
  readonly onTrouble?: (stream: string | null, failure: Error, retryInMs: number | null) => void;
  /** Changes are lost: the stream, or with null all of them, cannot go on until its rows were read anew. */
  readonly onLoss?: (stream: string | null, finding: Finding) => void;
  /** What is to be known of a stream that goes on; may be told again after each opening. */
  readonly onNotice?: (stream: string, finding: Finding) => void;
  /** Is the source of a stream what the model says? Asked where it was not; absent: nobody can say. */
  readonly isReadable?: (node: StreamNode) => Promise<boolean>;
  /** What the source holds against us and is still to be mended; called with each change of it, null: nothing. */
  readonly onWarning?: (finding: Finding | null) => void;
  /** Ours, for what the log puts aside on disk. Default: below the system's temporary directory. */
  readonly directory?: string;
  /** How often the source's tables and slot are looked at, ms; after how long a stream that stays where it is has failed. */
  readonly lookEveryMs?: number;
  readonly patienceMs?: number;
  /** Ends when every stream is durable at where the log's end was at the start. */
  readonly untilCaughtUp?: boolean;
  /** A batch is closed at the first commit from so many bytes on. Default 32 MiB. */
  readonly batchBytes?: number;
  /** Sessions of one store that its streams share, at most; those of a load come beside. Default 16. */
  readonly sessionsAtOnce?: number;
  /** A merge that takes longer is given up where others would wait for it, and its stream detached. Default 30 s. */
  readonly slowAfterMs?: number;
  /** What may wait in the inbox of a detached stream; beyond that its rows are read anew when it goes on. Default 8 GiB. */
  readonly inboxBytes?: number;
  /** How long a view of the source is held open while tables are loaded, ms; of about which size their parts are. */
  readonly loadViewMs?: number;
  readonly loadPartBytes?: number;
  /** Called with each part of a stream's tables that was loaded. */
  readonly onLoading?: (stream: string, tables: readonly LoadingTable[]) => void;
  /** Called with each opening: `reopen` ends its reading at the next committed step and opens everything anew. */
  readonly onOpened?: (reopen: () => void) => void;
  /** Called at each boundary between steps; tests kill the process there. */
  readonly hook?: (step: string) => Promise<void>;
};

/**
 * The one reader of a source's log, for all cdc streams of that source, until `signal` aborts or all are caught up.
 *
 * A stream's rows, its checkpoint and its position commit together in its store; only then is the log acknowledged, up to
 * the least of all streams; what waits in an inbox of a store is durable as well. So after any kill each stream goes on from
 * there, and what it has already is passed over. Errors: EngineError of the source (retry when `isPassing`), or the first failure of a stream that stopped for good
 * when no stream is left; Fenced where one is another process's.
 */
export async function runCapture(
  log: ChangeLog,
  access: Access,
  capture: Capture,
  name: CaptureName,
  streams: readonly CdcStream[],
  options: CaptureOptions,
): Promise<void> {
  await follow(streams, options, async () => {
    const without = await withoutJoinedColumns(streams);
    if (without === null) return;
    try {
      await follow(without, { ...options, untilCaughtUp: true });
    } catch (failure) {
      // Whatever stops it will stop the streams again, and be told then; what passes has not stopped them: they are not caught up.
      if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
    }
  });

  async function follow(
    some: readonly CdcStream[],
    how: CaptureOptions,
    before: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    let isAgain = false;
    for (let failures = 0; !how.signal.aborted; failures++) {
      await before();
      if (how.signal.aborted) return;
      const opened = await openStreams(log, access, capture, name, some, how, isAgain);
      isAgain = true;
      try {
        const startedMs = steadyMs(how.clock);
        const again = new AbortController();
        const reopen = () => again.abort();
        how.onOpened?.(reopen);
        const signal = AbortSignal.any([how.signal, again.signal]);
        const failure = await readUntilItBreaks(opened, { ...how, signal }, reopen);
        if (failure === null && !again.signal.aborted) return;
        if (failure === null) continue;
        // Long enough without trouble: this is another failure, not the same.
        if (steadyMs(how.clock) - startedMs > 60_000) failures = 0;
        if (how.untilCaughtUp === true && failures >= 5) throw failure;
        const retryInMs = Math.min(30_000, 200 * 2 ** failures);
        how.onTrouble?.(null, failure, retryInMs);
        await opened[Symbol.asyncDispose]();
        await how.clock.sleep(retryInMs, how.signal);
      } finally {
        await opened[Symbol.asyncDispose]();
      }
    }
  }
}

/** Null: done. Else the passing failure of the source. */
async function readUntilItBreaks(
  opened: Opened,
  options: CaptureOptions,
  reopen: () => void,
): Promise<EngineError | null> {
  try {
    await readStreams(opened, options, reopen);
    return null;
  } catch (failure) {
    if (failure instanceof EngineError && failure.isPassing) return failure;
    throw failure;
  }
}
