import type { Clock } from '../../base/clock.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';

/** Clocks that are set by a network differ by less. */
const toleratedMs = 60_000;

/**
 * The time that counts for a commit: what the source says, but no time that is still to come. A stream's clock never runs
 * back, so one commit from next year would be the time of all after it, and "as of" any instant until then would show nothing of them.
 * `tell` is called when the source is found ahead, and with null when it no longer is.
 */
export function sourceClock(
  clock: Pick<Clock, 'nowMs'>,
  tell: (ahead: Finding | null) => void,
): (atMs: number) => number {
  let isAhead = false;
  return (atMs) => {
    const nowMs = clock.nowMs();
    const was = isAhead;
    isAhead = atMs > nowMs + toleratedMs;
    if (isAhead !== was) tell(isAhead ? clockAhead(atMs, nowMs) : null);
    return isAhead ? nowMs : atMs;
  };
}

function clockAhead(atMs: number, nowMs: number): Finding {
  return finding({
    rule: 'clock-in-future',
    severity: 'warning',
    address: null,
    message: `the source says that a transaction was committed at ${new Date(atMs).toISOString()}, and here it is ${new Date(nowMs).toISOString()}: its clock runs ahead, or ours is behind. Such transactions count as committed when they were read, or what comes after them could not be found by its time.`,
    help: 'Set the clocks right, at the source and here.',
  });
}
