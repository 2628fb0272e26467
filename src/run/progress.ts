import type { Clock } from '../base/clock.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Listener, LoopEvent } from './events.ts';

/** What the ledger remembers of a unit's last move: an index for `status`; the stores' checkpoints decide. */
export type UnitProgress = {
  readonly unit: string;
  readonly stream: string;
  readonly container: string;
  readonly ordinal: bigint;
  readonly position: string | null;
  /** Rows moved since this process owns it. */
  readonly rows: number;
  readonly asOfMs: number | null;
  /** Why it does not move; null while it does. */
  readonly problem: string | null;
};

/**
 * Listens to the loop, and writes what it heard to the ledger about once a second: the loop never waits for statistics.
 * A ledger that is away for a moment loses nothing but a second's news.
 */
export function recordProgress(
  ledger: Ledger,
  clock: Clock,
  also: Listener,
): { readonly on: Listener } & AsyncDisposable {
  const latest = new Map<string, UnitProgress>();
  const changed = new Set<string>();
  const stop = new AbortController();

  const hear = (event: LoopEvent) => {
    if (event.kind === 'moved') {
      const before = latest.get(event.unit + event.stream);
      latest.set(event.unit + event.stream, {
        unit: event.unit,
        stream: event.stream,
        container: event.container,
        ordinal: event.ordinal,
        position: event.position,
        rows: (before?.rows ?? 0) + event.rows,
        asOfMs: event.asOfMs ?? before?.asOfMs ?? null,
        problem: null,
      });
      changed.add(event.unit + event.stream);
    }
    if (event.kind === 'failed' || event.kind === 'held') {
      const problem = event.kind === 'failed' ? event.message : event.finding.message;
      for (const [key, before] of latest) {
        if (before.unit !== event.unit) continue;
        latest.set(key, { ...before, problem });
        changed.add(key);
      }
    }
    also(event);
  };

  const flush = async () => {
    const news = [...changed].flatMap((key) => latest.get(key) ?? []);
    changed.clear();
    if (news.length > 0) await ledger.record(news).catch(() => news.forEach((one) => changed.add(one.unit + one.stream)));
  };

  const writing = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(1_000, stop.signal);
      await flush();
    }
  })();

  return {
    on: hear,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await writing;
      await flush();
    },
  };
}
