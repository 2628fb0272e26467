import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresLog } from '../../engines/postgres/log/log.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { PlannedCheck, StreamNode } from '../../plan/plan.ts';
import { runCapture } from '../capture/cdc.ts';
import { readSnapshot } from '../capture/snapshot.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { ChecksFailed } from './failed.ts';
import { order, waitingKeys } from './orders.ts';
import { doOrders } from './release.ts';
import { acceptStopped, resultsOf } from './results.ts';
import { rowCheck } from './testing/checks.ts';
import { quarantinedIn } from './waiting.ts';

const log = postgresLog(connect);
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Place = { readonly access: Access; readonly session: Connection; readonly name: string };

async function database(hint: string, statement = 'select 1'): Promise<Place> {
  const server = await testServer();
  const name = await server.createDatabase(hint);
  const access = server.access(name);
  const session = await connect(access, 'test');
  await run(session, `set search_path = public; ${statement}`);
  const place = { access, session, name: `freehold_${name}` };
  open.push(async () => {
    await log.drop(access, place.name);
    await session[Symbol.asyncDispose]();
  });
  return place;
}

const items = (...checks: readonly PlannedCheck[]) =>
  dataset('items', ['id'], { id: 'int32', name: 'text?', body: 'text?' }, { checks, keepsDelta: false });

const setUp = async (...checks: readonly PlannedCheck[]) => {
  const source = await database('src', 'create table items (id int primary key, name text, body text)');
  const store = await database('store');
  return { source, store, one: items(...checks) };
};

function catchUp(source: Place, store: Place, node: StreamNode): Promise<void> {
  return runCapture(log, source.access, capture, source.name, [{ node, store: () => connect(store.access, 'test') }], {
    clock: systemClock,
    signal: new AbortController().signal,
    onBatch: () => undefined,
    untilCaughtUp: true,
  });
}

const current = async (store: Place, one: ReturnType<typeof items>) =>
  (await tablesOf(store.session, one)).current.map((line) => line.replace(/\|\d+$/, ''));

test('a log goes on past rows that are diverted, also ones of the initial load, and is whole once they are released', async () => {
  const { source, store, one } = await setUp(rowCheck('present', 'name', 'divert'));
  const node = streamNode([one]);
  await run(source.session, "insert into items values (1, 'a', 'x'), (2, null, 'y')");
  await catchUp(source, store, node);
  expect(await current(store, one)).toEqual(['1|a|x']);
  await run(source.session, "update items set name = null where id = 1; insert into items values (3, 'c', 'z')");
  await run(source.session, "update items set body = 'w' where id = 1");
  await catchUp(source, store, node);
  expect(await current(store, one)).toEqual(['1|a|x', '3|c|z']);
  const kept = await quarantinedIn(store.session, one);
  expect((await waitingKeys(store.session, kept, 9)).map(({ key, changes }) => [key, changes])).toEqual([
    ['id=2', 1],
    ['id=1', 2],
  ]);
  await order(store.session, kept, 'release', null, 'ana');
  await catchUp(source, store, node);
  expect(await current(store, one)).toEqual(['1|~|w', '2|~|y', '3|c|z']);
});

test('a value that an update left out is that of the row that waits, not of the row that is current', async () => {
  const { source, store, one } = await setUp(rowCheck('present', 'name', 'divert'));
  const node = streamNode([one]);
  const large = (letter: string) => `(select string_agg(md5('${letter}' || n), '') from generate_series(1, 400) n)`;
  await run(source.session, `insert into items values (1, 'a', ${large('a')})`);
  await catchUp(source, store, node);
  await run(source.session, `update items set name = null, body = ${large('b')} where id = 1`);
  await catchUp(source, store, node);
  await run(source.session, "update items set name = 'c' where id = 1");
  await catchUp(source, store, node);
  const kept = await quarantinedIn(store.session, one);
  await order(store.session, kept, 'release', null, 'ana');
  await catchUp(source, store, node);
  const [there] = await source.session.query({ kind: 'sql', texts: ['select md5(body) as m from items'], holes: [] });
  const [here] = await store.session.query({
    kind: 'sql',
    texts: ['select md5(body) as m from retail__sales__shop.items'],
    holes: [],
  });
  expect(here).toEqual(there);
});

