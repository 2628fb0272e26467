import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresDialect } from '../../engines/postgres/dialect.ts';
import { type OwnServer, ownServer } from '../../engines/postgres/testing/own.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import { standbyOf } from '../../engines/postgres/testing/standby.ts';
import type { Durability, StreamNode } from '../../plan/plan.ts';
import { standbyFindings } from '../../run/standby.ts';
import { sql, value, words } from '../../sql/sql.ts';
import { gapsOf } from '../gaps.ts';
import { database, log, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run } from '../testing/fixture.ts';
import { runCapture } from './cdc.ts';

const items = dataset('items', ['id'], { id: 'int32', name: 'text?' });
const create = 'create table items (id int primary key, name text)';

function nodeOf(stream: string, durability?: Durability): StreamNode {
  return { ...streamOf(stream, [items]), ...(durability === undefined ? {} : { durability }) };
}

/** A capture that runs until it is stopped. */
function running(source: Place, node: StreamNode, store: () => Promise<Connection>) {
  const stop = new AbortController();
  const done = runCapture(log, source.access, capture, source.name, [{ node, store }], {
    clock: systemClock,
    signal: stop.signal,
    onBatch: () => undefined,
  });
  done.catch(() => undefined);
  return {
    async stop() {
      stop.abort();
      await done;
    },
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await systemClock.sleep(30);
}

/** Has the source been told that it may forget what it has written by now? */
async function isForgotten({ session, name }: Place, lsn: string): Promise<boolean> {
  const [row] = await session.query(
    sql`select confirmed_flush_lsn >= cast(${value(lsn)} as pg_lsn) as is_so from pg_replication_slots where slot_name = ${value(name)}`,
  );
  return row?.is_so === true;
}

/** Inserts a row at the source; where its log is then. */
async function add(source: Place, id: number): Promise<string> {
  await run(source.session, `insert into items values (${id}, 'n${id}')`);
  const [row] = await source.session.query(sql`select pg_current_wal_insert_lsn()::text as lsn`);
  return String(row?.lsn);
}

const has = async (open: () => Promise<Connection>, id: number) => {
  await using c = await open();
  return (await c.query(sql`select 1 from retail__sales__shop.items where id = ${value(id)}`)).length > 0;
};

async function idsIn(open: () => Promise<Connection>): Promise<readonly unknown[]> {
  await using c = await open();
  return (await c.query(sql`select id from retail__sales__shop.items order by id`)).map(({ id }) => id);
}

describe('A store with a standby', () => {
  let primary: OwnServer;
  let standby: OwnServer;
  beforeAll(async () => {
    primary = await ownServer();
    for (const of of ['careful', 'careless']) await within(primary, 'postgres', (c) => run(c, `create database ${of}`));
    standby = await standbyOf(primary);
  }, 120_000);
  afterAll(async () => {
    await standby?.[Symbol.asyncDispose]();
    await primary?.[Symbol.asyncDispose]();
  });

  async function within<T>(server: OwnServer, of: string, work: (c: Connection) => Promise<T>): Promise<T> {
    await using c = await connect(server.reached().access(of), 'test');
    return await work(c);
  }

  test('the source keeps what no standby has, and a standby that takes over goes on without a gap; at once acknowledged, there is one', async () => {
    let now = primary;
    const stores = {
      careful: nodeOf('retail/sales/careful', { kind: 'standby' }),
      careless: nodeOf('retail/sales/careless'),
    };
    const openOf = (of: string) => () => connect(now.reached().access(of), 'test store');
    const sources = { careful: await database('src', create), careless: await database('src', create) };
    const all = (['careful', 'careless'] as const).map((of) => ({ of, source: sources[of], open: openOf(of) }));
    for (const { source } of all) await add(source, 1);
    let captures = all.map(({ of, source, open }) => running(source, stores[of], open));
    for (const { source, open } of all) {
      await until(() => has(open, 1));
      const at = await add(source, 2);
      // The standby is there, so both are told.
      await until(() => isForgotten(source, at));
    }
    const kinds: string[] = [];
    // Readers of a log are none.
    expect(await sources.careful.session.query(must(postgresDialect.standing, 'standing'))).toMatchObject([
      { flushed: null, is_named: false },
    ]);
    const found = () => within(primary, 'careful', (c) => standbyFindings(c, 'store:main'));
    expect((await found()).map(({ rule, severity }) => [rule, severity])).toEqual([['store-standby', 'warning']]);
    for (const named of ['standby', 'ANY 1 (standby)', 'FIRST 1 (standby, other)']) {
      await within(primary, 'postgres', (c) => run(c, `alter system set synchronous_standby_names = '${named}'`));
      await within(primary, 'postgres', (c) => run(c, 'select pg_reload_conf()'));
      await until(async () => (await found()).length === 0);
      for (const { source } of all) {
        const at = await add(source, kinds.length + 3);
        await until(() => isForgotten(source, at));
      }
      kinds.push(named);
    }
    await within(primary, 'postgres', (c) => run(c, 'alter system reset synchronous_standby_names'));
    await within(primary, 'postgres', (c) => run(c, 'select pg_reload_conf()'));
    await standby.stop();
    await until(async () => (await found()).some(({ severity }) => severity === 'error'));
    const marks = new Map<string, string>();
    for (const { of, source, open } of all) {
      marks.set(of, await add(source, 6));
      await until(() => has(open, 6));
    }
    await until(() => isForgotten(sources.careless, marks.get('careless') ?? ''));
    await systemClock.sleep(2_000);
    expect(await isForgotten(sources.careful, marks.get('careful') ?? '')).toBe(false);
    await Promise.all(captures.map((one) => one.stop()));

    await primary.stop();
    await standby.start();
    await within(standby, 'postgres', (c) => c.query(words('select pg_promote()')));
    now = standby;
    for (const { open } of all) expect(await idsIn(open)).toEqual([1, 2, 3, 4, 5]);
    captures = all.map(({ of, source, open }) => running(source, stores[of], open));
    for (const { source, open } of all) {
      await add(source, 7);
      await until(() => has(open, 7));
      expect(await idsIn(open)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    }
    expect(await within(standby, 'careful', (c) => gapsOf(c, stores.careful.stream))).toEqual([]);
    expect(await within(standby, 'careless', (c) => gapsOf(c, stores.careless.stream))).toMatchObject([
      { address: null, cause: 'behind' },
    ]);
    // Nobody stands by for the new one yet.
    await systemClock.sleep(1_000);
    expect(await isForgotten(sources.careful, marks.get('careful') ?? '')).toBe(false);
    await Promise.all(captures.map((one) => one.stop()));
  }, 300_000);
});

test('the source keeps what is not so old yet, across restarts, and an older copy of the store goes on without a gap', async () => {
  const server = await testServer();
  const source = await database('src', create);
  const store = await database('store');
  const open = () => connect(store.access, 'test store');
  const node = nodeOf('retail/sales/kept', { kind: 'keep', ms: 3_600_000 });
  await add(source, 1);
  let one = running(source, node, open);
  await until(() => has(open, 1));
  await one.stop();
  await store.session[Symbol.asyncDispose]();
  const older = `${String(store.access.fields.database)}_older`;
  await run(source.session, `create database ${older} template ${String(store.access.fields.database)}`);
  one = running(source, node, open);
  const at = await add(source, 2);
  await until(() => has(open, 2));
  await systemClock.sleep(1_000);
  await one.stop();
  expect(await isForgotten(source, at)).toBe(false);
  const copy = () => connect(server.access(older), 'test store');
  one = running(source, node, copy);
  const later = await add(source, 3);
  await until(() => has(copy, 3));
  expect(await idsIn(copy)).toEqual([1, 2, 3]);
  {
    await using c = await copy();
    expect(await gapsOf(c, node.stream)).toEqual([]);
  }
  await one.stop();
  // Of a shorter time what was noted before the restart is old enough at once.
  one = running(source, nodeOf('retail/sales/kept', { kind: 'keep', ms: 200 }), copy);
  await until(() => isForgotten(source, later));
  await one.stop();
}, 120_000);
