import { type Clock, steadyMs } from '../../base/clock.ts';
import { groupedBy } from '../../base/group.ts';
import { must } from '../../base/must.ts';
import type { Position } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { type Checkpoint, Fenced, moveOn } from '../checkpoint.ts';
import type { BatchOutcome } from './batch.ts';
import type { Reach, Receiving } from './stream.ts';

/**
 * The streams of a log that have nothing to do. That the log was read on without anything for them is written for all those
 * of a store in one transaction, so that a thousand of them cost no more than one; what they have besides is nothing.
 */
export type RestingStreams = {
  /** From now on the stream rests, at this checkpoint. */
  begin(stream: number, held: Checkpoint): Rest;
  /** Writes and tells, until the signal. */
  keep(signal: AbortSignal): Promise<void>;
};

export type Rest = {
  /** It has something to do: the checkpoint that it has now. Throws what befell it meanwhile: Fenced, EngineError. */
  end(): Checkpoint;
};

export type RestingStream = { readonly container: string; readonly receiving: Receiving };

export type RestingOptions = {
  readonly clock: Clock;
  readonly reach: Readonly<Reach>;
  readonly identity: string;
  /** The position to be durable at as soon as it is reached: null, where there is no hurry. */
  readonly target: Position | null;
  /** Lends a session of a store. */
  readonly lend: <T>(container: string, work: (store: Connection) => Promise<T>) => Promise<T>;
  /** Waits for so many ms, or until there may be something to write at once. */
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the wait. */
  readonly hurry: () => void;
  /** Wakes a stream, whose rest then ends. */
  readonly wake: (stream: number) => void;
  readonly onIdle: (stream: number, held: Checkpoint, outcome: BatchOutcome) => void;
  /** Positions of several streams were written. */
  readonly onWritten: () => void;
  /** A position could not be written, and is tried again. */
  readonly onTrouble: (stream: number, failure: EngineError, retryInMs: number) => void;
  readonly hook: (step: string) => Promise<void>;
};

/** What the source keeps for us grows by what it logs in this time. */
const writeEveryMs = 5_000;
const tellEveryMs = 1_000;
/** Names and numbers of so many are parameters of one statement. */
const writtenAtOnce = 1_000;

type Resting = { held: Checkpoint; failure: Error | null };

export function restingStreams(streams: readonly RestingStream[], options: RestingOptions): RestingStreams {
  const { clock, reach, identity, target } = options;
  const resting = new Map<number, Resting>();
  let wroteMs = steadyMs(clock);
  let told = { atMs: 0, ms: Number.NEGATIVE_INFINITY };

  return {
    begin(stream, held) {
      const rest: Resting = { held, failure: null };
      resting.set(stream, rest);
      if (target !== null && reach.position >= target) options.hurry();
      return {
        end() {
          if (resting.get(stream) === rest) resting.delete(stream);
          if (rest.failure !== null) throw rest.failure;
          return rest.held;
        },
      };
    },
    async keep(signal) {
      while (!signal.aborted) {
        const isDue = steadyMs(clock) - wroteMs >= writeEveryMs;
        const isHurried = target !== null && reach.position >= target;
        // Those that are there already wait for others, whose log is let go meanwhile.
        if ((isDue || isHurried) && (await write(isDue ? null : target))) await options.hook('idle');
        tell();
        await options.wait(tellEveryMs);
      }
    },
  };

  /** Of those that are not at `hurried` yet; null: of all. False where there was nothing to write. */
  async function write(hurried: Position | null): Promise<boolean> {
    if (hurried === null) wroteMs = steadyMs(clock);
    const { position } = reach;
    const behind = idle().filter(({ rest: { held } }) => (held.position ?? '') < (hurried ?? position));
    for (const [container, all] of groupedBy(behind, ({ stream }) => must(streams[stream], 'stream').container)) {
      for (let from = 0; from < all.length; from += writtenAtOnce)
        await writeSome(container, all.slice(from, from + writtenAtOnce), position);
    }
    if (behind.length > 0) options.onWritten();
    return behind.length > 0;
  }

  /** Those that have ended their rest meanwhile are none of ours any more: they know their checkpoint themselves. */
  async function writeSome(container: string, some: readonly Idle[], position: Position): Promise<void> {
    try {
      const helds = some.map(({ rest }) => rest.held);
      const { moved, busy } = await options.lend(container, (store) => moveOn(store, helds, { position, identity }));
      for (const { stream, rest } of some) {
        if (resting.get(stream) !== rest) continue;
        // Whoever holds it now is through some other time.
        if (busy.has(rest.held.stream)) continue;
        if (!moved.has(rest.held.stream)) fail(stream, rest, new Fenced(rest.held.stream));
        else {
          rest.held = { ...rest.held, position, identity };
          tellOne(stream, rest);
        }
      }
    } catch (failure) {
      if (!(failure instanceof EngineError)) throw failure;
      for (const { stream, rest } of some) {
        if (resting.get(stream) !== rest) continue;
        // Nothing is lost: what is not written keeps the source's log where it is, until the store is back.
        if (failure.isPassing) options.onTrouble(stream, failure, writeEveryMs);
        else fail(stream, rest, failure);
      }
    }
  }

  function fail(stream: number, rest: Resting, failure: Error): void {
    rest.failure = failure;
    options.wake(stream);
  }

  function tell(): void {
    const ms = steadyMs(clock);
    if (reach.atMs === told.atMs || ms - told.ms < tellEveryMs) return;
    told = { atMs: reach.atMs, ms };
    for (const { stream, rest } of idle()) tellOne(stream, rest);
  }

  function tellOne(stream: number, { held }: Resting): void {
    const { ordinal, position } = held;
    options.onIdle(stream, held, { kind: 'idle', ordinal, position, rows: 0, asOfMs: reach.atMs });
  }

  type Idle = { readonly stream: number; readonly rest: Resting };

  /** A stream may have received something that it has not heard of yet. */
  function idle(): Idle[] {
    return [...resting].flatMap(([stream, rest]) => {
      const { receiving } = must(streams[stream], 'stream');
      return receiving.isIdle() && rest.failure === null ? [{ stream, rest }] : [];
    });
  }
}
