import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../src/base/must.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { withCpu } from './cpu.ts';
import { streamOf } from './orders.ts';
import { ours } from './ours.ts';
import { contentOf, drop, settle, shell } from './server.ts';
import type { Setting } from './setting.ts';
import { createTpch, tpchDatasets } from './tpch.ts';
import { inTurns, judge, tell, timed, type Verdict } from './turns.ts';

/**
 * The first load of a cdc stream of TPC-H's eight tables, from nothing to keyed tables and a slot that is caught up, in
 * both layouts; against  pg_dump | psql  of the same tables with their keys. Dump and restore with two jobs beside it.
 */
export async function load({ source, store, size, pairs }: Setting): Promise<readonly Verdict[]> {
  const from = { server: source, database: await source.createDatabase('tpch') };
  const rows = await createTpch(source, from.database, size.scale);
  tell(`TPC-H, ${rows.toLocaleString('en')} rows`);
  const contents = new Map<string, string>();
  let peakBytes = 0;

  const byShell = (script: (room: string) => string) => async (round: number) => {
    const room = await mkdtemp(join(tmpdir(), 'freehold-dump-'));
    const to = { server: store, database: await store.createDatabase('floor') };
    await settle(source, store);
    const { done: took, cpu } = await withCpu(source, store, () => timed(() => shell(script(room), from, to)));
    tell(cpu);
    await rm(room, { recursive: true, force: true });
    await mustHold(round, to.database, (table) => `public.${table}`);
    return took;
  };
  const byUs = (layout: 'live' | 'split') => async (round: number) => {
    const database = await store.createDatabase(layout);
    const name = `freehold_bench_${layout}`;
    await settle(source, store);
    const node = streamOf('cdc', tpchDatasets(layout));
    const { done, cpu } = await withCpu(source, store, () =>
      ours({
        does: 'capture',
        source: source.access(from.database),
        capture: name,
        store: store.access(database),
        nodes: [node],
      }),
    );
    tell(`${cpu}, our process ${(done.cpuMs / 1000).toFixed(1)} s`);
    peakBytes = Math.max(peakBytes, done.peakBytes);
    await must(capture.log, 'log').drop(source.access(from.database), name);
    await mustHold(round, database, (table) => `retail__sales__shop.${table}`);
    return done.ms;
  };
  const times = await inTurns(pairs, {
    floor: byShell(() => 'pg_dump --no-publications "$FROM" | psql -qX -v ON_ERROR_STOP=1 "$TO"'),
    live: byUs('live'),
    split: byUs('split'),
    jobs: byShell(
      (room) => `pg_dump --no-publications -Fd -Z0 -j2 -f ${room}/dump "$FROM"; pg_restore -j2 -d "$TO" ${room}/dump`,
    ),
  });
  await drop(source, from.database);
  const floor = times('floor');
  const peak = `peak ${(peakBytes / 1e6).toFixed(0)} MB`;
  return [
    judge('load live', rows, { floor, ours: times('live') }, { is: 'at most', ratio: 0.9 }, peak),
    judge('load split', rows, { floor, ours: times('split') }, { is: 'at most', ratio: 1 }, peak),
    judge(
      'dump -j2',
      rows,
      { floor, ours: times('jobs') },
      { is: 'at most', ratio: null },
      '(pg_dump -Fd -j2, pg_restore -j2)',
    ),
  ];

  /** In the first round by all values, later by those of the keys. */
  async function mustHold(round: number, database: string, place: (table: string) => string): Promise<void> {
    for (const { name, key, columns } of tpchDatasets('live')) {
      const compared = round === 0 ? columns.map((column) => column.name) : key;
      const is = await contentOf(store, database, place(name), compared);
      const should = await expected(name, compared);
      if (is !== should) throw new Error(`${place(name)} has ${is}; its source ${should}`);
    }
    await drop(store, database);
  }

  async function expected(table: string, columns: readonly string[]): Promise<string> {
    const of = `${table} ${columns.join()}`;
    const known = contents.get(of) ?? (await contentOf(source, from.database, `public.${table}`, columns));
    contents.set(of, known);
    return known;
  }
}
