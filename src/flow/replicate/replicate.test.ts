import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset, ReplicateNode, StreamDataset } from '../../plan/plan.ts';
import { sql } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { Fenced, takeOver } from '../checkpoint.ts';
import { putTogether, setApart } from '../reshape/layout.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, tablesOf } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { replicateOnce } from './replicate.ts';

const stream = 'retail/sales/shop';
const items = dataset('items', ['id'], { id: 'int32', note: 'text?' });
const others = dataset('others', ['id'], { id: 'int32', note: 'text?' });
const upsert = (ordinal: bigint, id: number, note: string) => ({ ordinal, op: 'upsert', row: [id, note] }) as const;

function nodeOf(...datasets: readonly StreamDataset[]): ReplicateNode {
  return replicateNode(
    datasets.map((one): ReplicaDataset => ({ ...one, store: one })),
    { stream },
  );
}

/** A store whose datasets are loaded, with nothing in them, and a replica's session that owns the stream. */
async function arrange(...datasets: readonly StreamDataset[]) {
  const store = await freshStore('store');
  const replica = await freshStore('replica');
  onTestFinished(async () => {
    await store[Symbol.asyncDispose]();
    await replica[Symbol.asyncDispose]();
  });
  const loaded = await openStream(store, datasets);
  for (const one of datasets) await loadedAt(store, one, 0n);
  await ensureTables(
    replica,
    datasets.map((one) => ({ ...one, keepsDelta: false })),
  );
  return { store, replica, loaded, held: await takeOver(replica, stream) };
}

function loadedAt(store: Connection, one: StreamDataset, from: bigint) {
  return recordLoaded(store, stream, one.address, { completeFrom: from, position: null, deltaFrom: from });
}

test('a store that has nothing yet gives nothing, and the replica waits', async () => {
  const { store, replica, held } = await arrange(items);
  expect(await replicateOnce(store, replica, nodeOf(items), held)).toEqual({ held, caughtUp: true, rows: 0 });
});

test('the first step copies rows and versions, later ones only what changed; a replayed step is fenced', async () => {
  const { store, replica, loaded, held } = await arrange(items);
  const kept = { ...items, keepsDelta: false };
  const one = await mergeChanges(
    store,
    items,
    loaded,
    [upsert(1n, 1, 'a'), upsert(2n, 1, 'b'), upsert(2n, 2, 'c')],
    2n,
  );
  const first = await replicateOnce(store, replica, nodeOf(items), held);
  expect(first).toMatchObject({ held: { ordinal: 2n }, caughtUp: true, rows: 3 });
  await mergeChanges(store, items, one.held, [upsert(3n, 2, 'd'), { ordinal: 4n, op: 'delete', row: [1, null] }], 5n);
  const second = await replicateOnce(store, replica, nodeOf(items), first.held);
  expect(second).toMatchObject({ held: { ordinal: 5n }, caughtUp: true, rows: 2 });
  const tables = await tablesOf(replica, kept);
  expect(tables).toEqual(await tablesOf(store, kept));
  await expect(replicateOnce(store, replica, nodeOf(items), first.held)).rejects.toThrow(Fenced);
  expect(await tablesOf(replica, kept)).toEqual(tables);
});

test('a replica far behind comes nearer in steps of whole ordinals', async () => {
  const { store, replica, held } = await arrange(items);
  await run(store, 'update freehold.fh_checkpoint set ordinal = 1');
  let at = (await replicateOnce(store, replica, nodeOf(items), held)).held;
  await run(
    store,
    `insert into retail__sales__shop.items__delta (id, note, fh_ordinal, fh_op)
      select n, 'n', 2 + n / 60000, 1 from generate_series(0, 179999) n;
    update freehold.fh_checkpoint set ordinal = 4`,
  );
  const steps: unknown[] = [];
  for (let caughtUp = false; !caughtUp; ) {
    const step = await replicateOnce(store, replica, nodeOf(items), at);
    steps.push([step.held.ordinal, step.rows, step.caughtUp]);
    ({ caughtUp, held: at } = step);
  }
  expect(steps).toEqual([
    [2n, 60000, false],
    [3n, 60000, false],
    [4n, 60000, true],
  ]);
  const [row] = await replica.query(sql`select count(*)::integer as n from retail__sales__shop.items`);
  expect(row).toEqual({ n: 180000 });
});

