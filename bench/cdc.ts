import { systemClock } from '../src/base/clock.ts';
import { must } from '../src/base/must.ts';
import type { Connection } from '../src/engine/connection.ts';
import { capture } from '../src/engines/postgres/capture.ts';
import { connect } from '../src/engines/postgres/connection.ts';
import { runCapture } from '../src/flow/capture/cdc.ts';
import { run } from '../src/flow/testing/fixture.ts';
import { literal, name, sql, value, words } from '../src/sql/sql.ts';
import { type Cluster, countOf, drop } from './cluster.ts';
import { create, key, orders, rows, streamOf } from './orders.ts';
import { inPairs, judge, timed, type Verdict } from './pairs.ts';

/** Rows of one transaction at the source. */
const together = 1000;

/**
 * Draining changes that wait in the source's log into `split`, against PostgreSQL's own subscription, which keeps current
 * rows alone. Both drain the same log in each pair.
 */
export async function cdc(server: Cluster, count: number, changeCount: number, pairs: number): Promise<Verdict> {
  const [source, mirror, store] = [
    await server.createDatabase('source'),
    await server.createDatabase('floor'),
    await server.createDatabase('ours'),
  ];
  await using from = await connect(server.access(source), 'bench');
  await run(from, `${create}; insert into public.orders ${rows(1, count)}; ${key}`);
  await run(from, 'vacuum analyze public.orders');
  const log = must(capture.log, "PostgreSQL's log");
  const captureName = `freehold_bench_${source}`;
  const drainOurs = () =>
    runCapture(
      log,
      server.access(source),
      capture,
      captureName,
      [{ node: streamOf('cdc'), store: () => connect(server.access(store), 'bench') }],
      { clock: systemClock, signal: new AbortController().signal, onBatch: () => undefined, untilCaughtUp: true },
    );
  await drainOurs();
  await using mirrored = await connect(server.access(mirror), 'bench');
  await run(mirrored, `${create}; insert into public.orders ${rows(1, count)}; ${key}`);
  await subscribe(from, mirrored, server.url(source));

  let changed = 0;
  const settle = async (pair: number, isFirst: boolean) => {
    if (isFirst) changed += await makeChanges(from, pair, count, changeCount);
    await run(from, 'vacuum analyze public.orders');
    await run(mirrored, 'vacuum analyze');
    await using c = await connect(server.access(store), 'bench');
    await run(c, 'vacuum analyze');
    await run(c, 'checkpoint');
  };
  const measured = await inPairs(pairs, {
    floor: async (pair) => {
      await settle(pair, pair % 2 === 0);
      const took = await timed(() => drainFloor(from, mirrored));
      await run(mirrored, 'alter subscription floor disable');
      await idle(from);
      return took;
    },
    ours: async (pair) => {
      await settle(pair, pair % 2 === 1);
      return timed(drainOurs);
    },
  });
  const here = await countOf(server, source, 'public.orders');
  for (const there of [
    await countOf(server, mirror, 'public.orders'),
    await countOf(server, store, `${orders.schema}.${orders.current}`),
  ]) {
    if (there !== here) throw new Error(`the source has ${here} rows, a copy ${there}`);
  }
  await run(mirrored, 'alter subscription floor set (slot_name = none)');
  await run(mirrored, 'drop subscription floor');
  await run(from, "select pg_drop_replication_slot('floor')");
  await log.drop(server.access(source), captureName);
  for (const database of [source, mirror, store]) await drop(server, database);
  return judge('cdc', changed / pairs, measured, { is: 'at least', ratio: 0.5 });
}

/** The slot is made by hand: a subscription to its own server waits for ever for the slot that it makes itself. */
async function subscribe(from: Connection, mirrored: Connection, url: string): Promise<void> {
  await run(from, 'create publication floor for table public.orders');
  await from.query(sql`select pg_create_logical_replication_slot('floor', 'pgoutput')`);
  await mirrored.execute(sql`create subscription floor connection ${literal(url)} publication floor
    with (create_slot = false, slot_name = 'floor', enabled = false, copy_data = false, binary = true)`);
}

/** From switching the subscription on until it has confirmed where the log's end was. */
async function drainFloor(from: Connection, mirrored: Connection): Promise<void> {
  const [end] = await from.query(sql`select pg_current_wal_lsn()::text as lsn`);
  await run(mirrored, 'alter subscription floor enable');
  for (;;) {
    const [slot] = await from.query(sql`select confirmed_flush_lsn >= ${value(end?.lsn)}::pg_lsn as done
      from pg_replication_slots where slot_name = 'floor'`);
    if (slot?.done === true) return;
    await systemClock.sleep(5);
  }
}

async function idle(from: Connection): Promise<void> {
  for (;;) {
    const [slot] = await from.query(sql`select active from pg_replication_slots where slot_name = 'floor'`);
    if (slot?.active === false) return;
    await systemClock.sleep(20);
  }
}

/** Six updates to two inserts and two deletes, a thousand to a transaction; how many rows they were. */
async function makeChanges(from: Connection, pair: number, count: number, changeCount: number): Promise<number> {
  const transactions = Math.ceil(changeCount / together);
  const [updated, moved] = [together * 0.6, together * 0.2];
  await run(from, 'create table if not exists public.changed (rows bigint)');
  await from.execute(
    sql`do ${literal(`declare n bigint; touched bigint := 0; base bigint; begin
    for i in 0..${transactions - 1} loop
      base := ${pair * transactions} + i;
      update public.orders set total = total + 1, shipped = clock_timestamp() where id in
        (select 1 + (base * ${updated} + g) * 48271 % ${count} from generate_series(1, ${updated}) g);
      get diagnostics n = row_count; touched := touched + n;
      insert into public.orders select id + ${count} + base * ${moved}, customer, status, total, ordered, shipped,
        priority, clerk, comment from (${words(rows(1, moved)).texts.join('')}) r(${orders.columns.map((c) => c.name).join(', ')});
      get diagnostics n = row_count; touched := touched + n;
      delete from public.orders where id > base * ${moved} and id <= (base + 1) * ${moved};
      get diagnostics n = row_count; touched := touched + n;
      commit;
    end loop;
    insert into public.changed values (touched); end`)}`,
  );
  const [row] = await from.query(sql`select rows from ${name('public', 'changed')}`);
  await run(from, 'drop table public.changed');
  return Number(row?.rows);
}
