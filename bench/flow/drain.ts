import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { literal, sql, value } from '../../src/sql/sql.ts';
import { withCpu } from './cpu.ts';
import { create, key, orders, rows, streamOf } from './orders.ts';
import { ours } from './ours.ts';
import { contentOf, copyDatabase, drop, settle } from './server.ts';
import type { Setting } from './setting.ts';
import { inTurns, type Times, tell, timed } from './turns.ts';

export type Drained = {
  readonly changed: number;
  readonly times: (side: 'floor' | 'live' | 'split') => Times;
  /** The most memory of our process, as text. */
  readonly peak: string;
};

/**
 * Drains the changes that `change` makes and that wait in the source's log: by PostgreSQL's own subscription, into current
 * rows, and into full history. All drain the same stretch of the log, each into a copy of the same rows. `change` says how
 * many changes it made.
 */
export async function drains(
  { source, store, size, pairs }: Setting,
  change: (from: Connection) => Promise<number>,
): Promise<Drained> {
  const database = await source.createDatabase('source');
  await using from = await connect(source.access(database), 'bench');
  await run(from, `${create}; insert into public.orders ${rows(1, size.rows)}; ${key}`);
  await run(from, 'vacuum analyze public.orders');
  await run(from, 'create publication floor for table public.orders');
  // Never read itself: each drain reads a copy of it, and so from the same place.
  await run(from, "select pg_create_logical_replication_slot('beginning', 'pgoutput')");

  const mirror = await store.createDatabase('floor');
  {
    await using c = await connect(store.access(mirror), 'bench');
    await run(c, `${create}; insert into public.orders ${rows(1, size.rows)}; ${key}`);
    await run(c, 'vacuum analyze');
  }
  const live = await loaded('live');
  const split = await loaded('split');
  const changed = await change(from);
  const [end] = await from.query(sql`select pg_current_wal_lsn()::text as lsn`);
  await run(from, 'vacuum analyze public.orders');
  const names = orders.columns.map((column) => column.name);
  const should = await contentOf(source, database, 'public.orders', names);
  tell(`${changed.toLocaleString('en')} changes wait in the log`);

  let peakBytes = 0;
  const drained = (of: Loaded) => async () => {
    const copy = await copyDatabase(store, of.database);
    await from.query(sql`select pg_copy_logical_replication_slot('beginning', ${value(of.capture)})`);
    await settle(source, store);
    const { done, cpu } = await withCpu(source, store, () =>
      ours({
        does: 'capture',
        source: source.access(database),
        capture: of.capture,
        store: store.access(copy),
        nodes: [of.node],
      }),
    );
    peakBytes = Math.max(peakBytes, done.peakBytes);
    tell(`${cpu}, our process ${(done.cpuMs / 1000).toFixed(1)} s; peak ${(done.peakBytes / 1e6).toFixed(0)} MB`);
    await dropSlot(from, of.capture);
    await mustHold(copy, `${orders.schema}.${orders.current}`);
    return done.ms;
  };
  const times = await inTurns(pairs, {
    floor: async () => {
      const copy = await copyDatabase(store, mirror);
      await run(from, "select pg_copy_logical_replication_slot('beginning', 'floor')");
      await settle(source, store);
      await using mirrored = await connect(store.access(copy), 'bench');
      await mirrored.execute(sql`create subscription floor connection ${literal(source.url(database))} publication floor
        with (create_slot = false, slot_name = 'floor', enabled = false, copy_data = false, binary = true,
          synchronous_commit = on)`);
      const { done: took, cpu } = await withCpu(source, store, () =>
        timed(() => drainFloor(from, mirrored, String(end?.lsn))),
      );
      tell(cpu);
      await run(mirrored, 'alter subscription floor disable');
      await run(mirrored, 'alter subscription floor set (slot_name = none)');
      await run(mirrored, 'drop subscription floor');
      await dropSlot(from, 'floor');
      await mustHold(copy, 'public.orders');
      return took;
    },
    live: drained(live),
    split: drained(split),
  });
  await dropSlot(from, 'beginning');
  for (const { capture: name } of [live, split]) await must(capture.log, 'log').drop(source.access(database), name);
  for (const one of [mirror, live.database, split.database]) await drop(store, one);
  return { changed, times, peak: `peak ${(peakBytes / 1e6).toFixed(0)} MB` };

  /** A store with the rows as they are before the changes. */
  async function loaded(layout: 'live' | 'split') {
    const to = await store.createDatabase(layout);
    const node = streamOf('cdc', [{ ...orders, layout }]);
    const name = `freehold_bench_${layout}`;
    await ours({
      does: 'capture',
      source: source.access(database),
      capture: name,
      store: store.access(to),
      nodes: [node],
    });
    await dropSlot(from, name);
    await using c = await connect(store.access(to), 'bench');
    await run(c, 'vacuum analyze');
    return { database: to, node, capture: name };
  }

  async function mustHold(copy: string, table: string): Promise<void> {
    const is = await contentOf(store, copy, table, names);
    if (is !== should) throw new Error(`${table} has ${is}; its source ${should}`);
    await drop(store, copy);
  }
}

type Loaded = { readonly database: string; readonly node: ReturnType<typeof streamOf>; readonly capture: string };

/** From switching the subscription on until it has confirmed where the changes end. */
async function drainFloor(from: Connection, mirrored: Connection, end: string): Promise<void> {
  await run(mirrored, 'alter subscription floor enable');
  for (;;) {
    const [slot] = await from.query(sql`select confirmed_flush_lsn >= ${value(end)}::pg_lsn as done
      from pg_replication_slots where slot_name = 'floor'`);
    if (slot?.done === true) return;
    await systemClock.sleep(5);
  }
}

/** Once its reader has let go of it. */
async function dropSlot(from: Connection, slot: string): Promise<void> {
  for (;;) {
    const dropped = await from.query(sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots
      where slot_name = ${value(slot)} and not active`);
    const [left] = await from.query(sql`select 1 as one from pg_replication_slots where slot_name = ${value(slot)}`);
    if (dropped.length > 0 || left === undefined) return;
    await systemClock.sleep(20);
  }
}
