import { afterEach, expect, test } from 'vitest';
import { capture } from '../../../engines/postgres/capture.ts';
import type { Reading, StreamDataset, StreamNode, Watermark } from '../../../plan/plan.ts';
import { sql } from '../../../sql/sql.ts';
import { type Checkpoint, takeOver } from '../../checkpoint.ts';
import { ensureTables } from '../../tables.ts';
import { dataset, freshStore, run, tablesOf } from '../../testing/fixture.ts';
import { streamNode } from '../../testing/nodes.ts';
import { type Row, random, reference, referenceTables, step } from '../../testing/reference.ts';
import type { ReadOutcome } from '../merge-reads.ts';
import { readWatermark } from './watermark.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const byTime: Watermark = { column: 'at', late: { ms: 10_000 } };
const noSweep: Reading = { kind: 'watermark', maxDeleted: 0.2, sweepMs: null };
const always: Reading = { ...noSweep, sweepMs: 0 };

function rowsBy(type: string, watermark: Watermark = byTime, key: readonly string[] = ['id']): StreamDataset {
  return dataset(
    'rows',
    key,
    { id: 'int32', label: 'text?', amount: 'decimal?', ratio: 'float64?', at: type },
    { watermark },
  );
}

function nodeOf(reading: Reading, ...datasets: readonly StreamDataset[]): StreamNode {
  return streamNode(datasets, { mode: 'watermark', reading });
}

const start = Date.UTC(2026, 0, 1);
/** The instant so many seconds after the start, as PostgreSQL writes it. */
const instant = (seconds: number) =>
  `${new Date(start + seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}+00`;

async function arrange(node: StreamNode, tables: string) {
  const source = await freshStore('source');
  const store = await freshStore('store');
  open.push(source, store);
  await run(source, tables);
  await ensureTables(store, node.datasets);
  let held: Checkpoint = await takeOver(store, node.stream);
  return {
    source,
    store,
    /** A read so many seconds after the start. */
    read: async (seconds: number, other: StreamNode = node): Promise<ReadOutcome> => {
      const outcome = await readWatermark(source, capture, store, other, held, start + seconds * 1000);
      held = outcome.held;
      return outcome;
    },
  };
}

const table = `create table public.rows (id integer primary key, label text, amount numeric, ratio float8, at timestamptz);
  insert into public.rows values (1, 'a', null, null, '${instant(0)}'), (2, 'b', null, null, '${instant(5)}')`;
const put = (id: number, label: string, at: number | null) =>
  `insert into public.rows values (${id}, '${label}', null, null, ${at === null ? 'null' : `'${instant(at)}'`})
    on conflict (id) do update set label = excluded.label, at = excluded.at`;

test('only rows from the bound on are read, and only differences are merged, as one ordinal or none', async () => {
  const { source, store, read } = await arrange(nodeOf(noSweep, rowsBy('timestamptz(6)')), table);
  const address = 'retail/sales/shop.rows';
  expect(await read(6)).toMatchObject({
    kind: 'loaded',
    held: { ordinal: 1n, position: '2026-01-01 00:00:05.000000+00' },
    rows: { [address]: 2 },
  });
  // Rows of the late window are read again and are equal.
  expect(await read(7)).toMatchObject({ kind: 'unchanged', held: { ordinal: 1n }, rows: { [address]: 2 } });
  await run(source, `${put(3, 'c', 30)}; ${put(4, 'd', 30)}`);
  expect(await read(31)).toMatchObject({
    kind: 'merged',
    held: { ordinal: 2n, position: '2026-01-01 00:00:30.000000+00' },
    rows: { [address]: 4 },
    changes: { [address]: 2 },
  });
  // Of one time with those that were read, and within the window: neither is lost. 1 is gone, and that is not seen.
  await run(source, `${put(5, 'e', 30)}; ${put(6, 'f', 21)}; ${put(2, 'B', 31)}; delete from public.rows where id = 1`);
  expect(await read(32)).toMatchObject({ kind: 'merged', changes: { [address]: 3 } });
  // Below the window: not seen.
  await run(source, put(7, 'g', 20));
  expect(await read(33)).toMatchObject({ kind: 'unchanged', findings: [] });
  const { current, history } = await tablesOf(store, rowsBy('timestamptz(6)'));
  expect(current).toEqual([
    `1|a|~|~|${instant(0)}|1`,
    `2|B|~|~|${instant(31)}|3`,
    `3|c|~|~|${instant(30)}|2`,
    `4|d|~|~|${instant(30)}|2`,
    `5|e|~|~|${instant(30)}|3`,
    `6|f|~|~|${instant(21)}|3`,
  ]);
  expect(history).toEqual([`2|b|~|~|${instant(5)}|1|3`]);
});

