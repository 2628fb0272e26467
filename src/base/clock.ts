/** Time as an input. Doors pass `systemClock`; tests pass their own. */
export type Clock = {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
  /** Milliseconds since some moment, for how long something takes: it runs on evenly when the time of day is set. */
  steadyMs?(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** A clock that has no other time measures by the time of day. */
export function steadyMs(clock: Clock): number {
  return clock.steadyMs?.() ?? clock.nowMs();
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  steadyMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      signal?.addEventListener('abort', done, { once: true });
    }),
};
