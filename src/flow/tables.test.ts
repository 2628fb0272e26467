import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect as connectDuckdb } from '../engines/duckdb/connection.ts';
import { sql } from '../sql/sql.ts';
import { buildKey, ensureTables } from './tables.ts';
import { dataset, freshStore, run } from './testing/fixture.ts';

const before = { id: 'int32', name: 'varchar(10)?', price: 'decimal(12,2)?', tags: 'array(int32)?' };
const columnsOf = sql`select table_name, string_agg(column_name, ' ' order by ordinal_position) as columns
  from information_schema.columns where table_schema = 'retail__sales__shop' group by 1 order by 1`;

test('tables are made once, and a second time changes nothing', async () => {
  await using c = await freshStore();
  const items = dataset('items', ['id'], before);
  for (let i = 0; i < 2; i++) {
    await ensureTables(c, [items, dataset('plain', ['id'], before, { layout: 'live', keepsDelta: false })]);
    await buildKey(c, items);
    expect(await c.query(columnsOf)).toEqual([
      { table_name: 'items', columns: 'id name price tags fh_from' },
      { table_name: 'items__delta', columns: 'id name price tags fh_ordinal fh_op' },
      { table_name: 'items__history', columns: 'id name price tags fh_from fh_to' },
      { table_name: 'plain', columns: 'id name price tags fh_from' },
    ]);
  }
});

test('two processes may make the same tables at the same time', async () => {
  await using c = await freshStore();
  await using other = await c.again();
  const items = dataset('items', ['id'], before);
  await Promise.all([ensureTables(c, [items]), ensureTables(other, [items])]);
  expect(await c.query(columnsOf)).toHaveLength(3);
});

test('two processes may make the same tables of a DuckDB file at the same time', async () => {
  const room = await mkdtemp(join(tmpdir(), 'freehold-tables-'));
  onTestFinished(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  const access = { engine: 'duckdb', label: 'duckdb', fields: { file: join(room, 'two.duckdb'), threads: 2 } };
  await using one = await connectDuckdb(access);
  await using other = await connectDuckdb(access);
  const tables = ['a', 'b', 'c', 'd'].map((named) => dataset(named, ['id'], before, { keepsDelta: false }));
  await Promise.all([ensureTables(one, tables), ensureTables(other, tables.toReversed())]);
  const made = await one.query(
    sql`select count(*)::integer as n from information_schema.tables where table_schema = 'retail__sales__shop'`,
  );
  expect(made).toEqual([{ n: 8 }]);
});

test('a new column is added to all tables, a wider string changes nothing, a changed type is refused by name', async () => {
  await using c = await freshStore();
  await ensureTables(c, [dataset('items', ['id'], before)]);
  await run(c, `insert into retail__sales__shop.items (id) values (1)`);
  await ensureTables(c, [dataset('items', ['id'], { ...before, name: 'varchar(99)?', more: 'json' })]);
  expect((await c.query(columnsOf)).map((row) => row.columns)).toEqual([
    'id name price tags fh_from more',
    'id name price tags fh_ordinal fh_op more',
    'id name price tags fh_from fh_to more',
  ]);
  const changes = { price: 'decimal(14,2)?', tags: 'array(int64)?', name: 'int32?' };
  for (const [column, type] of Object.entries(changes)) {
    await expect(ensureTables(c, [dataset('items', ['id'], { ...before, [column]: type })])).rejects.toThrow(
      `column '${column}' of 'retail/sales/shop.items' is`,
    );
  }
});

test('history and delta that begin later are complete from then on', async () => {
  await using c = await freshStore();
  const live = dataset('items', ['id'], before, { layout: 'live', keepsDelta: false });
  await ensureTables(c, [live]);
  await run(
    c,
    `insert into freehold.fh_checkpoint (stream, epoch, ordinal) values ('s', 1, 41);
    insert into freehold.fh_dataset (address, stream, complete_from) values ('retail/sales/shop.items', 's', 1)`,
  );
  await ensureTables(c, [dataset('items', ['id'], before)]);
  const noted = sql`select complete_from::integer as complete_from, delta_from::integer as delta_from from freehold.fh_dataset`;
  expect(await c.query(noted)).toEqual([{ complete_from: 41, delta_from: 41 }]);
  await ensureTables(c, [live]);
  expect(await c.query(noted)).toEqual([{ complete_from: 41, delta_from: null }]);
});
