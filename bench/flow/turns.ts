import { loadavg } from 'node:os';
import { must } from '../../src/base/must.ts';

/** Milliseconds, by pair. */
export type Times = readonly number[];

/**
 * Floor and ours in turn, round by round, each beginning in its turn: what drifts on the machine hits all. What one gives
 * is how long it took, in milliseconds; all are handed back by name.
 */
export async function inTurns(
  rounds: number,
  sides: Readonly<Record<string, (round: number) => Promise<number>>>,
): Promise<(side: string) => Times> {
  const all = Object.entries(sides).map(([name, work]) => ({ name, work, times: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    const first = round % all.length;
    for (const { name, work, times } of [...all.slice(first), ...all.slice(0, first)]) {
      const ms = await work(round);
      times.push(ms);
      tell(`${name} ${(ms / 1000).toFixed(2)} s`);
    }
  }
  return (side) => must(all.find(({ name }) => name === side)?.times, side);
}

/** To standard error, with the machine's load: what happens while the bench runs. */
export function tell(what: string): void {
  process.stderr.write(`  ${what} (load ${loadavg()[0]?.toFixed(1)})\n`);
}

/** How long `work` took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

export function median(numbers: readonly number[]): number {
  return percentile(numbers, 0.5);
}

/** Between the two nearest, in proportion. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** `ratio` null: printed, and not judged. */
export type Bar = { readonly is: 'at most' | 'at least'; readonly ratio: number | null };

export type Verdict = { readonly line: string; readonly holds: boolean };

/**
 * The ratio of ours to the floor: of times where the bar is `at most`, of rates where it is `at least`. Judged by the
 * median of the pairs; the spread beside it. `more` is printed behind.
 */
export function judge(
  row: string,
  rows: number,
  { floor, ours }: { readonly floor: Times; readonly ours: Times },
  bar: Bar,
  more = '',
): Verdict {
  const ratios = floor.map((ms, i) => {
    const own = ours[i] ?? Number.NaN;
    return bar.is === 'at most' ? own / ms : ms / own;
  });
  const ratio = median(ratios);
  const holds = bar.ratio === null || (bar.is === 'at most' ? ratio <= bar.ratio : ratio >= bar.ratio);
  const side = (ms: Times) => `${seconds(median(ms))} (${Math.round(rows / median(ms)).toLocaleString('en')}k/s)`;
  const line = [
    row.padEnd(16),
    `ours ${side(ours)}`.padEnd(25),
    `floor ${side(floor)}`.padEnd(26),
    `ratio ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`.padEnd(24),
    bar.ratio === null ? 'printed' : `bar ${bar.is} ${bar.ratio.toFixed(2)}: ${holds ? 'holds' : 'MISSED'}`,
    `load ${loadavg()[0]?.toFixed(1)}`,
    ...(more === '' ? [] : [more]),
  ].join('  ');
  return { line, holds };
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
