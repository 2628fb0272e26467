import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { readCheckpoint } from '../../src/flow/checkpoint.ts';
import { dataset, run } from '../../src/flow/testing/fixture.ts';
import { sql, value } from '../../src/sql/sql.ts';
import { busy, fillPgbench, noPgbench, type Seen } from './busy.ts';
import { eventually } from './eventually.ts';
import { streamOf } from './orders.ts';
import { started } from './ours.ts';
import { apart } from './processors.ts';
import { contentOf, drop, settle } from './server.ts';
import type { Setting } from './setting.ts';
import { inTurns, median, tell, type Verdict } from './turns.ts';

/** Of the transactions that the decoding itself leaves, so many must be left with ours. */
const barLeft = 0.95;
const slot = 'freehold_bench_cost';

const more = { keepsDelta: false };
const datasets = [
  dataset('pgbench_branches', ['bid'], { bid: 'int32', bbalance: 'int32?', filler: 'text?' }, more),
  dataset('pgbench_tellers', ['tid'], { tid: 'int32', bid: 'int32?', tbalance: 'int32?', filler: 'text?' }, more),
  dataset('pgbench_accounts', ['aid'], { aid: 'int32', bid: 'int32?', abalance: 'int32?', filler: 'text?' }, more),
  dataset(
    'pgbench_history',
    [],
    { tid: 'int32?', bid: 'int32?', aid: 'int32?', delta: 'int32?', mtime: 'timestamp?', filler: 'text?' },
    more,
  ),
];

/**
 * What a source that has all it can do pays: pgbench's transactions alone; with a slot that decodes the same changes for a
 * reader that throws them away; with ours following; and while ours loads the same tables. The source and pgbench have half
 * of the processors to themselves, since store and our process are elsewhere where it matters.
 */
