import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { dataset, freshStore, openStream, run } from '../testing/fixture.ts';
import { verifyDataset } from './verify.ts';

const stream = 'retail/sales/shop';

/** A source and a store with the same rows; sessions count the rows that they give. */
async function arrange(of: StreamDataset, create: string, rows: string) {
  const source = await freshStore('source');
  const store = await freshStore('store');
  onTestFinished(async () => {
    await source[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  await run(source, `${create}; insert into public.${of.name} ${rows}; analyze public.${of.name}`);
  await openStream(store, [of]);
  await run(store, `insert into retail__sales__shop.${of.name} ${rows}; update freehold.fh_checkpoint set ordinal = 1`);
  await recordLoaded(store, stream, of.address, { completeFrom: 1n, position: null, deltaFrom: null });
  const moved = { rows: 0, largest: 0 };
  const counted = async (open: () => Promise<Connection>): Promise<Connection> => {
    const c = await open();
    return {
      ...c,
      async query(statement) {
        const found = await c.query(statement);
        moved.rows += found.length;
        moved.largest = Math.max(moved.largest, found.length);
        return found;
      },
    };
  };
  return {
    source,
    store,
    moved,
    verify: (rowsInRange = 20_000) =>
      verifyDataset({
        stream,
        mode: 'cdc',
        dataset: of,
        source: { connect: () => counted(source.again), capture },
        store: { connect: () => counted(store.again) },
        replicas: [],
        catchUp: null,
        clock: systemClock,
        rowsInRange,
      }),
  };
}

const live = { layout: 'live', keepsDelta: false } as const;

test('of a large table with three rows that differ, few rows are moved', async () => {
  const of = dataset('big', ['id'], { id: 'int64', note: 'text' }, live);
  const all = await arrange(
    of,
    'create table public.big (id bigint primary key, note text not null)',
    "(id, note) select g, 'note ' || g from generate_series(1, 200000) g",
  );
  await run(
    all.store,
    `update retail__sales__shop.big set note = 'other' where id = 70000; delete from retail__sales__shop.big where id = 130001;
    insert into retail__sales__shop.big (id, note) values (200001, 'more')`,
  );
  const verdict = await all.verify();
  expect(verdict).toMatchObject({ differences: 3, isPartial: false, source: { rows: 200_000 }, ranges: 11 });
  expect(verdict.samples).toEqual([
    { between: ['source', 'store'], key: 'id=70000', what: 'differs', columns: ['note'] },
    { between: ['source', 'store'], key: 'id=130001', what: 'missing in store', columns: [] },
    { between: ['source', 'store'], key: 'id=200001', what: 'missing in source', columns: [] },
  ]);
  expect(all.moved.rows).toBeLessThan(3_000);
  expect(all.moved.largest).toBeLessThanOrEqual(500);
});

test('ranges of a key of several columns, whose first says little, are read by the index of all', async () => {
  const of = dataset('lines', ['shop', 'day', 'n'], { shop: 'int32', day: 'date', n: 'int32', note: 'text?' }, live);
  const all = await arrange(
    of,
    'create table public.lines (shop int, day date, n int, note text, primary key (shop, day, n))',
    "(shop, day, n, note) select 1, date '2024-01-01' + g / 100, g % 100, 'note ' || g from generate_series(1, 20000) g",
  );
  await run(all.store, `update retail__sales__shop.lines set note = null where n = 7 and day = '2024-02-01'`);
  expect(await all.verify(1_000)).toMatchObject({
    differences: 1,
    ranges: 21,
    samples: [{ key: 'shop=1, day=2024-02-01, n=7', what: 'differs', columns: ['note'] }],
  });
  expect(all.moved.rows).toBeLessThan(1_500);
});

test('keys that the two sides sort differently are compared all the same', async () => {
  const of = dataset('words', ['word'], { word: 'text', n: 'int32' }, live);
  // By upper and lower case at the source, by letter in the store.
  const all = await arrange(
    of,
    'create table public.words (word text collate "und-x-icu" primary key, n int not null)',
    `(word, n) select case when g % 2 = 0 then upper(md5(g::text)) else md5(g::text) end, g from generate_series(1, 30000) g`,
  );
  await run(
    all.store,
    `delete from retail__sales__shop.words where n = 77; update retail__sales__shop.words set n = 0 where n = 78`,
  );
  const verdict = await all.verify(1_000);
  expect(verdict).toMatchObject({
    differences: 2,
    isPartial: false,
    source: { rows: 30_000 },
    store: { rows: 29_999 },
  });
});

test('a row with a null in its key, and one that is there twice, are seen', async () => {
  const of = dataset('loose', ['id'], { id: 'int32', note: 'text?' }, live);
  const all = await arrange(
    of,
    'create table public.loose (id int unique, note text)',
    "(id, note) select g, 'x' from generate_series(1, 5000) g",
  );
  await run(all.source, "insert into public.loose values (null, 'nobody'), (null, 'nobody')");
  expect(await all.verify(1_000)).toMatchObject({
    differences: 1,
    samples: [{ key: 'id=null', what: 'missing in store' }],
  });
});

test('a table whose index has another order, a view, and rows without key are compared by hash', async () => {
  const swapped = dataset('swapped', ['a', 'b'], { a: 'int32', b: 'int32' }, live);
  const rows = '(a, b) select g, -g from generate_series(1, 3000) g';
  const one = await arrange(swapped, 'create table public.swapped (a int, b int, primary key (b, a))', rows);
  await run(one.store, 'delete from retail__sales__shop.swapped where a = 5');
  expect(await one.verify()).toMatchObject({ differences: 1, samples: [{ key: 'a=5, b=-5' }] });
  const bag = dataset('bag', [], { a: 'int32', b: 'int32' }, live);
  const other = await arrange(bag, 'create table public.bag (a int, b int)', rows);
  await run(other.store, 'insert into retail__sales__shop.bag (a, b) values (5, -5), (0, 0)');
  expect(await other.verify()).toMatchObject({ differences: 2, source: { rows: 3_000 }, store: { rows: 3_002 } });
});
