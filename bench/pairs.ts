/** Floor and ours in turn, pair by pair, each beginning every second pair: what drifts on the machine hits both. */
export async function inPairs(
  pairs: number,
  sides: { readonly floor: (pair: number) => Promise<number>; readonly ours: (pair: number) => Promise<number> },
): Promise<Measured> {
  const floorMs: number[] = [];
  const oursMs: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) floorMs.push(await sides.floor(pair));
    oursMs.push(await sides.ours(pair));
    if (pair % 2 === 1) floorMs.push(await sides.floor(pair));
  }
  return { floorMs, oursMs };
}

/** Milliseconds, by pair. */
export type Measured = { readonly floorMs: readonly number[]; readonly oursMs: readonly number[] };

/** How long `work` took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (i: number) => sorted[i] ?? Number.NaN;
  return Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
}

export type Bar = { readonly is: 'at most' | 'at least'; readonly ratio: number };

export type Verdict = { readonly line: string; readonly holds: boolean };

/**
 * The ratio of ours to the floor: of times where the bar is `at most`, of rates where it is `at least`. Judged by the
 * median of the pairs; the spread beside it.
 */
export function judge(bench: string, rows: number, { floorMs, oursMs }: Measured, bar: Bar): Verdict {
  const ratios = floorMs.map((floor, i) => {
    const ours = oursMs[i] ?? Number.NaN;
    return bar.is === 'at most' ? ours / floor : floor / ours;
  });
  const ratio = median(ratios);
  const holds = bar.is === 'at most' ? ratio <= bar.ratio : ratio >= bar.ratio;
  const side = (ms: readonly number[]) =>
    `${(median(ms) / 1000).toFixed(2)} s (${Math.round(rows / median(ms)).toLocaleString('en')}k/s)`;
  const line = [
    bench.padEnd(9),
    `ours ${side(oursMs)}`.padEnd(26),
    `floor ${side(floorMs)}`.padEnd(27),
    `ratio ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`.padEnd(24),
    `bar ${bar.is} ${bar.ratio.toFixed(2)}: ${holds ? 'holds' : 'MISSED'}`,
  ].join('  ');
  return { line, holds };
}