test('a sweep finds what was deleted, what came late and what went back, and says so', async () => {
  const node = nodeOf({ ...noSweep, sweepMs: 60_000 }, rowsBy('timestamptz(6)'));
  const { source, store, read } = await arrange(node, `${table}; ${put(3, 'c', 100)}`);
  await read(101);
  await run(
    source,
    `${put(4, 'late', 1)}; ${put(3, 'back', 2)}; delete from public.rows where id = 1; ${put(5, 'n', 102)}`,
  );
  const before = await read(110);
  expect(before).toMatchObject({
    kind: 'merged',
    changes: { 'retail/sales/shop.rows': 1 },
    findings: [],
  });
  const swept = await read(162);
  expect(swept).toMatchObject({
    kind: 'merged',
    changes: { 'retail/sales/shop.rows': 3 },
    findings: [{ rule: 'watermark-late', severity: 'warning', address: 'retail/sales/shop.rows#at' }],
  });
  expect(swept.findings[0]?.message).toMatch(
    /^2 rows of 'retail\/sales\/shop.rows' came later than 'late' says \(10s\)/,
  );
  expect((await tablesOf(store, rowsBy('timestamptz(6)'))).current).toEqual([
    `2|b|~|~|${instant(5)}|1`,
    `3|back|~|~|${instant(2)}|3`,
    `4|late|~|~|${instant(1)}|3`,
    `5|n|~|~|${instant(102)}|2`,
  ]);
  // The next one is due a minute later.
  await run(source, 'delete from public.rows where id = 2');
  expect(await read(170)).toMatchObject({ kind: 'unchanged' });
  expect(await read(222)).toMatchObject({ kind: 'merged', changes: { 'retail/sales/shop.rows': 1 } });
});

test('a sweep that would delete a large part of a table is held, and the mark stays', async () => {
  const { source, store, read } = await arrange(nodeOf(always, rowsBy('timestamptz(6)')), table);
  await run(
    source,
    `insert into public.rows select n, 'n', null, null, '${instant(6)}' from generate_series(3, 2000) n`,
  );
  await read(7);
  await run(source, `delete from public.rows where id > 1500; ${put(1, 'A', 8)}`);
  expect(await read(9)).toMatchObject({ kind: 'held', findings: [{ rule: 'mass-delete-held' }] });
  expect(await read(9, nodeOf({ ...always, maxDeleted: 0.3 }, rowsBy('timestamptz(6)')))).toMatchObject({
    kind: 'merged',
    changes: { 'retail/sales/shop.rows': 501 },
  });
  expect((await tablesOf(store, rowsBy('timestamptz(6)'))).current).toHaveLength(1500);
});

test('a watermark in the future is told of and never makes others be passed over', async () => {
  const { source, read } = await arrange(
    nodeOf(noSweep, rowsBy('timestamptz(6)')),
    `${table}; ${put(3, 'x', 900_000)}`,
  );
  const first = await read(6);
  expect(first).toMatchObject({
    kind: 'loaded',
    held: { position: '2026-01-01 00:00:05.000000+00' },
    findings: [{ rule: 'watermark-in-future', address: 'retail/sales/shop.rows#at' }],
  });
  expect(first.findings[0]?.message).toContain('is 2026-01-11 10:00:00.000000+00 in the row id=3');
  await run(source, put(4, 'now', 7));
  expect(await read(8)).toMatchObject({ kind: 'merged', changes: { 'retail/sales/shop.rows': 1 } });
  await run(source, "update public.rows set at = 'infinity' where id = 3");
  expect((await read(9)).findings[0]?.message).toContain('is infinity in the row id=3');
  await run(source, put(5, 'then', 10));
  expect(await read(11)).toMatchObject({ kind: 'merged', held: { position: '2026-01-01 00:00:10.000000+00' } });
});

test('rows without a watermark are read each time; where the model says there are none, it is told', async () => {
  const { source, read } = await arrange(nodeOf(noSweep, rowsBy('timestamptz(6)')), `${table}; ${put(3, 'x', null)}`);
  await read(6);
  await run(source, put(3, 'y', null));
  const outcome = await read(7);
  expect(outcome).toMatchObject({ kind: 'merged', findings: [{ rule: 'watermark-null' }] });
  expect(outcome.findings[0]?.message).toContain('is null in the row id=3');
  await run(source, put(3, 'z', null));
  expect(await read(8, nodeOf(noSweep, rowsBy('timestamptz(6)?')))).toMatchObject({ kind: 'merged', findings: [] });
});

