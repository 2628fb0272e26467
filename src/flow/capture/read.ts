import { type Clock, steadyMs } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Look, Loss, Position } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import { recordMarks } from '../bookkeeping.ts';
import { takeOver } from '../checkpoint.ts';
import type { CaptureOptions } from './cdc.ts';
import { lossError, lossFinding } from './lost.ts';
import { streamsSink } from './sink.ts';
import { sourceClock } from './source-clock.ts';
import type { Opened, OwnStream } from './start.ts';
import { type Receiving, receiving } from './stream.ts';
import { standsStill, watchStreams } from './watch.ts';
import { work } from './worker.ts';

/** Bytes received and not staged, of all streams, before reading pauses. */
const pressedBytes = 32 << 20;

type State =
  | { kind: 'working' }
  | { kind: 'down'; failures: number }
  /** `isLost`: its rows must be read anew, so nothing of the log need wait for it. */
  | { kind: 'stopped'; failure: Error; isLost: boolean };

/**
 * Reads the log into the streams until the signal, or until all are caught up. Rejects when the log fails, or when no
 * stream is left; the least durable position of all streams is acknowledged, stopped ones too: what they lack must stay.
 *
 * *reading*: from one start of the log to its end. A stream that failed and is back ends the reading, since the log must
 * be read again from where that stream is; all others drop what is not merged and go on from their checkpoints.
 */
export async function readStreams(opened: Opened, options: CaptureOptions, reopen: () => void): Promise<void> {
  const { log, streams } = opened;
  const target = options.untilCaughtUp === true ? await log.end() : null;
  const states: State[] = streams.map(({ node, loss }) =>
    loss === null ? { kind: 'working' } : { kind: 'stopped', failure: lossError(node.stream, loss), isLost: true },
  );

  while (!options.signal.aborted) {
    const outcome = await readOnce(opened, options, target, states, reopen);
    if (outcome === 'again') continue;
    if (options.signal.aborted) return;
    const stopped = states.flatMap((state) => (state.kind === 'stopped' ? [state.failure] : []));
    const [first] = stopped;
    if (first !== undefined && (stopped.length === streams.length || target !== null)) throw first;
    return;
  }
}

