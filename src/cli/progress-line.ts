import type { Output } from './output.ts';

/** One line on a terminal that says how far something is, from two seconds on; nothing where nobody watches. */
export type ProgressLine = Disposable & { say(text: string): void };

const quietMs = 2_000;
const everyMs = 100;

export function progressLine(output: Output, nowMs: () => number): ProgressLine {
  const startedMs = nowMs();
  let saidMs = 0;
  let isShown = false;
  const isWatched = process.stderr.isTTY === true && !output.isQuiet;
  return {
    say(text) {
      const now = nowMs();
      if (!isWatched || now - startedMs < quietMs || now - saidMs < everyMs) return;
      saidMs = now;
      isShown = true;
      process.stderr.write(`\r\u001b[2K${Array.from(text).slice(0, (process.stderr.columns || 80) - 1).join('')}`);
    },
    [Symbol.dispose]() {
      if (isShown) process.stderr.write('\r\u001b[2K');
    },
  };
}