test('a source that went back is read whole, and goes on from there', async () => {
  const node = nodeOf(noSweep, rowsBy('int64', { column: 'at', late: { steps: 2 } }));
  const sequence = `create table public.rows (id integer primary key, label text, amount numeric, ratio float8, at bigint);
    insert into public.rows values (1, 'a', null, null, 1), (2, 'b', null, null, 50)`;
  const { source, store, read } = await arrange(node, sequence);
  expect(await read(1)).toMatchObject({ held: { position: '00000000000000000050' } });
  // Restored from a copy of before 50; its sequence begins anew from there.
  await run(source, "delete from public.rows where id = 2; insert into public.rows values (3, 'c', null, null, 2)");
  const back = await read(2);
  expect(back).toMatchObject({
    kind: 'merged',
    held: { ordinal: 2n, position: '00000000000000000002' },
    changes: { 'retail/sales/shop.rows': 1 },
    findings: [{ rule: 'watermark-behind' }],
  });
  await run(source, "insert into public.rows values (4, 'd', null, null, 3)");
  expect(await read(3)).toMatchObject({ kind: 'merged', held: { position: '00000000000000000003' }, findings: [] });
  expect((await tablesOf(store, rowsBy('int64'))).current.map((line) => line.split('|')[0])).toEqual([
    '1',
    '2',
    '3',
    '4',
  ]);
});

test('each dataset has a mark of its own: one that lags behind another loses nothing', async () => {
  const [a, b] = [
    { ...rowsBy('timestamptz(6)'), ...named('fast') },
    { ...rowsBy('timestamptz(6)'), ...named('slow') },
  ];
  const tables = table.replaceAll('public.rows', 'public.fast');
  const { source, store, read } = await arrange(
    nodeOf(noSweep, a, b),
    `${tables}; ${table.replaceAll('public.rows', 'public.slow')}`,
  );
  await read(6);
  await run(source, put(3, 'x', 5000).replace('public.rows', 'public.fast'));
  expect(await read(5001)).toMatchObject({ held: { position: '2026-01-01 01:23:20.000000+00' } });
  await run(source, put(3, 'x', 12).replace('public.rows', 'public.slow'));
  expect(await read(5002)).toMatchObject({ kind: 'merged', changes: { [b.address]: 1 } });
  expect((await tablesOf(store, b)).current).toHaveLength(3);
});

test('a row without key, or two of one, hold the read and are named', async () => {
  const without = `create table public.rows (id integer, label text, amount numeric, ratio float8, at timestamptz);
    insert into public.rows values (1, 'a', null, null, '${instant(0)}')`;
  const { source, store, read } = await arrange(nodeOf(noSweep, rowsBy('timestamptz(6)')), without);
  await read(1);
  const add = (id: string) => `insert into public.rows values (${id}, 'x', null, null, '${instant(2)}')`;
  await run(source, `${add('null')}`);
  expect(await read(3)).toMatchObject({ kind: 'held', findings: [{ rule: 'read-key-null' }] });
  await run(source, `delete from public.rows where id is null; ${add('7')}; ${add('7')}`);
  const held = await read(4);
  expect(held.findings[0]?.message).toBe(
    "2 rows of 'retail/sales/shop.rows' at the source share the key id=7. Only one of them could be kept, so nothing of this read was merged.",
  );
  expect((await tablesOf(store, rowsBy('timestamptz(6)'))).current).toHaveLength(1);
  await run(source, 'delete from public.rows where ctid = (select max(ctid) from public.rows)');
  expect(await read(5)).toMatchObject({ kind: 'merged', held: { ordinal: 2n } });
});

test('rows of a dataset without key are added once, though they are read again', async () => {
  const keyless = rowsBy('timestamptz(6)', byTime, []);
  const { source, store, read } = await arrange(nodeOf(noSweep, keyless), table.replace('primary key', ''));
  await read(6);
  const add = `insert into public.rows values (1, 'a', null, null, '${instant(7)}')`;
  await run(source, `${add}; ${add}`);
  expect(await read(8)).toMatchObject({ kind: 'merged', changes: { [keyless.address]: 2 } });
  expect(await read(9)).toMatchObject({ kind: 'unchanged' });
  expect((await tablesOf(store, keyless)).current).toHaveLength(4);
  await run(source, 'delete from public.rows where id = 2');
  await expect(read(10)).rejects.toThrow("1 rows of 'retail/sales/shop.rows' are no longer at the source");
});

test('another column to read by, or another type of it, reads all rows once and makes no version of equal ones', async () => {
  const { source, read } = await arrange(nodeOf(noSweep, rowsBy('timestamptz(6)')), `${table}; ${put(3, 'x', 100)}`);
  await read(101);
  await run(source, put(4, 'old', 1));
  const byId = nodeOf(noSweep, rowsBy('timestamptz(6)', { column: 'id', late: { steps: 0 } }));
  expect(await read(102, byId)).toMatchObject({
    kind: 'merged',
    held: { ordinal: 2n, position: '00000000000000000004' },
    rows: { 'retail/sales/shop.rows': 4 },
    changes: { 'retail/sales/shop.rows': 1 },
    findings: [],
  });
  expect(await read(103, byId)).toMatchObject({ kind: 'unchanged', rows: { 'retail/sales/shop.rows': 1 } });
});

