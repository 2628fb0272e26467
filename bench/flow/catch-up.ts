import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { sql, value } from '../../src/sql/sql.ts';
import { makeChanges } from './cdc.ts';
import { cpuWithin } from './cpu.ts';
import { judgeLinear, type Work } from './linear.ts';
import { create, key, orders, rows, streamOf } from './orders.ts';
import { type Done, ours } from './ours.ts';
import { contentOf, drop, settle } from './server.ts';
import type { Setting } from './setting.ts';
import { tell, type Verdict } from './turns.ts';

/** Rows of one transaction at the source. */
const together = 20;

/**
 * What was written while nothing of ours ran, drained when it runs again, until it has all: a pause, one twice as long, and
 * one four times as long, into rows with full history. Between them nothing is made anew.
 */
export async function catchUp({ source, store, size }: Setting): Promise<readonly Verdict[]> {
  const [from, to] = [await source.createDatabase('source'), await store.createDatabase('ours')];
  await using c = await connect(source.access(from), 'bench');
  await run(c, `set synchronous_commit = off; ${create}; insert into public.orders ${rows(1, size.rows)}; ${key}`);
  await run(c, 'vacuum analyze public.orders');
  const name = 'freehold_bench_catch_up';
  const job = {
    does: 'capture',
    source: source.access(from),
    capture: name,
    store: store.access(to),
    nodes: [streamOf('cdc', [orders])],
  } as const;
  await ours(job);
  {
    await using written = await connect(store.access(to), 'bench');
    await run(written, 'vacuum analyze');
  }
  const works: Work[] = [];
  let [done, peakBytes, keptBytes] = [0, 0, 0];
  for (const share of [0.125, 0.25, 0.5]) {
    const changes = size.changes * share;
    const changed = await makeChanges(c, { rows: size.rows, changes, giant: 0, together, done });
    done += Math.ceil(changes / together);
    await run(c, 'vacuum analyze public.orders');
    keptBytes = Math.max(keptBytes, await kept());
    await settle(source, store);
    const { done: drained, sourceMs, storeMs } = await cpuWithin<Done>(source, store, () => ours(job));
    peakBytes = Math.max(peakBytes, drained.peakBytes);
    const cpu = [sourceMs, storeMs, drained.cpuMs].map((ms) => (ms / 1000).toFixed(1));
    tell(`catch-up: ${changed.toLocaleString('en')} in ${(drained.ms / 1000).toFixed(2)} s; CPU ${cpu.join(' + ')} s`);
    const cpuMs = sourceMs === 0 ? 0 : sourceMs + storeMs + drained.cpuMs;
    works.push({ rows: changed, ms: drained.ms, cpuMs });
  }
  const names = orders.columns.map((column) => column.name);
  const should = await contentOf(source, from, 'public.orders', names);
  const is = await contentOf(store, to, `${orders.schema}.${orders.current}`, names);
  if (is !== should) throw new Error(`the store has ${is}; its source ${should}`);
  await must(capture.log, 'log').drop(source.access(from), name);
  await c[Symbol.asyncDispose]();
  await drop(source, from);
  await drop(store, to);
  const more = `the log held ${(keptBytes / 1e6).toFixed(0)} MB for us; peak ${(peakBytes / 1e6).toFixed(0)} MB`;
  return [judgeLinear('catch-up', works, more)];

  async function kept(): Promise<number> {
    const [slot] = await c.query(sql`select pg_current_wal_lsn() - restart_lsn as bytes
      from pg_replication_slots where slot_name = ${value(name)}`);
    return Number(slot?.bytes);
  }
}
