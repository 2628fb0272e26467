import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 600_000;

/** Waits until `look` says null, which is: nothing is missing. Rejects with what it said last where that takes too long. */
export async function eventually(what: string, look: () => Promise<string | null>): Promise<void> {
  let missing: string | null = 'nothing was looked at';
  for (const until = performance.now() + patienceMs; performance.now() < until; await pause(100)) {
    missing = await look();
    if (missing === null) return;
  }
  throw new Error(`${what} was waited for in vain: ${missing}`);
}
