import type { Output } from './output.ts';

/**
 * Ctrl-C and SIGTERM: the first asks for a stop at the next safe point, the second ends the process at once, which is
 * safe too (every step starts from a committed checkpoint). Disposing gives the signals back.
 */
export function onInterrupt(output: Output, message: string): { readonly signal: AbortSignal } & Disposable {
  const stop = new AbortController();
  const handle = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143);
    output.note(`\n${signal === 'SIGINT' ? 'Ctrl-C' : signal}: ${message}`);
    stop.abort();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
