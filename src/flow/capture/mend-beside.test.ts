import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { connect } from '../../engines/postgres/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { sql, value } from '../../sql/sql.ts';
import { askedFor, gapsOf, noteGap } from '../gaps.ts';
import { ensureTables } from '../tables.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { inboxOf } from './inbox/inbox.ts';
import { orderPause, orderResume } from './inbox/orders.ts';

const columns = { id: 'int32', note: 'text?' };
const kept = { keepsDelta: false } as const;
const a = dataset('a', ['id'], columns, kept);
const b = dataset('b', ['id'], columns, kept);
const c = dataset('c', ['id'], columns, { ...kept, address: 'retail/sales/other.c' });
const shop = streamOf('retail/sales/shop', [a, b]);
const other = streamOf('retail/sales/other', [c]);

async function arrange() {
  const source = await database(
    'src',
    `create table a (id int primary key, note text); create table b (id int primary key, note text);
     create table c (id int primary key, note text); insert into a values (1, 'one');
     insert into b values (1, 'one'), (2, 'two'); insert into c values (1, 'one')`,
  );
  const store = await database('store');
  await catchUp(source, store, [shop, other]);
  return { source, store };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(20);
}

/** Nobody reads the table from when rows are to be read anew, until it is released. */
function holding(source: Place, table: string) {
  let isHeld = false;
  let isOver = false;
  const opening = connect(source.access, 'test lock');
  return {
    hook: async (step: string) => {
      if (step !== 'resync begun' || isOver) return;
      isOver = true;
      await run(await opening, `begin; lock table public.${table} in access exclusive mode`);
      isHeld = true;
    },
    isHeld: () => Promise.resolve(isHeld),
    /** In the transaction that holds it. */
    release: async (statement = 'select 1') => {
      if (!isHeld) return;
      isHeld = false;
      const session = await opening;
      await run(session, statement);
      await run(session, 'commit');
      await session[Symbol.asyncDispose]();
    },
  };
}

async function isLetGo({ session, name }: Place, to: unknown): Promise<boolean> {
  const [row] = await session.query(sql`select confirmed_flush_lsn >= ${value(String(to))}::pg_lsn as is
    from pg_replication_slots where slot_name = ${value(name)}`);
  return row?.is === true;
}

const rowsOf = async ({ session }: Place, of: StreamDataset) => (await tablesOf(session, of)).current;
/** Without their ordinals. */
const bare = async (place: Place, of: StreamDataset) =>
  (await rowsOf(place, of)).map((line) => line.replace(/\|\d+$/, '')).sort();
const ask = ({ session }: Place, address: string | null) =>
  noteGap(session, shop.stream, { address, cause: askedFor, isAccepted: true });

test('while rows of a dataset are read anew, other streams go on, and changes of its stream wait with the ordinals behind the correction', async () => {
  const { source, store } = await arrange();
  await run(store.session, "update retail__sales__shop.b set note = 'other' where id = 1");
  await ask(store, b.address);
  const lock = holding(source, 'b');
  const running = catchUp(source, store, [shop, other], { hook: lock.hook });
  await until(lock.isHeld);
  await run(source.session, "insert into a values (2, 'two'); insert into c values (2, 'two')");
  await until(async () => (await rowsOf(store, c)).length === 2);
  await until(async () => (await inboxOf(store.session, shop.stream))?.ordinal === 3n);
  expect(await inboxOf(store.session, shop.stream)).toMatchObject({ why: 'resyncing' });
  const [now] = await source.session.query(sql`select pg_logical_emit_message(true, 'test', 'x')::text as lsn`);
  await until(() => isLetGo(source, now?.lsn));
  expect(await rowsOf(store, a)).toEqual(['1|one|1']);
  // Later than the view: of the log.
  await lock.release("update public.b set note = 'zwei' where id = 2");
  await running;
  expect(await inboxOf(store.session, shop.stream)).toBeNull();
  expect(await tablesOf(store.session, a)).toMatchObject({ current: ['1|one|1', '2|two|3'], history: [] });
  expect(await tablesOf(store.session, b)).toMatchObject({
    current: ['1|one|2', '2|zwei|4'],
    history: ['1|other|1|2', '2|two|1|4'],
  });
  expect(await gapsOf(store.session, shop.stream)).toMatchObject([
    { address: b.address, from: 1n, to: 2n, cause: 'resync' },
  ]);
});

test('cut at any moment, rows are read anew from the beginning, and where nothing differs nothing is told', async () => {
  const { source, store } = await arrange();
  for (const [n, at] of ['resync begun', 'appended', 'mended', 'drained', 'attached'].entries()) {
    await ask(store, n % 2 === 0 ? b.address : null);
    await run(source.session, `insert into a values (${10 + n}, 'new'); update b set note = 'at ${n}' where id = 2`);
    const lock = holding(source, 'b');
    const hook = async (step: string) => {
      await lock.hook(step);
      if (step === 'resync begun') await run(source.session, `update a set note = 'on' where id = ${10 + n}`);
      if (step === at) throw new Error(`cut at ${at}`);
      if (step === 'appended') await lock.release();
    };
    await expect(catchUp(source, store, [shop, other], { hook })).rejects.toThrow(`cut at ${at}`);
    await lock.release();
    await catchUp(source, store, [shop, other]);
  }
  expect(await bare(store, a)).toEqual([...[10, 11, 12, 13, 14].map((id) => `${id}|on`), '1|one']);
  expect(await bare(store, b)).toEqual(['1|one', '2|at 4']);
  // Of a dataset whose gap was another's nothing is passed over.
  expect((await tablesOf(store.session, a)).history.filter((line) => line.startsWith('10|'))).toHaveLength(1);
  const before = (await gapsOf(store.session, shop.stream)).length;
  await ask(store, null);
  await catchUp(source, store, [shop, other]);
  expect(await gapsOf(store.session, shop.stream)).toHaveLength(before);
});

