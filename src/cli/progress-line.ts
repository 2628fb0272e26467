import type { Clock } from '../base/clock.ts';
import type { Output } from './output.ts';

/** Says how far something is, from two seconds on and ten times a second at most. */
export type ProgressLine = Disposable & { say(text: string): void };

const quietMs = 2_000;
const everyMs = 100;

export function progressLine(output: Output, clock: Clock): ProgressLine {
  const startedMs = clock.nowMs();
  let saidMs: number | null = null;
  return {
    say(text) {
      const now = clock.nowMs();
      if (now - startedMs < quietMs || now - (saidMs ?? 0) < everyMs) return;
      saidMs = now;
      output.progress?.(text);
    },
    [Symbol.dispose]() {
      if (saidMs !== null) output.progress?.(null);
    },
  };
}
