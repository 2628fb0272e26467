import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { literal, sql, value, words } from '../../src/sql/sql.ts';
import { withCpu } from './cpu.ts';
import { columns, create, key, orders, rows, streamOf } from './orders.ts';
import { ours } from './ours.ts';
import { contentOf, copyDatabase, drop, settle } from './server.ts';
import type { Setting, Size } from './setting.ts';
import { inTurns, judge, tell, timed, type Verdict } from './turns.ts';

/** Rows of one small transaction at the source. */
const together = 1000;

/**
 * Draining changes that wait in the source's log, against PostgreSQL's own subscription: into current rows, and into full
 * history, of which the subscription keeps none. All drain the same stretch of the log, each into a copy of the same rows.
 */
export async function cdc({ source, store, size, pairs }: Setting): Promise<readonly Verdict[]> {
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
  const changed = await makeChanges(from, size);
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
  const floor = times('floor');
  const peak = `peak ${(peakBytes / 1e6).toFixed(0)} MB`;
  return [
    judge('cdc live', changed, { floor, ours: times('live') }, { is: 'at least', ratio: 1.15 }, peak),
    judge('cdc split', changed, { floor, ours: times('split') }, { is: 'at least', ratio: 0.65 }, peak),
  ];

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

/**
 * Six updates to two inserts and two deletes, a thousand to a transaction; in their middle one transaction that updates
 * many rows. How many changes they were.
 */
async function makeChanges(from: Connection, size: Size): Promise<number> {
  const transactions = Math.ceil(size.changes / together);
  const [updated, moved] = [together * 0.6, together * 0.2];
  await run(from, 'create table public.changed (rows bigint)');
  await from.execute(
    sql`do ${literal(`declare n bigint; touched bigint := 0; begin
    for i in 0..${transactions - 1} loop
      update public.orders set total = total + 1, shipped = clock_timestamp() where id in
        (select 1 + (i * ${updated} + g) * 48271::bigint % ${size.rows} from generate_series(1, ${updated}) g);
      get diagnostics n = row_count; touched := touched + n;
      insert into public.orders select id + ${size.rows} + i * ${moved}, ${columns.replace('id, ', '')}
        from (${words(rows(1, moved)).texts.join('')}) r(${columns});
      get diagnostics n = row_count; touched := touched + n;
      delete from public.orders where id > i * ${moved} and id <= (i + 1) * ${moved};
      get diagnostics n = row_count; touched := touched + n;
      commit;
      if i = ${Math.floor(transactions / 2)} then
        update public.orders set customer = customer + 1
          where id in (select id from public.orders order by id limit ${size.giant});
        get diagnostics n = row_count; touched := touched + n;
        commit;
      end if;
    end loop;
    insert into public.changed values (touched); end`)}`,
  );
  const [row] = await from.query(sql`select rows from public.changed`);
  await run(from, 'drop table public.changed');
  return Number(row?.rows);
}
