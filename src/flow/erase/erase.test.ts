import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { sql, value } from '../../sql/sql.ts';
import { orderPause, orderResume } from '../capture/inbox/orders.ts';
import { readSnapshot } from '../capture/snapshot.ts';
import { readWatermark } from '../capture/watermark/watermark.ts';
import { readCheckpoint, stillOurs, takeOver } from '../checkpoint.ts';
import { askedFor, noteGap } from '../gaps.ts';
import { ensureTables } from '../tables.ts';
import { catchUp, database, streamOf } from '../testing/capturing.ts';
import { tablesWithText } from '../testing/everywhere.ts';
import { dataset, freshStore, mergeChanges, openStream, run, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { verifyDataset } from '../verify/verify.ts';
import { countRows, type Erased, eraseRows, liftTombstones } from './erase.ts';
import { givenKeys, keysWhere, sampleKeys } from './keys.ts';

const stream = 'retail/sales/shop';
const people = dataset('people', ['id'], { id: 'int32', name: 'text?' });

async function eraseKeys(c: Connection, of: StreamDataset, ...keys: readonly string[]): Promise<Erased> {
  const named = await givenKeys(
    c,
    of,
    keys.map((key) => [key]),
  );
  return eraseRows(c, stream, of, named, 'user:test');
}

const kept = (c: Connection) => tablesOf(c, { ...people, keepsDelta: false });

test('an erased row does not come back by the log, by reading anew, nor by loading from the beginning', async () => {
  const source = await database(
    'src',
    "create table people (id int primary key, name text); insert into people values (1, 'ann'), (2, 'bob')",
  );
  const store = await database('store');
  const node = streamOf(stream, [people]);
  await catchUp(source, store, [node]);
  await run(source.session, "update people set name = 'robert' where id = 2");
  await catchUp(source, store, [node]);
  expect(await eraseKeys(store.session, people, '2')).toEqual({
    ordinal: 3n,
    keys: 1,
    gone: [
      { place: 'current rows', rows: 1 },
      { place: 'closed versions', rows: 1 },
    ],
  });
  // The ordinal of a transaction that touched an erased row alone is counted: ordinals depend on the log alone.
  await run(source.session, "update people set name = 'rob' where id = 2");
  await run(source.session, "update people set name = 'anna' where id = 1");
  await catchUp(source, store, [node]);
  const after = { current: ['1|anna|5'], history: ['1|ann|1|5'], delta: [] };
  expect(await kept(store.session)).toEqual(after);
  await noteGap(store.session, stream, { address: null, cause: askedFor, isAccepted: true });
  await catchUp(source, store, [node]);
  expect(await kept(store.session)).toEqual(after);
  expect(await readCheckpoint(store.session, stream)).toMatchObject({ ordinal: 5n, erased: 3n });
  expect(await tablesWithText(store.session, ['rob'])).toEqual([]);
  // As if nothing had been loaded: of the stream, the tombstones alone are left.
  await run(
    store.session,
    'delete from freehold.fh_dataset; delete from freehold.fh_clock; update freehold.fh_checkpoint set ordinal = 0, position = null',
  );
  await run(store.session, 'drop schema retail__sales__shop cascade');
  await catchUp(source, store, [node]);
  expect(await kept(store.session)).toEqual({ current: ['1|anna|1'], history: [], delta: [] });
});

test('a capture that runs goes on from an erasure, and what was on its way is left out', async () => {
  const source = await database(
    'src',
    "create table people (id int primary key, name text); insert into people select g, 'person ' || g || '.' from generate_series(1, 50) g",
  );
  const store = await database('store');
  const node = streamOf(stream, [people]);
  const stop = new AbortController();
  let moved = 0;
  const troubles: string[] = [];
  const running = catchUp(source, store, [node], {
    untilCaughtUp: false,
    signal: stop.signal,
    onBatch: () => {
      moved++;
    },
    onTrouble: (_, failure) => troubles.push(failure.message),
  });
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await systemClock.sleep(20);
  };
  await until(async () => moved > 0);
  for (let i = 1; i <= 20; i++) {
    await run(source.session, `update people set name = 'person ' || id || '. again ${i}' where id <= 20 + ${i}`);
    if (i % 5 === 0) await eraseKeys(store.session, people, String(i), String(50 - i));
  }
  await run(source.session, "insert into people values (51, 'the last')");
  await until(
    async () => (await store.session.query(sql`select 1 from retail__sales__shop.people where id = 51`)).length > 0,
  );
  stop.abort();
  await running;
  const erased = [5, 10, 15, 20, 45, 40, 35, 30];
  const left = Array.from({ length: 51 }, (_, i) => i + 1).filter((id) => !erased.includes(id));
  const ids = await store.session.query(sql`select id from retail__sales__shop.people order by id`);
  expect(ids.map(({ id }) => id)).toEqual(left);
  expect(
    await tablesWithText(
      store.session,
      erased.map((id) => `person ${id}.`),
    ),
  ).toEqual([]);
  expect(troubles.every((message) => message.includes('moved on without us'))).toBe(true);
});