export async function cost({ source, store, size, pairs }: Setting): Promise<readonly Verdict[]> {
  if (noPgbench !== null) return [{ line: `cost      skipped: ${noPgbench}`, holds: true }];
  if (process.platform !== 'linux') return [{ line: 'cost      skipped: CPU is read from /proc', holds: true }];
  const from = await source.createDatabase('source');
  await fillPgbench(source, from, Math.max(1, Math.round(size.rows / 100_000)));
  await using processors = await apart(source, store);
  const seen: Record<Side, Seen[]> = { alone: [], decoding: [], live: [], loading: [] };
  const side = (name: Side, measure: () => Promise<Seen>) => async () => {
    await using c = await connect(source.access(from), 'bench');
    await run(c, 'truncate public.pgbench_history');
    await run(c, 'vacuum analyze');
    await settle(source, store);
    const one = await measure();
    seen[name].push(one);
    tell(`${name}: ${said(one)}`);
    return (one.ms / one.transactions) * 1000;
  };
  const times = await inTurns(pairs, {
    [thousand('alone')]: side('alone', () => watched((watch) => watch(pause(size.busyMs)))),
    [thousand('decoding')]: side('decoding', decoding),
    [thousand('live')]: side('live', live),
    [thousand('loading')]: side('loading', loading),
  });
  await drop(source, from);
  const ratios = times(thousand('decoding')).map((ms, i) => ms / (times(thousand('live'))[i] ?? Number.NaN));
  const left = median(ratios);
  const holds = left >= barLeft;
  const cpus =
    processors === null ? 'processors shared by all' : `source and pgbench on processors ${processors.first}`;
  const line = (name: Side, rest: string) => [`cost ${name}`.padEnd(16), said(middle(seen[name])), rest].join('  ');
  const each = (of: Side) => median(seen[of].map(({ cpuMs, transactions }) => cpuMs / transactions));
  const share = (of: Side) =>
    median(times(thousand('alone')).map((ms, i) => ms / (times(thousand(of))[i] ?? Number.NaN)));
  const ofAlone = (of: Side) => `${(share(of) * 100).toFixed(1)}% of alone`;
  return [
    { line: line('alone', cpus), holds: true },
    { line: line('decoding', ofAlone('decoding')), holds: true },
    {
      line: line(
        'live',
        `${ofAlone('live')}, ${(left * 100).toFixed(1)}% of decoding (${percents(ratios)}), CPU of the source ${((each('live') / each('decoding')) * 100).toFixed(1)}% of decoding  bar at least ${barLeft * 100}%: ${holds ? 'holds' : 'MISSED'}`,
      ),
      holds,
    },
    { line: line('loading', ofAlone('loading')), holds: true },
  ];

  async function watched(work: (watch: (over: Promise<unknown>) => Promise<Seen>) => Promise<Seen>): Promise<Seen> {
    const load = await busy(source, from, processors?.first ?? null);
    try {
      return await work((over) => load.watch(over));
    } finally {
      await load.stop();
    }
  }

  /** The same protocol and the same tables as ours, and nothing done with them. */
  async function decoding(): Promise<Seen> {
    await using c = await connect(source.access(from), 'bench');
    await run(c, `create publication decoded for table ${datasets.map(({ name }) => `public.${name}`).join(', ')}`);
    await c.query(sql`select pg_create_logical_replication_slot(${value(slot)}, 'pgoutput')`);
    const options = ['proto_version=2', 'streaming=on', 'binary=true', 'publication_names=decoded'];
    const reader = spawn(
      'pg_recvlogical',
      ['-d', source.url(from), '-S', slot, '--start', '-f', '/dev/null', ...options.flatMap((one) => ['-o', one])],
      { stdio: 'ignore' },
    );
    const ended = new Promise((resolve) => {
      reader.once('close', resolve);
    });
    try {
      await eventually('pg_recvlogical', async () => {
        const [row] = await c.query(sql`select active from pg_replication_slots where slot_name = ${value(slot)}`);
        return row?.active === true ? null : 'it does not read';
      });
      return await watched((watch) => watch(pause(size.busyMs)));
    } finally {
      reader.kill('SIGTERM');
      await ended;
      await eventually('the slot', async () => {
        await c.query(sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots
          where slot_name = ${value(slot)} and not active`);
        const [row] = await c.query(sql`select 1 as one from pg_replication_slots where slot_name = ${value(slot)}`);
        return row === undefined ? null : 'it is still read';
      });
      await run(c, 'drop publication decoded');
    }
  }

  async function live(): Promise<Seen> {
    const to = await store.createDatabase('ours');
    const own = started({ ...job(to), does: 'follow', replica: null });
    await using at = await connect(store.access(to), 'bench');
    await eventually('the first load', async () => {
      const checkpoint = await readCheckpoint(at, 'retail/sales/shop').catch(() => null);
      return (checkpoint?.ordinal ?? 0n) > 0n ? null : 'no row is there';
    });
    const one = await watched((watch) => watch(pause(size.busyMs)));
    await eventually('what is behind', () => differing(to));
    own.stop();
    await own.done;
    await at[Symbol.asyncDispose]();
    await gone(to);
    return one;
  }

  async function loading(): Promise<Seen> {
    const to = await store.createDatabase('ours');
    const one = await watched(async (watch) => {
      const own = started({ ...job(to), does: 'capture' });
      await using c = await connect(source.access(from), 'bench');
      // Starting our process is not looked at.
      const opened = eventually('the slot', async () => {
        const [row] = await c.query(sql`select 1 as one from pg_replication_slots where slot_name = ${value(slot)}`);
        return row === undefined ? 'it is not there' : null;
      });
      // Nobody hears it where our process ends before.
      opened.catch(() => undefined);
      await Promise.race([opened, own.done]);
      return await watch(own.done);
    });
    // What came in the meantime, when nothing comes any more.
    await started({ ...job(to), does: 'capture' }).done;
    const other = await differing(to);
    if (other !== null) throw new Error(other);
    await gone(to);
    return one;
  }

  function job(to: string) {
    return {
      source: source.access(from),
      capture: slot,
      store: store.access(to),
      nodes: [streamOf('cdc', datasets)],
    };
  }

  async function differing(to: string): Promise<string | null> {
    for (const { name, schema, current, columns } of datasets) {
      // The source fills it up with blanks, ours does not.
      const names = columns.map((column) => column.name).filter((column) => column !== 'filler');
      const should = await contentOf(source, from, `public.${name}`, names);
      const is = await contentOf(store, to, `${schema}.${current}`, names);
      if (is !== should) return `${name} has ${is}; its source ${should}`;
    }
    return null;
  }

  async function gone(to: string): Promise<void> {
    await must(capture.log, 'log').drop(source.access(from), slot);
    await drop(store, to);
  }
}

type Side = 'alone' | 'decoding' | 'live' | 'loading';

/** What is taken in turns: how long a thousand transactions take. */
function thousand(side: Side): string {
  return `1,000 transactions ${side}`;
}

/** The one in the middle, by its rate. */
function middle(all: readonly Seen[]): Seen {
  const sorted = [...all].sort((a, b) => a.transactions / a.ms - b.transactions / b.ms);
  return must(sorted[Math.floor((sorted.length - 1) / 2)], 'a round');
}

function said({ transactions, ms, cpuMs, keptBytes, longestMs }: Seen): string {
  const tps = Math.round((transactions / ms) * 1000).toLocaleString('en');
  return [
    `${tps} transactions/s over ${(ms / 1000).toFixed(1)} s`,
    `CPU of the source ${((cpuMs / ms) * 100).toFixed(0)}%, ${((cpuMs / transactions) * 1000).toFixed(0)} µs each`,
    `log kept at most ${(keptBytes / 1e6).toFixed(0)} MB`,
    `longest transaction ${longestMs.toFixed(0)} ms`,
  ].join(', ');
}

function percents(ratios: readonly number[]): string {
  return `${(Math.min(...ratios) * 100).toFixed(1)}-${(Math.max(...ratios) * 100).toFixed(1)}`;
}
