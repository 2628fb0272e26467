import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { create, key, orders, rows, streamOf } from './orders.ts';
import { ours } from './ours.ts';
import { contentOf, drop } from './server.ts';
import type { Setting } from './setting.ts';
import type { Verdict } from './turns.ts';

const barMb = 300;

/** Peak resident memory of our process while it drains one transaction of ten million rows. */
export async function giant({ source, store, size }: Setting): Promise<readonly Verdict[]> {
  const [from, to] = [await source.createDatabase('source'), await store.createDatabase('ours')];
  await using c = await connect(source.access(from), 'bench');
  await run(c, `${create}; ${key}`);
  const name = 'freehold_bench_giant';
  const job = {
    does: 'capture',
    source: source.access(from),
    capture: name,
    store: store.access(to),
    nodes: [streamOf('cdc', [{ ...orders, layout: 'live' }])],
  } as const;
  await ours(job);
  await run(c, `insert into public.orders ${rows(1, size.moved)}`);
  const done = await ours(job);
  const names = orders.columns.map((column) => column.name);
  const [should, is] = [
    await contentOf(source, from, 'public.orders', names),
    await contentOf(store, to, `${orders.schema}.${orders.current}`, names),
  ];
  if (should !== is) throw new Error(`the store has ${is}; its source ${should}`);
  await must(capture.log, 'log').drop(source.access(from), name);
  await c[Symbol.asyncDispose]();
  await drop(source, from);
  await drop(store, to);
  const peak = done.peakBytes / 1e6;
  const holds = peak < barMb;
  const rate = Math.round(size.moved / done.ms);
  const line = [
    'giant'.padEnd(16),
    `one transaction of ${size.moved.toLocaleString('en')} rows in ${(done.ms / 1000).toFixed(1)} s (${rate}k/s)`,
    `our process at most ${peak.toFixed(0)} MB`,
    `bar under ${barMb}: ${holds ? 'holds' : 'MISSED'}`,
  ].join('  ');
  return [{ line, holds }];
}
