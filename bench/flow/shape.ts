import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import type { StreamDataset } from '../../src/plan/plan.ts';
import { cpuWithin } from './cpu.ts';
import { judgeLinear, type Work } from './linear.ts';
import { streamOf } from './orders.ts';
import { type Done, ours } from './ours.ts';
import { contentOf, drop, settle } from './server.ts';
import type { Setting } from './setting.ts';
import { tell, type Verdict } from './turns.ts';

/** Tables of some kind in one size, and what is done to them. */
export type Shape = {
  readonly datasets: readonly StreamDataset[];
  /** Statements that make the tables with their rows, and how many rows that are. */
  readonly made: readonly string[];
  readonly rows: number;
  /** Statements that change rows, and how many changes that are. */
  readonly changed: readonly string[];
  readonly changes: number;
};

/**
 * Loads tables and then drains their changes, all waiting in the log, into rows with full history; in each size from
 * nothing. Afterwards source and store must have the same rows.
 */
export async function shaped(
  row: string,
  { source, store }: Pick<Setting, 'source' | 'store'>,
  shapes: readonly Shape[],
): Promise<readonly Verdict[]> {
  const [loads, lives]: [Work[], Work[]] = [[], []];
  let peakBytes = 0;
  for (const shape of shapes) {
    const [from, to] = [await source.createDatabase('source'), await store.createDatabase('ours')];
    const name = `freehold_bench_${row}`;
    const job = {
      does: 'capture',
      source: source.access(from),
      capture: name,
      store: store.access(to),
      nodes: [streamOf('cdc', shape.datasets)],
    } as const;
    await change(from, shape.made);
    loads.push(await worked(shape.rows, 'loaded'));
    await change(from, shape.changed);
    lives.push(await worked(shape.changes, 'drained'));
    for (const { name: table, schema, current, columns } of shape.datasets) {
      const names = columns.map((column) => column.name);
      const should = await contentOf(source, from, `public.${table}`, names);
      const is = await contentOf(store, to, `${schema}.${current}`, names);
      if (is !== should) throw new Error(`${table} has ${is}; its source ${should}`);
    }
    await must(capture.log, 'log').drop(source.access(from), name);
    await drop(source, from);
    await drop(store, to);

    async function worked(rows: number, what: string): Promise<Work> {
      await settle(source, store);
      const { done, sourceMs, storeMs } = await cpuWithin<Done>(source, store, () => ours(job));
      peakBytes = Math.max(peakBytes, done.peakBytes);
      const cpu = [sourceMs, storeMs, done.cpuMs].map((ms) => (ms / 1000).toFixed(1));
      tell(
        `${row}: ${rows.toLocaleString('en')} ${what} in ${(done.ms / 1000).toFixed(2)} s; CPU ${cpu.join(' + ')} s`,
      );
      return { rows, ms: done.ms, cpuMs: sourceMs === 0 ? 0 : sourceMs + storeMs + done.cpuMs };
    }
  }
  const peak = `peak ${(peakBytes / 1e6).toFixed(0)} MB`;
  return [judgeLinear(`${row} load`, loads, peak), judgeLinear(`${row} live`, lives, peak)];

  async function change(database: string, statements: readonly string[]): Promise<void> {
    await using c = await connect(source.access(database), 'bench');
    await run(c, 'set synchronous_commit = off');
    for (const statement of statements) await run(c, statement);
    await run(c, 'vacuum analyze');
  }
}

/** Runs `statement` for i = 0 to `times` - 1, each a transaction of its own. */
export function transactions(times: number, statement: string): string {
  return `do $$ begin for i in 0..${times - 1} loop ${statement}; commit; end loop; end $$`;
}
