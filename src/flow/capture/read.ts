import { setMaxListeners } from 'node:events';
import { allEnded } from '../../base/all-ended.ts';
import { must } from '../../base/must.ts';
import type { Loss, Position } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import { ownEpoch } from '../checkpoint.ts';
import { noteGapWithin } from '../gaps.ts';
import { bell } from './bell.ts';
import { type Beside, readAgainMs } from './beside.ts';
import type { CaptureOptions } from './cdc.ts';
import { type Acknowledging, acknowledging } from './durable.ts';
import { workDetached } from './inbox/detached.ts';
import { dropInbox, type Inbox, openInbox } from './inbox/inbox.ts';
import { lookAtSource } from './look.ts';
import { inboxFilling, inboxFull, lossError, lossFinding } from './lost.ts';
import { pressureOf } from './pressure.ts';
import { restingStreams } from './resting.ts';
import { isMovedAside, putOff, receivedOf, retake } from './retake.ts';
import { sharedSessions } from './shared-sessions.ts';
import { streamsSink } from './sink.ts';
import { sourceClock } from './source-clock.ts';
import type { Opened, OwnStream } from './start.ts';
import { type Reach, receiving } from './stream.ts';
import { isFitAgain, isUnfit, widerFindings } from './unfit.ts';
import { TooSlow, work } from './worker.ts';

/** A merge of one batch takes seconds. */
const usuallySlowMs = 30_000;

type State =
  | { kind: 'working' }
  /** For rows that are read, or are to be tried again: nothing of the log is its own. */
  | { kind: 'waiting' }
  | { kind: 'down'; failures: number }
  /** `isLost`: its rows must be read anew, so nothing of the log need wait for it. */
  | { kind: 'stopped'; failure: Error; isLost: boolean; dataset?: string };

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
  const states: State[] = streams.map(({ node, loss, isWaiting, unloaded, held }) => {
    if (loss !== null) return { kind: 'stopped', failure: lossError(node.stream, loss), isLost: true };
    // What joined it alone may be missing.
    if (unloaded === null || held.ordinal > 0n) return { kind: isWaiting ? 'waiting' : 'working' };
    return target === null ? { kind: 'waiting' } : { kind: 'stopped', failure: unloaded, isLost: true };
  });

  const safe = acknowledging(streams, options.clock);
  while (!options.signal.aborted) {
    const outcome = await readOnce(opened, options, target, states, safe, reopen);
    if (outcome === 'again') continue;
    if (options.signal.aborted) return;
    const stopped = states.flatMap((state) => (state.kind === 'stopped' ? [state.failure] : []));
    const lacking = target === null ? [] : streams.flatMap(({ parked, unloaded }) => parked ?? unloaded ?? []);
    const [first] = [...stopped, ...lacking];
    if (first !== undefined && (stopped.length === streams.length || target !== null)) throw first;
    return;
  }
}