test('a dataset that is new in the replica is copied in the step that moves the others', async () => {
  const { store, replica, loaded, held } = await arrange(items, others);
  const one = await mergeChanges(store, items, loaded, [upsert(1n, 1, 'a')], 1n);
  const first = await replicateOnce(store, replica, nodeOf(items), held);
  await mergeChanges(store, others, one.held, [upsert(2n, 7, 'x'), upsert(3n, 7, 'y')], 3n);
  const second = await replicateOnce(store, replica, nodeOf(items, others), first.held);
  expect(second).toMatchObject({ held: { ordinal: 3n }, caughtUp: true, rows: 2 });
  const kept = { ...others, keepsDelta: false };
  expect(await tablesOf(replica, kept)).toEqual({ current: ['7|y|3'], history: ['7|x|2|3'], delta: [] });
  // Nothing is new and nothing moved: nothing to do.
  expect(await replicateOnce(store, replica, nodeOf(items, others), second.held)).toMatchObject({ rows: 0 });
});

test('a replica ahead of its store waits until the stream is read there again, and then goes back to where that began', async () => {
  const { store, replica, loaded, held } = await arrange(items);
  const one = await mergeChanges(store, items, loaded, [upsert(1n, 1, 'a')], 1n);
  await mergeChanges(store, items, one.held, [upsert(4n, 1, 'b'), upsert(5n, 3, 'c')], 5n);
  const at = (await replicateOnce(store, replica, nodeOf(items), held)).held;
  await run(store, 'update freehold.fh_checkpoint set ordinal = 1');
  await run(store, `update ${items.schema}.items set note = 'a', fh_from = 1 where id = 1`);
  await run(store, `delete from ${items.schema}.items where id = 3`);
  await run(store, `truncate ${items.schema}.items__history`);
  await run(store, `delete from ${items.schema}.items__delta where fh_ordinal > 1`);
  await run(store, 'delete from freehold.fh_clock where ordinal > 1');
  await expect(replicateOnce(store, replica, nodeOf(items), at)).rejects.toMatchObject({
    isPassing: true,
    message: expect.stringContaining('is at ordinal 5, ahead of its store at 1: the store was put back'),
  });
  const again = await takeOver(store, stream);
  await mergeChanges(store, items, again, [upsert(3n, 2, 'other'), upsert(7n, 2, 'last')], 7n);
  expect(await replicateOnce(store, replica, nodeOf(items), at)).toMatchObject({ held: { ordinal: 7n }, rows: 3 });
  expect(await tablesOf(replica, { ...items, keepsDelta: false })).toEqual({
    current: ['1|a|1', '2|last|7'],
    history: ['2|other|3|7'],
    delta: [],
  });
});

test('a layout that is switched in the middle of a step that copies a dataset waits for the step, which has all rows', async () => {
  const { store, replica, loaded, held } = await arrange(items);
  const kept = { ...items, keepsDelta: false };
  await mergeChanges(store, items, loaded, [upsert(1n, 1, 'a'), upsert(2n, 1, 'b'), upsert(2n, 2, 'c')], 2n);
  await using other = await store.again();
  const noViews = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };
  const history: StreamDataset = { ...items, layout: 'history' };
  let at = held;
  for (const switched of [
    () => putTogether(other, [{ stream, table: history }], noViews),
    () => setApart(other, [{ stream, table: items }]),
  ]) {
    let switching: Promise<unknown> = Promise.resolve();
    // As if it had never been here.
    await run(replica, 'delete from freehold.fh_dataset');
    const done = await replicateOnce(store, replica, nodeOf(items), at, async (step) => {
      if (step !== 'replica staged') return;
      switching = switched();
      await setTimeout(500);
    });
    at = done.held;
    expect(await switching).toEqual([]);
    expect(await tablesOf(replica, kept)).toEqual({
      current: ['1|b|2', '2|c|2'],
      history: ['1|a|1|2'],
      delta: [],
    });
  }
});