test('a stream whose changes wait in its inbox is erased at once, and what waits is left out when it goes on', async () => {
  const source = await database(
    'src',
    "create table people (id int primary key, name text); insert into people values (1, 'ann'), (2, 'bob')",
  );
  const store = await database('store');
  const node = streamOf(stream, [people]);
  await catchUp(source, store, [node]);
  await orderPause(store.session, stream, 'user:test', 0);
  await run(source.session, "update people set name = 'robert' where id = 2");
  await run(source.session, "insert into people values (3, 'cyd'), (4, 'dan')");
  await catchUp(source, store, [node]);
  expect(await eraseKeys(store.session, people, '2')).toMatchObject({ ordinal: 2n, keys: 1 });
  expect(await eraseKeys(store.session, people, '3')).toMatchObject({ ordinal: 3n, keys: 1 });
  expect(await kept(store.session)).toEqual({ current: ['1|ann|1'], history: [], delta: [] });
  expect(await readCheckpoint(store.session, stream)).toMatchObject({ ordinal: 1n, erased: 3n });
  await orderResume(store.session, stream);
  await run(
    source.session,
    "update people set name = 'anna' where id = 1; update people set name = 'rob' where id = 2",
  );
  await catchUp(source, store, [node]);
  // The ordinals are those that they would be without: three transactions.
  expect(await kept(store.session)).toEqual({ current: ['1|anna|4', '4|dan|3'], history: ['1|ann|1|4'], delta: [] });
  expect(await eraseKeys(store.session, people, '4')).toMatchObject({ ordinal: 5n });
  expect(await readCheckpoint(store.session, stream)).toMatchObject({ ordinal: 5n, erased: 5n });
  expect(await tablesWithText(store.session, ['bob', 'rob', 'cyd', 'dan'])).toEqual([]);
});

test('rows of erased keys go from what waits in an inbox, which has nothing else of it changed; what cannot be read stays', async () => {
  const source = await database(
    'src',
    "create table people (id int primary key, name text); alter table people alter column name set storage external; insert into people values (1, 'ann'), (2, 'bob')",
  );
  const store = await database('store');
  const node = streamOf(stream, [people]);
  await catchUp(source, store, [node]);
  await orderPause(store.session, stream, 'user:test', 0);
  await run(source.session, "update people set name = 'robert' where id = 2; insert into people values (3, 'cyd')");
  await run(source.session, "insert into people values (4, repeat('dan', 1000))");
  // A value that is not in the log is left out of it.
  await run(source.session, 'update people set id = 40 where id = 4');
  await run(source.session, "insert into people values (5, 'eve')");
  await catchUp(source, store, [node]);
  const has = async (text: string) => {
    const [row] = await store.session.query(sql`select count(*)::int as n from freehold.fh_inbox_part
      where position(convert_to(${value(text)}, 'UTF8') in rows) > 0`);
    return Number(row?.n) > 0;
  };
  const told = async () => Promise.all(['robert', 'cyd', 'dandan', 'eve'].map(has));
  expect(await told()).toEqual([true, true, true, true]);
  expect(await eraseKeys(store.session, people, '2', '3', '9')).toMatchObject({
    gone: expect.arrayContaining([{ place: 'changes that wait in the inbox', rows: 2 }]),
  });
  expect(await told()).toEqual([false, false, true, true]);
  await run(
    store.session,
    "update freehold.fh_inbox_part set rows = rows || '\\x00' where position('eve'::bytea in rows) > 0",
  );
  expect(await eraseKeys(store.session, people, '5')).toMatchObject({
    gone: expect.arrayContaining([{ place: 'changes that wait in the inbox', rows: 0 }]),
  });
  expect(await told()).toEqual([false, false, true, true]);
  await run(
    store.session,
    "update freehold.fh_inbox_part set rows = substr(rows, 1, length(rows) - 1) where position('eve'::bytea in rows) > 0",
  );
  await orderResume(store.session, stream);
  await catchUp(source, store, [node]);
  expect((await kept(store.session)).current).toEqual(['1|ann|1', `40|${'dan'.repeat(1000)}|4`]);
  // A transaction that has only rows of erased keys is an ordinal all the same.
  expect(await readCheckpoint(store.session, stream)).toMatchObject({ ordinal: 5n });
});