async function readOnce(
  opened: Opened,
  options: CaptureOptions,
  target: Position | null,
  states: State[],
  safe: Acknowledging,
  reopen: () => void,
): Promise<'again' | 'done'> {
  const { log, streams, routes, sessions, besides } = opened;
  const { clock, batchBytes = 32 << 20, inboxBytes = 8 * 2 ** 30 } = options;
  // One stream alone holds back nobody.
  const slowAfterMs = streams.length > 1 ? (options.slowAfterMs ?? usuallySlowMs) : Number.POSITIVE_INFINITY;
  const isFilling = (bytes: number) => bytes >= inboxBytes / 2;
  const hook = options.hook ?? (() => Promise.resolve());
  const stop = new AbortController();
  // Every stream listens.
  setMaxListeners(0, stop.signal);
  const onAbort = () => stop.abort();
  options.signal.addEventListener('abort', onAbort, { once: true });
  let isAgain = false;
  const readAgain = () => {
    isAgain = true;
    stop.abort();
  };
  const bells = streams.map(() => bell(clock));
  const wakeAll = () => {
    for (const one of bells) one.ring();
  };
  stop.signal.addEventListener('abort', wakeAll, { once: true });
  const reach: Reach = { position: '', atMs: 0 };
  const receivings = streams.map((stream, i) =>
    // A lost stream may have no position; it receives nothing.
    receiving(receivedOf(stream), batchBytes, reach, () => bells[i]?.ring()),
  );
  const asking: Promise<void>[] = [];
  const endings = streams.map(() => new AbortController());
  streams.forEach((_, i) => {
    if (states[i]?.kind !== 'working') receivings[i]?.close();
  });
  const spillBytes = Math.min(batchBytes, 8 << 20);
  const pressure = pressureOf(receivings, spillBytes, (i) => bells[i]?.ring());

  function settled(): void {
    const isWaitedFor = (state: State | undefined) =>
      state?.kind !== 'waiting' && !(state?.kind === 'stopped' && state.isLost);
    const reached = streams.flatMap((stream, i) =>
      isWaitedFor(states[i]) ? [safe.reached(i, receivedOf(stream).position)] : [],
    );
    // Of a store that can fail over, what it might lose must stay.
    const known = reached.filter((position) => position !== null);
    const [first, ...more] = known.length < reached.length ? [] : known;
    if (first !== undefined) log.acknowledge(more.reduce((a, b) => (a < b ? a : b), first));
    const live = streams.filter((_, i) => states[i]?.kind !== 'stopped');
    if (live.length === 0) stop.abort();
    else if (target !== null && live.every((stream) => isThere(stream, target))) stop.abort();
  }

  /** Opening anew, its rows are found to be of one position. */
  function converged({ held, converging }: OwnStream): void {
    if (converging !== null && (held.position ?? '') >= converging.reach) reopen();
  }

  const restBell = bell(clock);
  const resting = restingStreams(
    streams.map(({ node }, i) => ({ container: node.container, receiving: must(receivings[i], 'receiving') })),
    {
      clock,
      reach,
      identity: log.identity,
      target,
      lend: (container, work) => sessions.lend(container, work),
      wait: restBell.wait,
      hurry: restBell.ring,
      wake: (i) => bells[i]?.ring(),
      onIdle(i, held, outcome) {
        const stream = Object.assign(must(streams[i], 'stream'), { held });
        options.onBatch(stream.node.stream, outcome);
        converged(stream);
      },
      onWritten: settled,
      onTrouble: (i, failure, retryInMs) =>
        options.onTrouble?.(must(streams[i], 'stream').node.stream, failure, retryInMs),
      hook,
    },
  );
  stop.signal.addEventListener('abort', restBell.ring, { once: true });

  const shared = sharedSessions(
    sessions,
    streams.map(({ node }) => node.container),
    (i) => bells[i]?.ring(),
  );

  /** What a stream is worked on with, attached or detached. */
  function commonOf(stream: OwnStream, i: number) {
    return {
      node: stream.converging?.node ?? stream.node,
      sessions: shared.of(i),
      receiving: must(receivings[i], 'receiving'),
      clock,
      signal: AbortSignal.any([stop.signal, must(endings[i], 'ending').signal]),
      isPressed: pressure.isPressed,
      spillBytes,
      wait: must(bells[i], 'bell').wait,
      wake: must(bells[i], 'bell').ring,
      slowAfterMs,
      onStaged: pressure.look,
      hook,
    };
  }

  const workOn = async (stream: OwnStream, i: number): Promise<void> => {
    const own = must(receivings[i], 'receiving');
    for (;;) {
      const state = must(states[i], 'state');
      try {
        if (state.kind === 'stopped' || state.kind === 'waiting') return;
        if (state.kind === 'down') {
          await clock.sleep(backOffMs(state.failures), stop.signal);
          if (stop.signal.aborted) return;
          if (await retake(sessions, stream, (store, held) => openInbox(store, held, clock.nowMs()))) reopen();
          states[i] = { kind: 'working' };
          return readAgain();
        }
        if (stream.inbox !== null && !(await attached(stream, i, stream.inbox))) return;
        await work(
          {
            ...commonOf(stream, i),
            identity: log.identity,
            rest(held, keepsSession) {
              shared.keeps(i, keepsSession);
              return resting.begin(i, held);
            },
            onDurable(held, outcome) {
              stream.held = held;
              options.onBatch(stream.node.stream, outcome);
              converged(stream);
              settled();
            },
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
        if (failure instanceof TooSlow && (await letWait(stream, 'slow', failure))) {
          return readAgain();
        }
        const failures = state.kind === 'down' ? state.failures + 1 : 0;
        const isPassing =
          failure instanceof TooSlow ||
          (failure instanceof EngineError ? failure.isPassing : await isMovedAside(sessions, stream, failure));
        states[i] = isPassing ? { kind: 'down', failures } : { kind: 'stopped', failure, isLost: false };
        options.onTrouble?.(stream.node.stream, failure, isPassing ? backOffMs(failures) : null);
        // Who took one stream over has taken them all, or soon will: a capture is one process's.
        if (!(failure instanceof EngineError) && !isPassing) throw failure;
        if (failure instanceof EngineError && !isPassing && (await letWait(stream, 'parked', failure))) {
          // The log is read again from where its inbox begins; others go on from their checkpoints.
          states[i] = { kind: 'working' };
          return readAgain();
        }
        settled();
      }
    }
  };

  /** From now on the stream's changes wait; false: not even that can be written. */
  async function letWait(stream: OwnStream, why: 'parked' | 'slow', failure: Error): Promise<boolean> {
    const isElsewhere = await putOff(sessions, stream, { why, reason: failure.message, sinceMs: clock.nowMs() });
    if (isElsewhere === true) reopen();
    if (isElsewhere !== null && why === 'parked') stream.parked = failure;
    return isElsewhere !== null;
  }

  /** Works on a stream that is detached; true: it is attached, false: it has ended. */
  async function attached(stream: OwnStream, i: number, inbox: Inbox): Promise<boolean> {
    const { node } = stream;
    const end = await workDetached(
      {
        ...commonOf(stream, i),
        inboxBytes,
        target,
        onInbox(now) {
          if (isFilling(now.bytes) && !isFilling(stream.inbox?.bytes ?? 0))
            options.onNotice?.(node.stream, inboxFilling(node.stream, now.bytes, inboxBytes));
          stream.inbox = now;
          settled();
        },
        onDurable(held, outcome) {
          stream.held = held;
          options.onBatch(node.stream, outcome);
        },
        onParked(failure) {
          stream.parked = failure;
          asking.push(askAgain(i));
          options.onTrouble?.(node.stream, failure, null);
        },
      },
      stream.held,
      inbox,
    );
    stream.held = end.held;
    if (end.kind === 'attached') {
      Object.assign(stream, { inbox: null, parked: null });
      settled();
      // Rows that are to be read anew, and datasets that joined, have waited for this.
      if (stream.isDue) reopen();
      return true;
    }
    if (end.kind === 'full') {
      const loss = inboxFull(inboxBytes);
      await sessions.lend(node.container, async (store) => {
        await store.transaction(async () => {
          await ownEpoch(store, stream.held);
          await noteGapWithin(store, node.stream, { address: null, cause: loss.cause, isAccepted: false });
          await dropInbox(store, node.stream);
        });
      });
      stream.inbox = null;
      halt(i, { kind: 'stopped', failure: lossError(node.stream, loss), isLost: true });
      options.onLoss?.(node.stream, lossFinding(node.stream, loss));
      // Whom nobody holds has its rows read anew at once.
      if (inbox.why !== 'paused' && inbox.why !== 'parked' && target === null) reopen();
      settled();
    }
    return false;
  }

  /** The stream's worker ends at its next step; what it has received and not merged is dropped. */
  function halt(i: number, state: State & { kind: 'stopped' }): void {
    states[i] = state;
    receivings[i]?.close();
    endings[i]?.abort();
    bells[i]?.ring();
    pressure.look();
  }

  function stopStream(i: number, why: Loss | EngineError, dataset?: string): void {
    if (states[i]?.kind === 'stopped') return;
    const { node } = must(streams[i], 'stream');
    const isLost = !(why instanceof EngineError);
    const failure = isLost ? lossError(node.stream, why) : why;
    halt(i, { kind: 'stopped', failure, isLost, ...(dataset === undefined ? {} : { dataset }) });
    if (isLost) {
      // Opening anew, it is found lost, and its rows are read anew.
      options.onLoss?.(node.stream, lossFinding(node.stream, why));
      reopen();
      return;
    }
    options.onTrouble?.(node.stream, failure, null);
    if (isUnfit(failure)) asking.push(askAgain(i).finally(settled));
    else settled();
  }

  /** Where a stream stopped since the source is not what the model says: perhaps it is again. */
  async function askAgain(i: number): Promise<void> {
    const [stream, state] = [must(streams[i], 'stream'), states[i]];
    const stopped = state?.kind === 'stopped' && isUnfit(state.failure);
    if (!stopped && !isUnfit(stream.parked)) return;
    const address = stopped ? (state.dataset ?? null) : null;
    try {
      if (await isFitAgain(stream, address, sessions, options.isReadable)) reopen();
    } catch (failure) {
      // Whoever reads or merges there says so.
      if (!(failure instanceof EngineError)) throw failure;
    }
  }

  settled();
  const sink = streamsSink(routes, receivings, {
    pressure: pressure.ask,
    nowMs: () => clock.nowMs(),
    committedMs: sourceClock(clock, (ahead) => options.onWarning?.(ahead ?? opened.seen.findings[0] ?? null)),
    reach,
    onStop: (i, why, dataset) => stopStream(i, why, streams[i]?.node.datasets[dataset]?.address),
    onShape(i, dataset, shape) {
      const { node } = must(streams[i], 'stream');
      for (const one of widerFindings(must(node.datasets[dataset], 'dataset'), shape))
        options.onNotice?.(node.stream, one);
    },
    // Only who waits for the end is in a hurry.
    onReach: (position) => {
      if (target !== null && position >= target) restBell.ring();
    },
  });
  const looks = lookAtSource(opened, {
    options,
    signal: stop.signal,
    isGoing: (i) => states[i]?.kind === 'working',
    progressOf(i) {
      const { reached, received, isInside } = must(receivings[i], 'receiving').state;
      const held = receivedOf(must(streams[i], 'stream')).position;
      return { held, reached, isBusy: isInside || held < received };
    },
    onLoss: stopStream,
    askAgain,
  });
  const stopAll = () => stop.abort();
  const looking = allEnded([looks, safe.watch(stop.signal, settled)], stopAll);

  const workings = streams.map(workOn);

  /** When rows of a stream were read beside the log, all is opened anew: its inbox is merged, and the next is read. */
  async function follow(beside: Beside): Promise<void> {
    if (stop.signal.aborted) return;
    const i = streams.indexOf(beside.stream);
    const { node } = beside.stream;
    const ending = new Promise<null>((resolve) => {
      stop.signal.addEventListener('abort', () => resolve(null), { once: true });
    });
    try {
      const end = await Promise.race([beside.done, ending]);
      if (end === null || states[i]?.kind === 'stopped') return;
      if (end.kind === 'read') return reopen();
      for (const finding of end.findings) options.onLoss?.(node.stream, finding);
      const failure = lossError(node.stream, must(end.findings[0], 'finding'));
      halt(i, { kind: 'stopped', failure, isLost: true });
      // Nothing may be on its way into the inbox.
      await workings[i];
      await beside.giveUp();
      settled();
    } catch (failure) {
      if (!(failure instanceof EngineError) || target !== null) throw failure;
      const retryInMs = failure.isPassing ? 5_000 : readAgainMs;
      options.onTrouble?.(node.stream, failure, retryInMs);
      await clock.sleep(retryInMs, stop.signal);
      if (!stop.signal.aborted) reopen();
    }
  }

  /** Rows that could not be loaded in front of the log are tried again beside it. */
  async function loadAgain(): Promise<void> {
    if (target !== null || streams.every(({ unloaded }) => unloaded === null)) return;
    await clock.sleep(readAgainMs, stop.signal);
    if (!stop.signal.aborted) reopen();
  }

  const working = allEnded([...workings, ...besides.map(follow), loadAgain(), resting.keep(stop.signal)], stopAll);
  // Heard below; a log may take a moment to end.
  working.catch(() => undefined);
  looking.catch(() => undefined);
  try {
    await log.read(sink, stop.signal);
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    stop.abort();
    try {
      await allEnded([working, looking]);
    } finally {
      await allEnded(asking);
    }
  }
  return isAgain && !options.signal.aborted ? 'again' : 'done';
}

/** Has it all of the log up to a position, in its rows, or where it is not to merge now, in its inbox? */
function isThere(stream: OwnStream, target: Position): boolean {
  const why = stream.inbox?.why;
  if (stream.isWaiting || why === 'behind' || why === 'slow' || why === 'loading' || why === 'resyncing') return false;
  return receivedOf(stream).position >= target;
}

function backOffMs(failures: number): number {
  return Math.min(60_000, 250 * 2 ** failures);
}