test('a read that is cut before its marks are written is read again and changes nothing', async () => {
  const { store, read } = await arrange(nodeOf(noSweep, rowsBy('timestamptz(6)')), table);
  await read(6);
  await store.execute(sql`delete from freehold.fh_watermark`);
  expect(await read(7)).toMatchObject({
    kind: 'unchanged',
    held: { ordinal: 1n },
    rows: { 'retail/sales/shop.rows': 2 },
  });
  const { again } = store;
  await using other = await again();
  await takeOver(other, 'retail/sales/shop');
  await expect(read(50, nodeOf(always, rowsBy('timestamptz(6)')))).rejects.toThrow('has moved on without us');
});

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.each([
  ['timestamptz(6)', 'timestamptz', false],
  ['timestamp(6)', 'timestamp', true],
  ['int64', 'bigint', true],
  ['decimal(12,2)', 'numeric(12,2)', false],
] as const)(
  `random changes come as a simple model says, by %s (seed ${seed}, FREEHOLD_SEED)`,
  async (type, physical, sweeps) => {
    const rnd = random(seed + type.length);
    const below = (n: number) => Math.floor(rnd() * n);
    const late = 10;
    const isTime = type.startsWith('time');
    const one = rowsBy(`${type}?`, { column: 'at', late: isTime ? { ms: late * 1000 } : { steps: late } });
    const node = nodeOf(sweeps ? { ...always, maxDeleted: 1 } : noSweep, one);
    const { source, store, read } = await arrange(
      node,
      `create table public.rows (id integer primary key, label text, amount numeric, ratio float8, at ${physical})`,
    );
    const text = (at: number) =>
      isTime ? instant(at).slice(0, type === 'timestamp(6)' ? 19 : undefined) : type === 'int64' ? `${at}` : `${at}.00`;
    const rows = new Map<number, Row>();
    const kept = reference();
    let ordinal = 0n;
    let now = 100;
    /** Rows whose transaction took its time and has not committed yet. */
    let flying: { readonly commit: number; readonly row: Row }[] = [];
    const label = () => ['x', 'y', null][below(3)] ?? null;

    for (let round = 0; round < 60; round++) {
      const statements: string[] = [];
      const upsert = (row: Row) => {
        rows.set(row[0], row);
        const values = [row[0], row[1], row[4]].map((value) => (value === null ? 'null' : `'${value}'`));
        statements.push(`insert into public.rows values (${values[0]}, ${values[1]}, null, null, ${values[2]})
        on conflict (id) do update set label = excluded.label, at = excluded.at`);
      };
      for (let i = below(5); i > 0; i--) {
        now += below(3);
        const id = below(30);
        const kind = below(10);
        const row: Row = [id, label(), null, null, text(now)];
        if (kind < 5) upsert(row);
        else if (kind < 7) flying.push({ commit: now + below(late), row });
        else if (kind === 7) upsert([id, label(), null, null, null]);
        else if (sweeps && kind === 8) {
          // A sweep sees that a watermark is another one; that it is the same with another label, nobody can.
          const back = text(below(now));
          if (back !== rows.get(id)?.[4]) upsert([id, label(), null, null, back]);
        } else if (sweeps && rows.has(id)) {
          rows.delete(id);
          statements.push(`delete from public.rows where id = ${id}`);
        }
      }
      for (const { row } of flying.filter(({ commit }) => commit <= now)) upsert(row);
      flying = flying.filter(({ commit }) => commit > now);
      // All that flies commits in time, however long nothing is read.
      if (flying.length > 0 && below(4) === 0) now += below(2);
      for (const statement of statements) await run(source, statement);
      const outcome = await read(now);
      const isOther = sameRows(kept.current, rows) === false;
      if (ordinal === 0n || isOther) ordinal += 1n;
      step(kept, ordinal, new Map(rows));
      if (ordinal === 1n) kept.delta.length = 0;
      expect({ round, ordinal: outcome.held.ordinal }).toEqual({ round, ordinal });
    }
    const tables = await tablesOf(store, one);
    const { current, history, delta } = referenceTables(kept);
    expect(tables).toEqual({ current, history, delta });
  },
);

function sameRows(held: ReadonlyMap<number, { readonly row: Row }>, rows: ReadonlyMap<number, Row>): boolean {
  return held.size === rows.size && [...rows].every(([id, row]) => String(held.get(id)?.row) === String(row));
}

function named(as: string) {
  return {
    address: `retail/sales/shop.${as}`,
    name: as,
    current: as,
    history: `${as}__history`,
    delta: `${as}__delta`,
    from: { schema: 'public', table: as },
  };
}
