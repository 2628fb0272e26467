import { expect, test } from 'vitest';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { gapsOf } from '../gaps.ts';
import { prepareTypes, swapTypes } from '../reshape/reshape.ts';
import { ensureTables } from '../tables.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run as runOne, tablesOf } from '../testing/fixture.ts';
import { sourceTables } from './source-tables.ts';

const kept = { keepsDelta: false } as const;
const a = dataset('a', ['id'], { id: 'int32', size: 'int32?', name: 'text?' }, kept);
const b = dataset('b', ['id'], { id: 'int32' }, kept);
const [streamA, streamB] = [streamOf('retail/sales/a', [a]), streamOf('retail/sales/b', [b])];
const noViews = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };

async function arrange() {
  const source = await database(
    'src',
    "create table a (id int primary key, size int, name text); create table b (id int primary key); insert into a values (1, 10, 'one')",
  );
  const store = await database('store');
  const told: string[] = [];
  const start = (nodes: readonly StreamNode[], isAsked = true) =>
    catchUp(source, store, nodes, {
      onNotice: (_, { message }) => told.push(message),
      ...(isAsked ? { isReadable: (node) => isReadable(source, node) } : {}),
    });
  await start([streamA, streamB]);
  return { source, store, start, told };
}

/** Each statement is a transaction. */
async function run(c: Place['session'], text: string): Promise<void> {
  for (const statement of text.split(';')) await runOne(c, statement);
}

async function isReadable({ session, name }: Place, node: StreamNode): Promise<boolean> {
  const found = await capture.preflight(session, 'cdc', sourceTables(node), name);
  return found.every(({ severity }) => severity !== 'error');
}

const idsOfB = async (store: Place) => (await tablesOf(store.session, b)).current.map((line) => line.split('|')[0]);

test('a type that got wider at the source goes on and is told; a value that does not fit stops that stream alone, until the model has the type', async () => {
  const { source, store, start, told } = await arrange();
  await run(
    source.session,
    'alter table a alter column size type bigint; update a set size = 11; insert into b values (1)',
  );
  await start([streamA, streamB]);
  expect((await tablesOf(store.session, a)).current).toEqual(['1|11|one|2']);
  expect(told).toEqual([
    "column 'size' of dataset 'retail/sales/shop.a' is now bigint at the source, and the model says int32. The stream goes on while values fit; the first that does not stops it, and what changes waits.",
  ]);
  await run(source.session, 'update a set size = 3000000000; insert into b values (2); update a set size = 12');
  for (let i = 0; i < 2; i++)
    await expect(start([streamA, streamB])).rejects.toThrow(
      "at the source column 'size' of dataset 'retail/sales/shop.a' was int32 and is now bigint, and a value does not fit",
    );
  expect(await idsOfB(store)).toEqual(['1', '2']);
  const wider = dataset('a', ['id'], { id: 'int32', size: 'int64?', name: 'text?' }, kept);
  await ensureTables(store.session, [wider], 'left');
  const tables = [{ stream: streamA.stream, table: wider }];
  expect(await prepareTypes(store.session, tables)).toEqual([]);
  expect(await swapTypes(store.session, tables, noViews)).toEqual([]);
  await start([streamOf('retail/sales/a', [wider]), streamB]);
  expect(await tablesOf(store.session, wider)).toEqual({
    current: ['1|12|one|4'],
    history: ['1|10|one|1|2', '1|11|one|2|3', '1|3000000000|one|3|4'],
    delta: [],
  });
});

test('a type that is changed back at the source lets the stream go on: its rows are read anew, and a gap says so', async () => {
  const { source, store, start } = await arrange();
  await run(source.session, 'alter table a alter column size type bigint; update a set size = 3000000000');
  await expect(start([streamA, streamB])).rejects.toThrow('a value does not fit');
  await run(
    source.session,
    'update a set size = 7; alter table a alter column size type int; insert into b values (1)',
  );
  await start([streamA, streamB]);
  expect(await tablesOf(store.session, a)).toEqual({ current: ['1|7|one|2'], history: ['1|10|one|1|2'], delta: [] });
  expect(
    (await gapsOf(store.session, 'retail/sales/a')).map(({ address, from, to, cause }) => [address, from, to, cause]),
  ).toEqual([[null, 1n, 2n, 'unfit']]);
  await run(source.session, 'update a set size = 8');
  await start([streamA, streamB]);
  expect((await tablesOf(store.session, a)).current).toEqual(['1|8|one|3']);
});

test('a column that is dropped at the source stops its stream alone; without it in the model every version comes', async () => {
  const { source, store, start } = await arrange();
  await run(
    source.session,
    "update a set size = 11; alter table a drop column size; update a set name = 'uno'; insert into b values (1)",
  );
  for (let i = 0; i < 2; i++)
    await expect(start([streamA, streamB])).rejects.toThrow(
      "Dataset 'retail/sales/shop.a' reads column 'size' from 'size', which table 'public.a' no longer has. Nothing is lost",
    );
  expect(await idsOfB(store)).toEqual(['1']);
  const without = dataset('a', ['id'], { id: 'int32', name: 'text?' }, kept);
  await start([streamOf('retail/sales/a', [without]), streamB]);
  expect(await tablesOf(store.session, without)).toEqual({
    current: ['1|uno|3'],
    history: ['1|one|1|3'],
    delta: [],
  });
});

test('a column that is brought back at the source lets its stream go on with rows read anew', async () => {
  const { source, store, start } = await arrange();
  await run(source.session, "alter table a drop column size; update a set name = 'uno'");
  await expect(start([streamA, streamB])).rejects.toThrow('no longer has');
  await run(source.session, "alter table a add column size int default 3; insert into a values (2, 'two', 4)");
  await start([streamA, streamB]);
  expect((await tablesOf(store.session, a)).current).toEqual(['1|3|uno|2', '2|4|two|2']);
  expect((await gapsOf(store.session, 'retail/sales/a')).map(({ address, cause }) => [address, cause])).toEqual([
    ['retail/sales/shop.a', 'unfit'],
  ]);
});
