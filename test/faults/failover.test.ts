import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { must } from '../../src/base/must.ts';
import type { Position } from '../../src/engine/capture.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { livingPostmaster } from '../../src/engines/postgres/embedded/postmaster.ts';
import { positionOfLsn } from '../../src/engines/postgres/log/position.ts';
import { type OwnServer, ownServer } from '../../src/engines/postgres/testing/own.ts';
import { standbyOf } from '../../src/engines/postgres/testing/standby.ts';
import type { Durability } from '../../src/plan/plan.ts';
import { sql, value, words } from '../../src/sql/sql.ts';
import { shop } from '../exactness/company.ts';
import { faultSetting, type Setting } from './setting.ts';

/** Words to a server itself, each a transaction of its own. */
async function tell(server: OwnServer, ...statements: readonly string[]): Promise<void> {
  await using c = await connect(server.reached().access('postgres'), 'failover');
  for (const statement of statements) await c.query(words(statement));
}

async function ask(server: OwnServer, question: string): Promise<boolean> {
  await using c = await connect(server.reached().access('postgres'), 'failover');
  const [row] = await c.query(words(`select (${question}) as yes`));
  return row?.yes === true;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(100);
}

/** The standby has all that its primary has written by now. */
async function followed(primary: OwnServer, standby: OwnServer): Promise<void> {
  const end = await endOf(primary);
  await until(() => ask(standby, `pg_last_wal_replay_lsn() >= '${end}'`));
}

/** Where its log ends now. */
async function endOf(server: OwnServer): Promise<string> {
  await using c = await connect(server.reached().access('postgres'), 'failover');
  const [row] = await c.query(sql`select pg_current_wal_insert_lsn()::text as lsn`);
  return String(row?.lsn);
}

/** Have all streams of a store passed a position? */
async function areBehind(store: Connection, position: Position): Promise<boolean> {
  const rows = await store.query(sql`select position from freehold.fh_checkpoint`);
  return rows.every((row) => String(row.position) > position);
}

/** The primary ends at once and for good, and a standby that was stopped before takes its place, without what it lacks. */
async function failOver(
  setting: Setting,
  where: 'source' | 'store' | 'replica',
  from: OwnServer,
  to: OwnServer,
): Promise<void> {
  process.kill(must(await livingPostmaster(from.data), 'the server').pid, 'SIGQUIT');
  while ((await livingPostmaster(from.data)) !== null) await pause(20);
  await from.stop();
  await to.start();
  await tell(to, 'select pg_promote()');
  setting.moved(where, to);
}

/** A standby that keeps slots which are to outlive its primary. Null where the server knows no such slots. */
async function keepSlots(standby: OwnServer): Promise<void> {
  await tell(
    standby,
    'alter system set hot_standby_feedback = on',
    'alter system set sync_replication_slots = on',
    'select pg_reload_conf()',
  );
}

/** Writes until the standby has the slot, for which it must have moved since. */
async function slotKept(setting: Setting, primary: OwnServer, standby: OwnServer): Promise<void> {
  const isKept = () => ask(standby, `exists (select 1 from pg_replication_slots where synced and not temporary)`);
  while (!(await isKept())) {
    await setting.writeSome(2);
    await tell(primary, 'select pg_log_standby_snapshot()');
    await pause(200);
  }
}

test('a source whose standby takes over with our slot goes on there as if nothing had happened, where it waits for the standby', {
  timeout: 300_000,
}, async () => {
  await using primary = await ownServer();
  await using standby = await standbyOf(primary);
  await keepSlots(standby);
  await tell(primary, "alter system set synchronized_standby_slots = 'standby'", 'select pg_reload_conf()');
  await using setting = await faultSetting({ source: primary });
  const runner = setting.start();
  await setting.arrived();
  await slotKept(setting, primary, standby);
  await setting.writeSome(20);
  await setting.arrived();
  await followed(primary, standby);
  await standby.stop();
  // No standby has these: nobody is to see them, and they are lost.
  await setting.within('source', (c) =>
    c.execute(words("update public.customers set city = 'lost'; insert into public.quiet values (77, 'lost')")),
  );
  await pause(2_000);
  await failOver(setting, 'source', primary, standby);
  await setting.writeSome(20);
  await setting.arrived();
  expect(runner.isOver()).toBe(false);
  await setting.expectExact();
});

