import { loadavg } from 'node:os';
import { must } from '../../src/base/must.ts';
import type { Verdict } from './turns.ts';

/** What so many rows took: milliseconds by the clock, and CPU of source, store and our process together (0: not known). */
export type Work = { readonly rows: number; readonly ms: number; readonly cpuMs: number };

/** How much more than a row of the smallest a row of the largest may take. What is not linear grows as the sizes do. */
const growthBar = 1.3;

/**
 * The same work in sizes, from the smallest to the largest. Linear is judged by CPU for each row, since the clock of a
 * machine that does other things says little; by the clock where CPU is not known.
 */
export function judgeLinear(row: string, works: readonly Work[], more = ''): Verdict {
  const each = ({ rows, ms, cpuMs }: Work) => (cpuMs > 0 ? cpuMs : ms) / rows;
  const [first, last] = [must(works[0], 'the smallest'), must(works.at(-1), 'the largest')];
  const growth = each(last) / each(first);
  const holds = growth <= growthBar;
  const line = [
    row.padEnd(16),
    works.map(said).join('; '),
    `a row of the largest takes ${growth.toFixed(2)} of one of the smallest`,
    ` bar at most ${growthBar.toFixed(2)}: ${holds ? 'holds' : 'MISSED'}`,
    `load ${loadavg()[0]?.toFixed(1)}`,
    ...(more === '' ? [] : [more]),
  ].join('  ');
  return { line, holds };
}

function said({ rows, ms, cpuMs }: Work): string {
  const rate = Math.round((rows / ms) * 1000).toLocaleString('en');
  return `${rows.toLocaleString('en')} in ${(ms / 1000).toFixed(2)} s (${rate}/s, CPU ${((cpuMs / rows) * 1000).toFixed(0)} µs each)`;
}