test('an erasure is above those that were made while changes waited, so that replicas know of it', async () => {
  const source = await database(
    'src',
    "create table people (id int primary key, name text); insert into people values (1, 'ann'), (2, 'bob'), (3, 'cyd')",
  );
  const store = await database('store');
  const node = streamOf(stream, [people]);
  await catchUp(source, store, [node]);
  await orderPause(store.session, stream, 'user:test', 0);
  await catchUp(source, store, [node]);
  expect(await eraseKeys(store.session, people, '2')).toMatchObject({ ordinal: 2n });
  await orderResume(store.session, stream);
  await catchUp(source, store, [node]);
  expect(await readCheckpoint(store.session, stream)).toMatchObject({ ordinal: 1n, erased: 2n });
  expect(await eraseKeys(store.session, people, '3')).toMatchObject({ ordinal: 3n });
  expect(await readCheckpoint(store.session, stream)).toMatchObject({ ordinal: 3n, erased: 3n });
});

type Read = typeof readSnapshot;
const rows: [string, Partial<StreamNode>, Read][] = [
  ['a snapshot', { mode: 'snapshot' }, readSnapshot],
  [
    'a snapshot by checksums',
    { mode: 'snapshot', reading: { kind: 'snapshot', maxDeleted: 0.2, compare: 'checksum' } },
    readSnapshot,
  ],
  [
    'a watermark with its sweep',
    { mode: 'watermark', reading: { kind: 'watermark', maxDeleted: 0.2, sweepMs: 0 } },
    readWatermark,
  ],
];

test.each(rows)('%s leaves erased keys out, and finds no difference in them', async (_, more, read) => {
  await using source = await freshStore('source');
  await using store = await freshStore('store');
  const of = dataset(
    'people',
    ['id'],
    { id: 'int32', name: 'text?', at: 'timestamp' },
    { watermark: { column: 'at', late: { ms: 1000 } } },
  );
  await run(
    source,
    "create table public.people (id int primary key, name text, at timestamp not null); insert into public.people select g, 'n' || g, timestamp '2026-01-01' + g * interval '1 minute' from generate_series(1, 300) g",
  );
  const node = streamNode([of], more);
  await ensureTables(store, [of]);
  const atMs = Date.UTC(2026, 5, 1);
  let held = (await read(source, capture, store, node, await takeOver(store, stream), atMs)).held;
  await eraseKeys(store, of, '7', '300', '301');
  held = must(await stillOurs(store, held), 'held');
  expect(held.ordinal).toBe(2n);
  for (let i = 1; i <= 3; i++) {
    const outcome = await read(source, capture, store, node, held, atMs + i * 60_000);
    expect(outcome).toMatchObject({ kind: 'unchanged', findings: [] });
    held = outcome.held;
  }
  await run(source, "insert into public.people values (301, 'new', '2026-02-01'), (302, 'new', '2026-02-01')");
  const outcome = await read(source, capture, store, node, held, atMs + 600_000);
  expect(outcome).toMatchObject({ kind: 'merged', findings: [], changes: { [of.address]: 1 } });
  const [found] = await store.query(
    sql`select count(*)::int as n, max(id)::int as last from retail__sales__shop.people where id not in (7, 300, 301)`,
  );
  expect(found).toEqual({ n: 299, last: 302 });
  const verdict = await verifyDataset({
    stream,
    mode: node.mode,
    dataset: of,
    source: { connect: source.again, capture },
    store: { connect: store.again },
    replicas: [],
    catchUp: null,
    clock: systemClock,
  });
  expect(verdict).toMatchObject({
    differences: 0,
    erased: 3,
    findings: [],
    source: { rows: 302 },
    store: { rows: 299 },
  });
});