test('a source whose standby takes over without what we have seen of it is noticed, read anew, and that is the one gap of each stream', {
  timeout: 300_000,
}, async () => {
  await using primary = await ownServer();
  await using standby = await standbyOf(primary);
  await keepSlots(standby);
  await using setting = await faultSetting({ source: primary, isKeyed: true });
  const runner = setting.start();
  await setting.arrived();
  await slotKept(setting, primary, standby);
  await setting.arrived();
  await followed(primary, standby);
  await standby.stop();
  const lacked = positionOfLsn(await endOf(primary));
  const then = setting.kept.begin();
  await setting.writeSome(20);
  await setting.arrived();
  // Each stream has seen what will be lost, also where nothing of it is its own.
  await until(() => setting.within('store', (c) => areBehind(c, lacked)));
  await failOver(setting, 'source', primary, standby);
  // To the reference, too, what the source is now is a step like any other.
  setting.kept.commit({ rows: then.rows, touched: new Set(shop.datasets.map(({ name }) => name)) });
  await setting.settled();
  await setting.writeSome(20);
  await setting.settled();
  expect(runner.isOver()).toBe(false);
  const gaps = await setting.expectExactOutsideGaps();
  expect(gaps.map(({ address, cause, to }) => [address, cause, to !== null])).toEqual([
    [null, 'diverged', true],
    [null, 'diverged', true],
  ]);
});

test('a source whose standby takes over without our slot is read anew, and that is the one gap of each stream', {
  timeout: 300_000,
}, async () => {
  await using primary = await ownServer();
  await using standby = await standbyOf(primary);
  await using setting = await faultSetting({ source: primary });
  const runner = setting.start();
  await setting.arrived();
  await setting.writeSome(20);
  await setting.arrived();
  await followed(primary, standby);
  await standby.stop();
  await failOver(setting, 'source', primary, standby);
  await setting.writeSome(20);
  await setting.settled();
  await setting.writeSome(20);
  await setting.settled();
  expect(runner.isOver()).toBe(false);
  const gaps = await setting.expectExactOutsideGaps();
  expect(gaps.map(({ address, cause, to }) => [address, cause, to !== null])).toEqual([
    [null, 'slot-gone', true],
    [null, 'slot-gone', true],
  ]);
});

const promises: readonly { readonly durability: Durability | null; readonly said: string }[] = [
  { durability: { kind: 'standby' }, said: 'a standby' },
  { durability: { kind: 'keep', ms: 3_600_000 }, said: 'an hour' },
  { durability: null, said: 'nothing' },
];

test.each(promises)(
  'a store whose standby takes over without its last commits, where sources keep changes for $said',
  { timeout: 300_000 },
  async ({ durability }) => {
    await using primary = await ownServer();
    await using standby = await standbyOf(primary);
    await using setting = await faultSetting({
      store: primary,
      isKeyed: durability === null,
      ...(durability === null ? {} : { durability }),
    });
    const runner = setting.start();
    await setting.arrived();
    await setting.writeSome(20);
    await setting.arrived();
    await followed(primary, standby);
    await standby.stop();
    // The store has these, and the replicas, and nobody else.
    await setting.writeSome(40);
    await setting.arrived();
    if (durability === null) await toldAll(setting);
    await failOver(setting, 'store', primary, standby);
    await setting.settled();
    // Far beyond where the replicas were before.
    await setting.writeSome(60);
    await setting.settled();
    expect(runner.isOver()).toBe(false);
    if (durability !== null) return await setting.expectExact();
    const gaps = await setting.expectExactOutsideGaps();
    expect(gaps.map(({ address, cause, to }) => [address, cause, to !== null])).toContainEqual([null, 'behind', true]);
  },
);

/** The source has been told that it may forget all that was written by now. */
async function toldAll(setting: Setting): Promise<void> {
  const slot = `freehold_${setting.databases.source}`;
  const [row] = await setting.within('source', (c) => c.query(sql`select pg_current_wal_insert_lsn()::text as lsn`));
  await until(async () => {
    const [told] = await setting.within('source', (c) =>
      c.query(sql`select confirmed_flush_lsn >= ${value(String(row?.lsn))}::pg_lsn as all from pg_replication_slots
        where slot_name = ${value(slot)}`),
    );
    return told?.all === true;
  });
}

test.each([
  { way: 'by the delta', isPurged: false },
  { way: 'by difference, where the delta is purged', isPurged: true },
])(
  'a replica that was put back to an older copy comes to where the others are $way',
  {
    timeout: 300_000,
  },
  async ({ isPurged }) => {
    await using first = await ownServer();
    await using standby = await standbyOf(first);
    await using setting = await faultSetting({ replica: first });
    const runner = setting.start();
    await setting.arrived();
    await setting.writeSome(20);
    await setting.arrived();
    await followed(first, standby);
    await standby.stop();
    await setting.writeSome(40);
    await setting.arrived();
    if (isPurged)
      await setting.within('store', async (c) => {
        // As a purge of all that its readers have noted leaves it.
        for (const { address, schema, delta } of shop.datasets) {
          await c.execute(sql`update freehold.fh_dataset d set delta_from = k.ordinal from freehold.fh_checkpoint k
        where k.stream = d.stream and d.address = ${value(address)}`);
          await c.execute(words(`delete from ${schema}.${delta}`));
        }
      });
    await failOver(setting, 'replica', first, standby);
    await setting.writeSome(20);
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);