async function readOnce(
  opened: Opened,
  options: CaptureOptions,
  target: Position | null,
  states: State[],
  reopen: () => void,
): Promise<'again' | 'done'> {
  const { log, streams, routes } = opened;
  const { clock, batchBytes = 32 << 20, lookEveryMs = 60_000, patienceMs = 300_000 } = options;
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  options.signal.addEventListener('abort', onAbort, { once: true });
  let isAgain = false;
  const bells = streams.map(() => bell(clock));
  const wakeAll = () => {
    for (const one of bells) one.ring();
  };
  stop.signal.addEventListener('abort', wakeAll, { once: true });
  const receivings = streams.map((stream, i) =>
    // A lost stream may have no position; it receives nothing.
    receiving({ ordinal: stream.held.ordinal, position: stream.held.position ?? '' }, batchBytes, () =>
      bells[i]?.ring(),
    ),
  );
  const endings = streams.map(() => new AbortController());
  streams.forEach((_, i) => {
    if (states[i]?.kind !== 'working') receivings[i]?.close();
  });
  const spillBytes = Math.min(batchBytes, 8 << 20);
  const pressure = pressureOf(receivings, spillBytes, (i) => bells[i]?.ring());

  function settled(): void {
    const isWaitedFor = (state: State | undefined) => !(state?.kind === 'stopped' && state.isLost);
    const wanted = streams.filter((_, i) => isWaitedFor(states[i]));
    const [first, ...more] = wanted.map((stream) => must(stream.held.position, 'position'));
    if (first !== undefined) log.acknowledge(more.reduce((a, b) => (a < b ? a : b), first));
    const live = streams.filter((_, i) => states[i]?.kind !== 'stopped');
    if (live.length === 0) stop.abort();
    else if (target !== null && live.every((stream) => (stream.held.position ?? '') >= target)) stop.abort();
  }

  const workOn = async (stream: OwnStream, i: number): Promise<void> => {
    const own = must(receivings[i], 'receiving');
    for (;;) {
      const state = must(states[i], 'state');
      try {
        if (state.kind === 'stopped') return;
        if (state.kind === 'down') {
          await closed(stream.store);
          stream.store = null;
          await clock.sleep(backOffMs(state.failures), stop.signal);
          if (stop.signal.aborted) return;
          stream.store = await stream.open();
          stream.held = await takeOver(stream.store, stream.node.stream);
          states[i] = { kind: 'working' };
          isAgain = true;
          stop.abort();
          return;
        }
        await work(
          {
            node: stream.node,
            store: must(stream.store, 'store'),
            openStore: stream.open,
            receiving: own,
            identity: log.identity,
            clock,
            signal: AbortSignal.any([stop.signal, must(endings[i], 'ending').signal]),
            isPressed: pressure.isPressed,
            spillBytes,
            wait: must(bells[i], 'bell').wait,
            wake: must(bells[i], 'bell').ring,
            onStaged: pressure.look,
            target,
            onDurable(held, outcome) {
              stream.held = held;
              options.onBatch(stream.node.stream, outcome);
              settled();
            },
            hook: options.hook ?? (() => Promise.resolve()),
          },
          stream.held,
        );
        if (stop.signal.aborted || states[i]?.kind !== 'stopped') return;
        settled();
        return;
      } catch (failure) {
        if (!(failure instanceof Error)) throw failure;
        if (states[i]?.kind === 'stopped') return;
        own.close();
        pressure.look();
        const failures = state.kind === 'down' ? state.failures + 1 : 0;
        const isPassing = failure instanceof EngineError && failure.isPassing;
        states[i] = isPassing ? { kind: 'down', failures } : { kind: 'stopped', failure, isLost: false };
        options.onTrouble?.(stream.node.stream, failure, isPassing ? backOffMs(failures) : null);
        // Who took one stream over has taken them all, or soon will: a capture is one process's.
        if (!(failure instanceof EngineError)) throw failure;
        settled();
      }
    }
  };

  /** The stream's worker ends at its next step; what it has received and not merged is dropped. */
  function stopStream(i: number, why: Loss | EngineError): void {
    if (states[i]?.kind === 'stopped') return;
    const { node } = must(streams[i], 'stream');
    const isLost = !(why instanceof EngineError);
    const failure = isLost ? lossError(node.stream, why) : why;
    states[i] = { kind: 'stopped', failure, isLost };
    receivings[i]?.close();
    endings[i]?.abort();
    bells[i]?.ring();
    pressure.look();
    if (isLost) {
      // Opening anew, it is found lost, and its rows are read anew.
      options.onLoss?.(node.stream, lossFinding(node.stream, why));
      reopen();
      return;
    }
    options.onTrouble?.(node.stream, failure, null);
    settled();
  }

  settled();
  const sink = streamsSink(routes, receivings, {
    pressure: pressure.ask,
    nowMs: () => clock.nowMs(),
    committedMs: sourceClock(clock, (ahead) => options.onWarning?.(ahead ?? opened.seen.findings[0] ?? null)),
    onStop: stopStream,
    // Streams without work look at the position by themselves; only who waits for the end is in a hurry.
    onReach: (position) => {
      if (target !== null && position >= target) wakeAll();
    },
  });
  const watch = watchStreams(patienceMs);
  const looking = lookAtSource().catch((failure: unknown) => {
    stop.abort();
    throw failure;
  });

  /** Until the reading ends. Rejects where the source does not answer, or where nothing of its log arrives any more. */
  async function lookAtSource(): Promise<void> {
    for (;;) {
      await clock.sleep(lookEveryMs, stop.signal);
      if (stop.signal.aborted) return;
      const look = await log.look();
      for (const [table, loss] of look.losses) stopStream(must(routes[table], 'route').stream, loss);
      await noteLook(opened, look, options, (i) => states[i]?.kind === 'working');
      const end = await log.end();
      const standing = watch.look(
        end,
        steadyMs(clock),
        receivings.map((own, i) => ({
          held: streams[i]?.held.position ?? '',
          reached: own.state.reached,
          isBusy: own.state.isInside || (streams[i]?.held.position ?? '') < own.state.received,
        })),
      );
      for (const { stream: i, sinceMs, isUnread } of standing) {
        if (states[i]?.kind !== 'working') continue;
        const { node, held } = must(streams[i], 'stream');
        const minutes = Math.round((steadyMs(clock) - sinceMs) / 60_000);
        const failure = standsStill(node.stream, held.position ?? '(nowhere)', end, minutes, !isUnread);
        if (isUnread) throw failure;
        options.onTrouble?.(node.stream, failure, lookEveryMs);
      }
    }
  }

  const working = Promise.all(streams.map(workOn)).catch((failure: unknown) => {
    stop.abort();
    throw failure;
  });
  // Heard below; a log may take a moment to end.
  working.catch(() => undefined);
  looking.catch(() => undefined);
  try {
    await log.read(sink, stop.signal);
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    stop.abort();
    await Promise.all([working, looking]);
  }
  return isAgain && !options.signal.aborted ? 'again' : 'done';
}