test('a table that missed changes is read anew beside the log, and of the others of its stream no version is lost', async () => {
  const { source, store } = await arrange();
  await run(source.session, `alter publication ${source.name} drop table b`);
  await run(source.session, "insert into b values (3, 'missed'); update a set note = 'uno' where id = 1");
  await run(source.session, "update a set note = 'eins' where id = 1; insert into c values (2, 'two')");
  await catchUp(source, store, [shop, other]);
  await run(source.session, "update b set note = 'seen' where id = 3");
  await catchUp(source, store, [shop, other]);
  const { current, history } = await tablesOf(store.session, a);
  expect(current.map((line) => line.split('|')[1])).toEqual(['eins']);
  expect(history.map((line) => line.split('|')[1])).toEqual(['one', 'uno']);
  expect(await bare(store, b)).toEqual(['1|one', '2|two', '3|seen']);
  expect(await gapsOf(store.session, shop.stream)).toMatchObject([
    { address: b.address, from: 1n, to: 2n, cause: 'unpublished' },
  ]);
});

test('of two streams whose rows are to be read anew one waits for the other, and a third goes on', async () => {
  const { source, store } = await arrange();
  const third = streamOf('retail/sales/third', [dataset('d', ['id'], columns, { ...kept, address: 'retail/third.d' })]);
  await run(source.session, 'create table d (id int primary key, note text)');
  const all = [shop, other, third];
  await catchUp(source, store, all);
  await run(source.session, `alter publication ${source.name} drop table b, c`);
  await run(source.session, "insert into b values (3, 'missed'); insert into c values (3, 'missed')");
  const begun: string[] = [];
  const hook = async (step: string) => {
    if (step !== 'resync begun') return;
    begun.push(step);
    const n = 10 * begun.length;
    await run(
      source.session,
      `insert into a values (${n}, 'on'); insert into c values (${n}, 'on'); insert into d values (${n}, 'on')`,
    );
  };
  await catchUp(source, store, all, { hook });
  expect(begun).toHaveLength(2);
  expect(await bare(store, a)).toEqual(['10|on', '1|one', '20|on']);
  expect(await bare(store, b)).toEqual(['1|one', '2|two', '3|missed']);
  expect(await bare(store, c)).toEqual(['10|on', '1|one', '20|on', '3|missed']);
});

test('paused while its rows are read anew, a stream knows when it goes on that changes were passed over', async () => {
  const { source, store } = await arrange();
  await ask(store, null);
  const lock = holding(source, 'b');
  const cut = async (step: string) => {
    await lock.hook(step);
    if (step === 'resync begun') await run(source.session, "update a set note = 'uno' where id = 1");
    if (step === 'appended') throw new Error('cut');
  };
  await run(source.session, "update b set note = 'passed over' where id = 1");
  await expect(catchUp(source, store, [shop, other], { hook: cut })).rejects.toThrow('cut');
  await lock.release();
  await orderPause(store.session, shop.stream, 'user:test', 0);
  await run(source.session, "insert into c values (5, 'five')");
  await expect(catchUp(source, store, [shop, other])).rejects.toThrow(
    'Changes that came while it was paused are lost.',
  );
  expect(await rowsOf(store, c)).toHaveLength(2);
  expect(await inboxOf(store.session, shop.stream)).toMatchObject({ why: 'paused' });
  await orderResume(store.session, shop.stream);
  await catchUp(source, store, [shop, other]);
  expect(await bare(store, b)).toEqual(['1|passed over', '2|two']);
  expect(await bare(store, a)).toEqual(['1|uno']);
  expect(await gapsOf(store.session, shop.stream)).toMatchObject([{ address: null, from: 1n, cause: 'behind' }]);
});

test('where an unusual part of the rows would go, others go on, and the stream waits for an operator', async () => {
  const { source, store } = await arrange();
  await run(source.session, "insert into b select g, 'more' from generate_series(10, 2000) g");
  await catchUp(source, store, [shop, other]);
  await run(source.session, `alter publication ${source.name} drop table b`);
  await run(source.session, "delete from b where id > 100; insert into c values (2, 'two')");
  await expect(catchUp(source, store, [shop, other])).rejects.toThrow('freehold resync retail/sales/shop --yes');
  expect(await rowsOf(store, c)).toHaveLength(2);
  expect(await rowsOf(store, b)).toHaveLength(1993);
  await ask(store, null);
  await catchUp(source, store, [shop, other]);
  expect(await rowsOf(store, b)).toHaveLength(93);
});

test('columns join one stream while another is new: both have their rows in the end', async () => {
  const { source, store } = await arrange();
  const wide = dataset('c', ['id'], { ...columns, size: 'int32?' }, { ...kept, address: c.address });
  const wider = streamOf(other.stream, [wide]);
  const d = dataset('d', ['id'], columns, { ...kept, address: 'retail/third.d' });
  const third = streamOf('retail/sales/third', [d]);
  await run(
    source.session,
    "alter table c add column size int; update c set size = 7; insert into c values (2, 'two', 8)",
  );
  await run(source.session, "create table d (id int primary key, note text); insert into d values (1, 'one')");
  await ensureTables(store.session, [wide]);
  await catchUp(source, store, [shop, wider, third]);
  expect(await bare(store, wide)).toEqual(['1|one|7', '2|two|8']);
  expect(await rowsOf(store, d)).toEqual(['1|one|1']);
});
