import { expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/postgres/connection.ts';
import type { ReplicaDataset, StreamDataset, StreamNode } from '../../plan/plan.ts';
import { sql, words } from '../../sql/sql.ts';
import { Superseded, takeOver } from '../checkpoint.ts';
import { eraseRows } from '../erase/erase.ts';
import { givenKeys } from '../erase/keys.ts';
import { gapsOf, noteGap } from '../gaps.ts';
import { noteReader } from '../purge/readers.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { ensureTables } from '../tables.ts';
import { catchUp, database } from '../testing/capturing.ts';
import { dataset, freshStore, run, tablesOf } from '../testing/fixture.ts';
import { replicateNode, streamNode } from '../testing/nodes.ts';
import { formersOf } from './former.ts';
import { handOver, NotYet } from './hand-over.ts';
import { a, apart, apply, asOf, b, commit, planned, tables, together, valuesOf, whole } from './testing/shop.ts';

async function checkpoints(c: Connection) {
  const rows = await c.query(
    sql`select stream, ordinal::int4 as ordinal, reads from freehold.fh_checkpoint order by stream`,
  );
  return rows.map(({ stream, ordinal, reads }) => [stream, ordinal, reads]);
}

test('a stream that is split into one a dataset makes no version, reads nothing anew, and answers as of instants before', async () => {
  const source = await database('src', tables);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  const first = await commit(source, "update a set v = 'a1'; update b set v = 'b1'");
  const second = await commit(source, "update a set v = 'a2'");
  await catchUp(source, store, together);
  const before = [await tablesOf(store.session, a), await tablesOf(store.session, b)];
  expect(await apply(store, apart, together)).toEqual([
    { stream: a.address, formers: [whole], ordinal: 4n, rebound: 'no' },
    { stream: b.address, formers: [whole], ordinal: 4n, rebound: 'no' },
  ]);
  expect(await apply(store, apart, together)).toEqual([]);
  // Of the history's end it is the other stream that tells, at the same instant.
  expect(await checkpoints(store.session)).toEqual([
    [whole, 3, '(nothing)'],
    [a.address, 4, 'cdc from postgres shop'],
    [b.address, 4, 'cdc from postgres shop'],
  ]);
  const third = await commit(source, "update a set v = 'a3'; insert into b values (2, 'x')");
  await catchUp(source, store, apart);
  const after = [await tablesOf(store.session, a), await tablesOf(store.session, b)];
  expect(after.map(({ history }) => history)).toEqual([
    [...(before[0]?.history ?? []), '1|a2|3|5'],
    before[1]?.history,
  ]);
  expect(after.map(({ current }) => current)).toEqual([['1|a3|5'], ['1|b1|2', '2|x|5']]);
  expect(await Promise.all([first, second, third].map((at) => asOf(store.session, a, at)))).toEqual([
    ['1 a1'],
    ['1 a2'],
    ['1 a3'],
  ]);
  expect(await Promise.all([first, second, third].map((at) => asOf(store.session, b, at)))).toEqual([
    ['1 b1'],
    ['1 b1'],
    ['1 b1', '2 x'],
  ]);
});

test('streams at different positions join: what one has already is passed over, and each instant means what it meant', async () => {
  const source = await database('src', tables);
  const store = await database('store');
  await apply(store, apart, []);
  await catchUp(source, store, apart);
  const instants = [await commit(source, "update a set v = 'a1'; update b set v = 'b1'")];
  instants.push(await commit(source, "update b set v = 'b2'"));
  instants.push(await commit(source, "update a set v = 'a2'; update b set v = 'b3'"));
  // b cannot be merged, so a goes on alone; then both are cut.
  await using other = await connect(store.access, 'test lock');
  const stop = new AbortController();
  let cutting: Promise<void> | null = null;
  const cutWaiting = async () => {
    for (let cut = 0; cut === 0; )
      cut = (
        await store.session.query(sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`)
      ).length;
  };
  await other.transaction(async () => {
    await other.execute(sql`lock table retail__sales__shop.b in exclusive mode`);
    await catchUp(source, store, apart, {
      signal: stop.signal,
      onBatch: (stream, { ordinal }) => {
        if (stream !== a.address || ordinal !== 3n) return;
        stop.abort();
        cutting ??= cutWaiting();
      },
    });
    await cutting;
  });
  expect((await checkpoints(store.session)).map(([, ordinal]) => ordinal)).toEqual([3, 1]);
  expect(await apply(store, together, apart)).toEqual([
    { stream: whole, formers: [a.address, b.address], ordinal: 4n, rebound: 'no' },
  ]);
  await catchUp(source, store, together);
  instants.push(await commit(source, "update a set v = 'a4'; update b set v = 'b4'"));
  await catchUp(source, store, together);
  expect(await valuesOf(store.session, a)).toEqual(['1 a0 ended', '1 a1 ended', '1 a2 ended', '1 a4']);
  expect(await valuesOf(store.session, b)).toEqual(['1 b0 ended', '1 b1 ended', '1 b2 ended', '1 b3 ended', '1 b4']);
  const then = async (one: StreamDataset) =>
    (await Promise.all(instants.map((at) => asOf(store.session, one, at)))).flat();
  expect(await then(a)).toEqual(['1 a1', '1 a1', '1 a2', '1 a4']);
  expect(await then(b)).toEqual(['1 b1', '1 b2', '1 b3', '1 b4']);
  expect(await gapsOf(store.session, whole)).toEqual([]);
});

test('a handover that is cut at any statement is as if it had not begun, and is done by the next apply', async () => {
  const source = await database('src', tables);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  await noteReader(store.session, whole, `replicate:replica:sql:0:${whole}`, 1n);
  await noteGap(store.session, whole, { address: null, cause: 'slot-gone', isAccepted: false });
  const state = async () => {
    const found: unknown[] = [];
    for (const table of ['checkpoint', 'clock', 'dataset', 'former', 'gap', 'reader', 'held', 'watermark'])
      found.push(
        await store.session.query(sql`select t::text as line from ${words(`freehold.fh_${table}`)} t order by 1`),
      );
    return found;
  };
  for (const node of apart) await ensureTables(store.session, node.datasets);
  const before = await state();
  let cuts = 0;
  for (; ; cuts++) {
    let left = cuts;
    const c = cutting(store.session, () => left-- <= 0);
    const outcome = await handOver(c, planned(apart), [whole]).catch((failure: unknown) => failure);
    if (!(outcome instanceof Error)) break;
    expect(outcome.message).toBe('cut');
    expect(await state()).toEqual(before);
  }
  expect(cuts).toBeGreaterThan(20);
  expect(await formersOf(store.session, [a.address])).toMatchObject([{ stream: whole, untilOrdinal: 1n }]);
  const readers = await store.session.query(
    sql`select stream, reader, ordinal::int4 as ordinal from freehold.fh_reader order by 1`,
  );
  expect(readers).toEqual(
    [a, b].map(({ address }) => ({ stream: address, reader: `replicate:replica:sql:0:${address}`, ordinal: 1 })),
  );
  const gaps = [...(await gapsOf(store.session, a.address)), ...(await gapsOf(store.session, b.address))];
  expect(gaps.map(({ address, from, to, cause }) => [address, from, to, cause])).toEqual(
    [a, b].map(({ address }) => [address, 1n, null, 'slot-gone']),
  );
});

/** A session whose next statement fails where it is said. */
function cutting(c: Connection, isCut: () => boolean): Connection {
  const orCut = <T>(work: () => Promise<T>): Promise<T> => (isCut() ? Promise.reject(new Error('cut')) : work());
  return {
    ...c,
    query: (statement) => orCut(() => c.query(statement)),
    execute: (statement) => orCut(() => c.execute(statement)),
    transaction: (work, options) => c.transaction(work, options),
  };
}

test('who works by an older plan is fenced and refused; a stream of a name that was given up once begins anew', async () => {
  const source = await database('src', tables);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  await apply(store, apart, together);
  await expect(catchUp(source, store, together)).rejects.toThrow(Superseded);
  const part = streamNode([a], { stream: whole });
  await expect(takeOver(store.session, b.address, { reads: 'cdc from postgres elsewhere' })).rejects.toThrow(
    "Stream 'retail/sales/shop.b' is left alone: it is read by cdc from postgres shop, says the plan",
  );
  // One of two goes elsewhere, and the other stays.
  await apply(store, [part, must(apart[1], 'b')], apart);
  await expect(takeOver(store.session, a.address, { addresses: [a.address] })).rejects.toThrow(
    'others have taken its datasets over',
  );
  await expect(takeOver(store.session, b.address, { addresses: [a.address, b.address] })).rejects.toThrow(
    "dataset 'retail/sales/shop.a' moves with stream 'retail/sales/shop'",
  );
  // The first life's clock is what its datasets need of it.
  const c = dataset('c', ['id'], { id: 'int32' });
  await run(source.session, 'create table c (id int primary key)');
  const anew = [streamNode([c], { stream: a.address }), part, must(apart[1], 'b')];
  await apply(store, anew, [part, must(apart[1], 'b')]);
  await catchUp(source, store, anew);
  expect((await checkpoints(store.session)).map(([stream, ordinal]) => [stream, ordinal])).toEqual([
    [whole, 3],
    [a.address, 1],
    [b.address, 2],
  ]);
  expect((await formersOf(store.session, [a.address])).map(({ stream }) => stream)).toEqual([
    whole,
    `${a.address} until 2`,
  ]);
});

test('replicas follow a handover wherever they are: at its end, behind it, or without the delta that they would need', async () => {
  const source = await database('src', tables);
  const store = await database('store');
  const replicas = await Promise.all(['near', 'far', 'lost', 'new'].map((hint) => freshStore(hint)));
  const copies = [a, b].map((one): ReplicaDataset => ({ ...one, store: one }));
  const follow = async (c: Connection, streams: readonly StreamNode[]) => {
    for (const node of streams) {
      const datasets = copies.filter(({ address }) => node.datasets.some((one) => one.address === address));
      const of = replicateNode(datasets, { stream: node.stream });
      await ensureTables(
        c,
        datasets.map((one) => ({ ...one, keepsDelta: false })),
      );
      let held = await takeOver(c, node.stream);
      for (let isThere = false; !isThere; ) {
        const step = await replicateOnce(store.session, c, of, held);
        ({ held, caughtUp: isThere } = step);
      }
    }
  };
  const [near, far, lost, late] = replicas.map((c) => must(c, 'replica'));
  await apply(store, together, []);
  await catchUp(source, store, together);
  for (const c of [near, far, lost]) await follow(must(c, 'replica'), together);
  const instants = [await commit(source, "update a set v = 'a1'; update b set v = 'b1'")];
  await catchUp(source, store, together);
  await follow(must(near, 'replica'), together);
  await apply(store, apart, together);
  instants.push(await commit(source, "update a set v = 'a2'"));
  instants.push(await commit(source, "insert into b values (2, 'x')"));
  await catchUp(source, store, apart);
  // Its old stream gives a replica nothing any more.
  await follow(must(far, 'replica'), together);
  await follow(must(near, 'replica'), apart);
  await apply(store, together, apart);
  instants.push(await commit(source, "update a set v = 'a3'; delete from b where id = 1"));
  await catchUp(source, store, together);
  await follow(must(near, 'replica'), together);
  await follow(must(far, 'replica'), together);
  await run(store.session, 'update freehold.fh_dataset set delta_from = 4');
  await follow(must(lost, 'replica'), together);
  await follow(must(late, 'replica'), together);
  for (const c of replicas) {
    for (const one of [a, b]) {
      const kept = { ...one, keepsDelta: false };
      expect(await tablesOf(c, kept)).toEqual(await tablesOf(store.session, kept));
      for (const at of instants) expect(await asOf(c, one, at)).toEqual(await asOf(store.session, one, at));
    }
    await c[Symbol.asyncDispose]();
  }
  expect(await Promise.all(instants.map((at) => asOf(store.session, b, at)))).toEqual([
    ['1 b1'],
    ['1 b1'],
    ['1 b1', '2 x'],
    ['2 x'],
  ]);
});

test('a stream whose changes wait in its inbox hands nothing over, and says what to do', async () => {
  const source = await database('src', tables);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  await run(store.session, `insert into freehold.fh_pause (stream, paused_by, "at") values ('${whole}', 'ana', now())`);
  await catchUp(source, store, together);
  await commit(source, "update a set v = 'a1'");
  const refused = await apply(store, apart, together).catch((failure: unknown) => failure);
  expect(refused).toBeInstanceOf(NotYet);
  expect(String(refused)).toContain("stream 'retail/sales/shop' cannot hand its datasets over");
  await expect(apply(store, together, together, { mode: 'snapshot' })).rejects.toThrow(NotYet);
  expect((await checkpoints(store.session)).map(([stream]) => stream)).toEqual([whole]);
  // Let go on, it does.
  await run(store.session, 'delete from freehold.fh_pause; update freehold.fh_inbox set is_asked = true');
  await catchUp(source, store, together);
  expect(await store.session.query(sql`select stream from freehold.fh_inbox`)).toEqual([]);
  expect((await apply(store, apart, together)).map(({ stream }) => stream)).toEqual([a.address, b.address]);
  expect(await valuesOf(store.session, a)).toEqual(['1 a0 ended', '1 a1']);
});

test('what was erased in a former stream is erased in replicas that take its datasets over', async () => {
  const source = await database('src', `${tables}; insert into a values (2, 'person')`);
  const store = await database('store');
  await using replica = await freshStore('replica');
  const copies = [a, b].map((one): ReplicaDataset => ({ ...one, store: one }));
  const follow = async (node: StreamNode) => {
    const datasets = copies.filter(({ address }) => node.datasets.some((one) => one.address === address));
    await ensureTables(
      replica,
      datasets.map((one) => ({ ...one, keepsDelta: false })),
    );
    const held = await takeOver(replica, node.stream);
    await replicateOnce(store.session, replica, replicateNode(datasets, { stream: node.stream }), held);
  };
  await apply(store, together, []);
  await catchUp(source, store, together);
  for (const node of together) await follow(node);
  await eraseRows(store.session, whole, a, await givenKeys(store.session, a, [['2']]), 'user:test');
  await apply(store, apart, together);
  expect((await tablesOf(replica, { ...a, keepsDelta: false })).current).toEqual(['1|a0|1', '2|person|1']);
  for (const node of apart) await follow(node);
  expect(await tablesOf(replica, { ...a, keepsDelta: false })).toEqual({ current: ['1|a0|1'], history: [], delta: [] });
  const erasures = await store.session.query(sql`select stream, address from freehold.fh_erasure`);
  expect(erasures).toEqual([{ stream: a.address, address: a.address }]);
});