/** Keeps which tables the rows go on with, in sessions of its own, and tells what is to be mended. */
export async function noteLook(
  opened: Pick<Opened, 'streams' | 'routes' | 'seen'>,
  look: Look,
  options: CaptureOptions,
  isGoing: (stream: number) => boolean,
): Promise<void> {
  const { streams, routes, seen } = opened;
  for (const [i, stream] of streams.entries()) {
    if (!isGoing(i)) continue;
    const changed = routes.flatMap((route, table): [string, string][] => {
      const mark = must(look.marks[table], 'mark');
      if (route.stream !== i || look.losses.has(table) || seen.marks[table] === mark) return [];
      return [[must(stream.node.datasets[route.dataset], 'dataset').address, mark]];
    });
    if (changed.length === 0) continue;
    await using store = await stream.open();
    await recordMarks(store, new Map(changed));
  }
  const [warning = null] = look.findings;
  if (warning?.digest !== seen.findings[0]?.digest) options.onWarning?.(warning);
  Object.assign(seen, look);
}

/** Closes a session that may be broken already. */
async function closed(store: AsyncDisposable | null): Promise<void> {
  try {
    await store?.[Symbol.asyncDispose]();
  } catch {
    // What broke it has been told.
  }
}

function backOffMs(failures: number): number {
  return Math.min(60_000, 250 * 2 ** failures);
}

/** Holds the reader back while too much waits to be staged; the streams then stage what they have. */
function pressureOf(receivings: readonly Receiving[], spillBytes: number, wake: (stream: number) => void) {
  let held: { readonly promise: Promise<void>; readonly release: () => void } | null = null;
  const isOver = () => receivings.reduce((sum, one) => sum + one.bytes(), 0) > pressedBytes;
  return {
    isPressed: () => held !== null,
    ask: (): Promise<void> | null => {
      if (held === null && isOver()) {
        let release = () => {};
        const promise = new Promise<void>((resolve) => {
          release = resolve;
        });
        held = { promise, release };
        receivings.forEach((_, i) => {
          wake(i);
        });
      } else
        receivings.forEach((one, i) => {
          if (one.bytes() >= spillBytes) wake(i);
        });
      return held?.promise ?? null;
    },
    /** To be called whenever bytes were staged or dropped. */
    look: (): void => {
      if (held === null || isOver()) return;
      held.release();
      held = null;
    },
  };
}

/** Something to wait for; a ring while nobody waits is heard by the next who does. */
function bell(clock: Clock) {
  let isRung = false;
  let waking: AbortController | null = null;
  return {
    ring: (): void => {
      isRung = true;
      waking?.abort();
    },
    /** Resolves when rung, or after so many ms. */
    wait: async (ms: number): Promise<void> => {
      if (!isRung) {
        waking = new AbortController();
        await clock.sleep(ms, waking.signal);
        waking = null;
      }
      isRung = false;
    },
  };
}
