import type { Clock } from '../../base/clock.ts';

/** Something to wait for; a ring while nobody waits is heard by the next who does. */
export function bell(clock: Clock) {
  let isRung = false;
  let waking: AbortController | null = null;
  return {
    ring: (): void => {
      isRung = true;
      waking?.abort();
    },
    /** Resolves when rung, or after so many ms; null: only then. */
    wait: async (ms: number | null): Promise<void> => {
      if (!isRung) {
        waking = new AbortController();
        const { signal } = waking;
        if (ms !== null) await clock.sleep(ms, signal);
        else await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        waking = null;
      }
      isRung = false;
    },
  };
}