test('a truncate takes what waits along', async () => {
  const { source, store, one } = await setUp(rowCheck('present', 'name', 'divert'));
  const node = streamNode([one]);
  await run(source.session, "insert into items values (1, 'a', 'x'), (2, null, 'y')");
  await catchUp(source, store, node);
  await run(source.session, 'truncate items');
  await catchUp(source, store, node);
  const kept = await quarantinedIn(store.session, one);
  expect((await waitingKeys(store.session, kept, 9)).map(({ key, isDeleted }) => [key, isDeleted])).toEqual([
    ['id=2', true],
  ]);
  await order(store.session, kept, 'release', null, 'ana');
  await catchUp(source, store, node);
  expect(await current(store, one)).toEqual([]);
});

test('a stream that is stopped goes on once what stopped it is let through', async () => {
  const { source, store, one } = await setUp(rowCheck('present', 'name'));
  const node = streamNode([one]);
  await run(source.session, "insert into items values (1, 'a', 'x')");
  await catchUp(source, store, node);
  await run(source.session, "insert into items values (2, null, 'y')");
  await run(source.session, "insert into items values (3, 'c', 'z')");
  await expect(catchUp(source, store, node)).rejects.toThrow(ChecksFailed);
  expect(await current(store, one)).toEqual(['1|a|x']);
  const [stopped] = await resultsOf(store.session, [one.address]);
  expect(stopped).toMatchObject({ outcome: 'stopped', failed: 1, samples: ['id=2'], ordinal: 2n });
  await acceptStopped(store.session, must(stopped, 'result'), 'ana');
  await catchUp(source, store, node);
  expect(await current(store, one)).toEqual(['1|a|x', '2|~|y', '3|c|z']);
  // Once: the next is stopped again.
  await run(source.session, "insert into items values (4, null, 'v')");
  await expect(catchUp(source, store, node)).rejects.toThrow('id=4');
});

test('an initial load with rows that stop it is no load', async () => {
  const { source, store, one } = await setUp(rowCheck('present', 'name'));
  await run(source.session, "insert into items values (1, null, 'x')");
  await expect(catchUp(source, store, streamNode([one]))).rejects.toThrow(
    "check present(name) of 'retail/sales/shop.items' fails for the row id=1 of ordinal 1 in 'name'.",
  );
  await run(source.session, "update items set name = 'a'");
  await catchUp(source, store, streamNode([one]));
  expect(await current(store, one)).toEqual(['1|a|x']);
});

for (const compare of ['rows', 'checksum'] as const)
  test(`a snapshot by ${compare} finds a row that waits once, and again when the source changes it`, async () => {
    const { source, store, one } = await setUp(rowCheck('present', 'name', 'divert'));
    const [kept] = await ensureTables(store.session, [one]);
    const node = {
      ...streamNode([must(kept, 'dataset')], { mode: 'snapshot' }),
      reading: { kind: 'snapshot' as const, maxDeleted: 1, compare },
    };
    let held: Checkpoint = await takeOver(store.session, node.stream);
    const read = async () => {
      await using session = await connect(source.access, 'test read');
      const outcome = await readSnapshot(session, capture, store.session, node, held, Date.now());
      held = outcome.held;
      return outcome.kind;
    };
    await run(source.session, "insert into items values (1, 'a', 'x'), (2, 'b', 'y'), (3, null, 'z')");
    expect(await read()).toBe('loaded');
    expect(await read()).toBe('unchanged');
    await run(source.session, 'update items set name = null where id = 1');
    expect(await read()).toBe('merged');
    expect(await read()).toBe('unchanged');
    await run(source.session, "update items set name = 'a' where id = 1; delete from items where id = 3");
    expect(await read()).toBe('merged');
    expect(await read()).toBe('unchanged');
    expect(await current(store, one)).toEqual(['1|a|x', '2|b|y']);
    await order(store.session, must(kept, 'dataset'), 'release', null, 'ana');
    ({ held } = await doOrders(store.session, node, held));
    expect(await read()).toBe('unchanged');
    expect(await current(store, one)).toEqual(['1|a|x', '2|b|y']);
  });
