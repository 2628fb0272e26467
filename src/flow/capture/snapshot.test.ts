import { expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { sql } from '../../sql/sql.ts';
import { Fenced, readCheckpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, run, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { readHeld, release, sampleHeld } from './held/records.ts';
import { loadInitial } from './load.ts';
import { readSnapshot } from './snapshot.ts';
import { onlyView } from './views.ts';

const shops = dataset('shops', ['id'], {
  id: 'int32',
  name: 'varchar(30)?',
  code: 'char(4)?',
  body: 'json?',
  tags: 'array(text)?',
});
const log = dataset('log', [], { line: 'text?' });
const at = Date.UTC(2026, 0, 1);

function nodeOf(...datasets: readonly StreamDataset[]): StreamNode {
  return streamNode(datasets, { mode: 'snapshot' });
}

async function arrange(node: StreamNode) {
  const source = await freshStore('source');
  const store = await freshStore('store');
  await run(
    source,
    `create table public.shops (id integer primary key, name varchar(30), code char(4), body json, tags text[]);
    create table public.log (line text);
    insert into public.shops values (1, 'Ä', 'x', '{"b":1, "a":2}', array['a', null]), (2, null, null, null, '{}'), (3, 'c', 'zz', '1', null);
    insert into public.log values ('one'), ('one'), (null)`,
  );
  await ensureTables(store, node.datasets);
  const held = await takeOver(store, node.stream);
  return { source, store, held };
}

test('the first read loads every row with ordinal 1, builds the key and starts the clock', async () => {
  const node = nodeOf(shops, log);
  const { source, store, held } = await arrange(node);
  const outcome = await readSnapshot(source, capture, store, node, held, at);
  expect(outcome).toMatchObject({
    kind: 'loaded',
    held: { ordinal: 1n },
    rows: { [shops.address]: 3, [log.address]: 3 },
  });
  expect((await tablesOf(store, shops)).current).toEqual([
    '1|Ä|x|{"a": 2, "b": 1}|{a,NULL}|1',
    '2|~|~|~|{}|1',
    '3|c|zz|1|~|1',
  ]);
  expect((await tablesOf(store, log)).current).toEqual(['one|1', 'one|1', '~|1']);
  await expect(run(store, `insert into retail__sales__shop.shops (id) values (1)`)).rejects.toThrow('duplicate key');
  expect(await store.query(sql`select ordinal::integer as o, at from freehold.fh_clock`)).toEqual([
    { o: 1, at: '2026-01-01 00:00:00+00' },
  ]);
  expect(await store.query(sql`select complete_from::integer as n from freehold.fh_dataset`)).toHaveLength(2);
  await expect(readSnapshot(source, capture, store, node, held, at)).rejects.toThrow(Fenced);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('later reads merge only differences, as one ordinal, or none at all', async () => {
  const node = nodeOf(shops, log);
  const { source, store, held } = await arrange(node);
  const loaded = await readSnapshot(source, capture, store, node, held, at);
  const same = await readSnapshot(source, capture, store, node, loaded.held, at + 1);
  expect(same).toMatchObject({ kind: 'unchanged', held: { ordinal: 1n } });
  await run(
    source,
    `update public.shops set name = 'B' where id = 2; delete from public.shops where id = 3;
    insert into public.shops values (4, 'd', null, null, null); insert into public.log values ('two'), ('one');
    update public.shops set body = '{"a":2,"b":1}' where id = 1`,
  );
  const changed = await readSnapshot(source, capture, store, node, same.held, at + 2);
  expect(changed).toMatchObject({
    kind: 'merged',
    held: { ordinal: 2n },
    changes: { [shops.address]: 3, [log.address]: 2 },
  });
  const tables = await tablesOf(store, shops);
  expect(tables.current).toEqual(['1|Ä|x|{"a": 2, "b": 1}|{a,NULL}|1', '2|B|~|~|{}|2', '4|d|~|~|~|2']);
  expect(tables.history).toEqual(['2|~|~|~|{}|1|2', '3|c|zz|1|~|1|2']);
  expect(tables.delta).toEqual(['2|B|~|~|{}|2|1', '3|~|~|~|~|2|0', '4|d|~|~|~|2|1']);
  expect((await tablesOf(store, log)).current).toEqual(['one|1', 'one|1', 'one|2', 'two|2', '~|1']);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('a dataset that is added later is complete from the ordinal that brought it', async () => {
  const { source, store, held } = await arrange(nodeOf(log));
  const loaded = await readSnapshot(source, capture, store, nodeOf(log), held, at);
  const node = nodeOf(log, shops);
  await ensureTables(store, node.datasets);
  const outcome = await readSnapshot(source, capture, store, node, loaded.held, at + 1);
  expect(outcome).toMatchObject({
    kind: 'merged',
    held: { ordinal: 2n },
    changes: { [shops.address]: 3 },
  });
  expect(
    await store.query(sql`select complete_from::integer as n, delta_from::integer as d from freehold.fh_dataset
      where address = 'retail/sales/shop.shops'`),
  ).toEqual([{ n: 2, d: 2 }]);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('a read that finds none of the rows, or misses many of a large table, is held and deletes nothing until released', async () => {
  const node = nodeOf(shops);
  const { source, store, held } = await arrange(node);
  await run(source, `insert into public.shops select n, 'n', null, null, null from generate_series(4, 1100) n`);
  const loaded = await readSnapshot(source, capture, store, node, held, at);
  await run(
    source,
    'delete from public.shops where id % 4 = 0; insert into public.shops values (2000, null, null, null, null)',
  );
  const many = await readSnapshot(source, capture, store, node, loaded.held, at + 1);
  expect(many).toMatchObject({
    kind: 'held',
    held: { ordinal: 1n },
    findings: [{ rule: 'mass-delete-held', address: shops.address }],
  });
  await run(source, 'delete from public.shops');
  const none = await readSnapshot(source, capture, store, node, many.held, at + 2);
  expect(none.findings[0]?.message).toContain('has 1100 rows here, and the source has none');
  expect((await tablesOf(store, shops)).current).toHaveLength(1100);
  const [held1100] = (await readHeld(store, node.stream)).values();
  expect(held1100).toEqual({
    address: shops.address,
    rowsHere: 1100,
    rowsGone: 1100,
    heldAtMs: at + 2,
    isReleased: false,
  });
  // The same again is the same; what was released is not another thing that came since.
  expect((await readSnapshot(source, capture, store, node, none.held, at + 3)).kind).toBe('held');
  expect(await release(store, { ...must(held1100, 'held'), rowsGone: 275 }, 'user:ana')).toBe(false);
  expect(await release(store, must(held1100, 'held'), 'user:ana')).toBe(true);
  const released = await readSnapshot(source, capture, store, node, none.held, at + 4);
  expect(released).toMatchObject({ kind: 'merged', changes: { [shops.address]: 1100 } });
  expect((await readHeld(store, node.stream)).size).toBe(0);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('a release is of what was held, once: what goes beyond it is held again, unless it is little', async () => {
  const node = nodeOf(shops);
  const { source, store, held } = await arrange(node);
  await run(source, `insert into public.shops select n, 'n', null, null, null from generate_series(4, 4000) n`);
  const loaded = await readSnapshot(source, capture, store, node, held, at);
  const read = (n: number) => readSnapshot(source, capture, store, node, loaded.held, at + n);
  const letGo = async () => {
    const [one] = (await readHeld(store, node.stream)).values();
    expect(await release(store, must(one, 'held'), 'user:ana')).toBe(true);
  };
  await run(source, 'delete from public.shops where id <= 1000');
  expect((await read(1)).kind).toBe('held');
  await letGo();
  await run(source, 'delete from public.shops where id <= 2000');
  const more = await read(2);
  expect(more.kind).toBe('held');
  expect(more.findings[0]?.message).toContain('2000 of them are no longer at the source, 1000 more than were released');
  // The release was spent on nothing.
  expect((await read(3)).findings[0]?.message).not.toContain('released');
  await letGo();
  expect(await sampleHeld(store, shops)).toHaveLength(5);
  await run(source, 'delete from public.shops where id <= 2010');
  expect(await read(4)).toMatchObject({ kind: 'merged', changes: { [shops.address]: 2010 } });
  await run(source, 'delete from public.shops where id <= 3000');
  expect(
    (await readSnapshot(source, capture, store, node, (await readCheckpoint(store, node.stream)) ?? held, at + 5)).kind,
  ).toBe('held');
  await run(source, `insert into public.shops select n, 'n', null, null, null from generate_series(2011, 3000) n`);
  expect(
    (await readSnapshot(source, capture, store, node, (await readCheckpoint(store, node.stream)) ?? held, at + 6)).kind,
  ).toBe('unchanged');
  expect((await readHeld(store, node.stream)).size).toBe(0);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('rows that share a key, or have none, hold the read, and nothing is merged', async () => {
  const node = nodeOf(shops);
  const { source, store, held: from } = await arrange(node);
  const loaded = await readSnapshot(source, capture, store, node, from, at);
  const before = await tablesOf(store, shops);
  await run(
    source,
    `alter table public.shops drop constraint shops_pkey; insert into public.shops values (1, 'twice')`,
  );
  const held = await readSnapshot(source, capture, store, node, loaded.held, at + 1);
  expect(held).toMatchObject({ kind: 'held', findings: [{ rule: 'read-key-shared', address: shops.address }] });
  expect(held.findings[0]?.message).toContain('share the key id=1');
  await run(
    source,
    "delete from public.shops where id = 1; alter table public.shops alter id drop not null; insert into public.shops values (null, 'nobody')",
  );
  expect(await readSnapshot(source, capture, store, node, loaded.held, at + 2)).toMatchObject({
    kind: 'held',
    findings: [{ rule: 'read-key-null', address: shops.address }],
  });
  expect(await tablesOf(store, shops)).toEqual(before);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test('a load that fails half way is of no ordinal, and the next begins with empty tables', async () => {
  const node = nodeOf(shops, log);
  const { source, store, held } = await arrange(node);
  await run(source, 'alter table public.log rename to gone');
  const view = { position: '0000000000000001', connect: () => source.again() };
  const from = { views: onlyView(view), capture };
  const when = { identity: 'x/1', nowMs: () => at };
  await expect(loadInitial(from, store, () => store.again(), node, held, when)).rejects.toThrow('does not exist');
  expect(await readCheckpoint(store, node.stream)).toMatchObject({ ordinal: 0n });
  await run(
    source,
    'alter table public.gone rename to log; delete from public.log; delete from public.shops where id = 1',
  );
  const loaded = await loadInitial(from, store, () => store.again(), node, held, when);
  expect(loaded).toMatchObject({ held: { ordinal: 1n, position: view.position }, rows: { [log.address]: 0 } });
  expect((await tablesOf(store, shops)).current).toHaveLength(loaded.rows[shops.address] ?? 0);
  await source[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});
