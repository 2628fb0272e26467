import type { Clock } from '../base/clock.ts';

/** Wakes whoever waits for news of a name, such as a stream that has new rows. A ring without a listener is remembered once. */
export type Bells = {
  ring(name: string): void;
  /** Resolves at the next ring (or at once where one was missed), after `ms`, or when the signal aborts. */
  wait(name: string, ms: number, signal: AbortSignal): Promise<void>;
};

export function makeBells(clock: Clock): Bells {
  const missed = new Set<string>();
  const listeners = new Map<string, Set<() => void>>();
  return {
    ring(name) {
      const waiting = listeners.get(name);
      if (waiting === undefined || waiting.size === 0) missed.add(name);
      for (const wake of waiting ?? []) wake();
    },
    async wait(name, ms, signal) {
      if (missed.delete(name) || signal.aborted) return;
      const woken = new AbortController();
      const wake = () => woken.abort();
      const waiting = listeners.get(name) ?? new Set();
      listeners.set(name, waiting.add(wake));
      signal.addEventListener('abort', wake, { once: true });
      await clock.sleep(ms, woken.signal);
      signal.removeEventListener('abort', wake);
      waiting.delete(wake);
    },
  };
}
