import { type Clock, steadyMs } from '../base/clock.ts';
import type { Switching } from '../flow/reshape/switching.ts';
import { bytesText } from './bytes.ts';
import type { Output } from './output.ts';

/** `retail/sales/shop.orders gets layout 'history': 1.2 GiB of 3.0 GiB, 4,000,000 rows; its changes wait meanwhile`. */
export function switchingText({ address, to, phase, rows, bytes, ofBytes }: Switching): string {
  const moved = `${rows.toLocaleString('en')} rows`;
  const how =
    phase === 'moving'
      ? `${bytesText(bytes)} of ${bytesText(ofBytes)}, ${moved}`
      : `${moved} are there, and keys, statistics and views are made`;
  return `${address} gets layout '${to}': ${how}; its changes wait meanwhile`;
}

/** Tells of datasets that change their layout, each at most every ten seconds: what takes less is not told. */
export function tellSwitching(output: Pick<Output, 'note'>, clock: Clock): (switching: Switching) => void {
  const toldMs = new Map<string, number>();
  return (switching) => {
    const nowMs = steadyMs(clock);
    const told = toldMs.get(switching.address) ?? nowMs;
    if (toldMs.has(switching.address) && nowMs - told < everyMs) return;
    toldMs.set(switching.address, nowMs);
    if (nowMs > told) output.note(switchingText(switching));
  };
}

const everyMs = 10_000;