test('keys are read by their type, each once; what is none is named, and nothing is changed', async () => {
  await using store = await freshStore();
  const lines = dataset('lines', ['order', 'part'], { order: 'int64', part: 'text', who: 'text?' });
  let held = await openStream(store, [lines]);
  const row = (order: number, part: string, who: string) =>
    ({ ordinal: 1n, op: 'upsert', row: [order, part, who] }) as const;
  held = (await mergeChanges(store, lines, held, [row(1, 'a', 'ann'), row(1, 'b,"', 'ann'), row(2, 'a', 'bob')], 1n))
    .held;
  const keys = await givenKeys(store, lines, [
    ['1', 'a'],
    ['01', 'a'],
    ['3', 'x'],
  ]);
  expect(keys.count).toBe(2);
  expect(await countRows(store, lines, keys)).toEqual([
    { place: 'current rows', rows: 1 },
    { place: 'closed versions', rows: 0 },
    { place: 'changes for replicas', rows: 1 },
  ]);
  const refused = givenKeys(store, lines, [
    ['1', 'a'],
    ['one', 'a'],
  ]);
  await expect(refused).rejects.toThrow(
    "'one' is no value of key column 'order' of 'retail/sales/shop.lines', which is int64.",
  );
  const who = must(lines.columns[2], 'who');
  await keysWhere(store, lines, who, 'ann');
  expect(await sampleKeys(store, lines, 5)).toEqual(['order=1, part=a', 'order=1, part=b,"']);
  const named = await keysWhere(store, lines, who, 'ann');
  expect(await eraseRows(store, stream, lines, named, 'user:test')).toMatchObject({ ordinal: 2n, keys: 2 });
  // Twice: no harm, and no ordinal.
  const again = await givenKeys(store, lines, [
    ['1', 'a'],
    ['1', 'b,"'],
  ]);
  expect(await eraseRows(store, stream, lines, again, 'user:test')).toMatchObject({ ordinal: null, keys: 0 });
  expect((await tablesOf(store, lines)).current).toEqual(['2|a|bob|1']);
  expect(await tablesWithText(store, ['ann'])).toEqual([]);
  // Lifted, it may come again.
  held = must(await stillOurs(store, held), 'held');
  expect(await liftTombstones(store, stream, lines, again)).toBe(2);
  const back = { ...row(1, 'a', 'ann'), ordinal: 3n };
  await mergeChanges(store, lines, held, [back], 3n);
  expect((await tablesOf(store, lines)).current).toEqual(['1|a|ann|3', '2|a|bob|1']);
});

test('an erasure that is cut leaves all as it was', async () => {
  await using store = await freshStore();
  const held = await openStream(store, [people]);
  await mergeChanges(store, people, held, [{ ordinal: 1n, op: 'upsert', row: [1, 'ann'] }], 1n);
  const before = await tablesOf(store, people);
  for (const at of ['fh_tombstone', 'fh_erasure', 'update freehold.fh_checkpoint set ']) {
    await using session = await store.again();
    const cut: Connection = {
      ...session,
      execute(statement) {
        if (statement.texts.some((text) => text.includes(at))) throw new Error('cut');
        return session.execute(statement);
      },
    };
    const keys = await givenKeys(cut, people, [['1']]);
    await expect(eraseRows(cut, stream, people, keys, 'user:test')).rejects.toThrow('cut');
    expect(await tablesOf(store, people)).toEqual(before);
    expect(await readCheckpoint(store, stream)).toMatchObject({ ordinal: 1n, erased: 0n });
  }
});
