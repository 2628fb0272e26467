import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { duckdb } from '../../engines/duckdb/engine.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { publish, unpublish } from './publish.ts';
import { fill, group, view } from './testing/group.ts';

let room: string;
let c: Connection;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-publish-'));
  const fields = { file: join(room, 'replica.duckdb'), memory_limit: '500MB', threads: 2 };
  c = await duckdb.connect({ engine: 'duckdb', label: 'duckdb publish', fields }, 'test');
  await fill(c);
});
afterAll(async () => {
  await c[Symbol.asyncDispose]();
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
});

test('a group on DuckDB has the same views, history and as-of as on PostgreSQL', async () => {
  const node = group();
  expect(await publish(c, node)).toEqual([]);
  expect(await publish(c, node)).toEqual([]);
  expect(await c.query(sql`select id, name from ${name(node.schema, 'customers')}`)).toEqual([{ id: 1, name: 'Ada' }]);
  const history = await c.query(sql`select id, name, cast(fh_from as varchar) as f, cast(fh_to as varchar) as t,
      cast(extract(hour from fh_from_at at time zone 'UTC') as integer) as began, fh_to_at is null as is_open
    from ${name(node.schema, 'customers_history')} order by id, fh_from`);
  expect(history).toEqual([
    { id: 1, name: 'Ana', f: '1', t: '5', began: 10, is_open: false },
    { id: 1, name: 'Ada', f: '5', t: '9223372036854775807', began: 11, is_open: true },
    { id: 2, name: 'Bob', f: '1', t: '5', began: 10, is_open: false },
  ]);
  const asOf = (instant: string, id = 0) =>
    c.query(sql`select id, name from ${name(node.schema, 'customers_as_of')}(cast(${value(instant)} as timestamptz))
      where id > ${value(id)} order by id`);
  expect(await asOf('2024-01-01 10:30:00+00')).toEqual([
    { id: 1, name: 'Ana' },
    { id: 2, name: 'Bob' },
  ]);
  expect(await asOf('2024-01-01 11:00:00+00')).toEqual([{ id: 1, name: 'Ada' }]);
  await expect(asOf('2023-12-31 10:30:00+00')).rejects.toThrow('has no versions as of that instant');
  await expect(asOf('2023-12-31 10:30:00+00', 77)).rejects.toThrow('has no versions as of that instant');
  await expect(c.query(sql`select id from ${name(node.schema, 'customers_as_of')}(null)`)).rejects.toThrow(
    'has no versions',
  );
});

test('a renamed column has all its versions under its new name', async () => {
  const node = group();
  await publish(c, node);
  await publish(c, { ...node, views: [view({ columns: ['id', 'full_name'], kept: { full_name: 'name' } })] });
  const then = sql`cast('2024-01-01 10:30:00+00' as timestamptz)`;
  expect(await c.query(sql`select full_name from ${name(node.schema, 'customers')}`)).toEqual([{ full_name: 'Ada' }]);
  expect(
    await c.query(sql`select full_name from ${name(node.schema, 'customers_as_of')}(${then}) order by id`),
  ).toEqual([{ full_name: 'Ana' }, { full_name: 'Bob' }]);
});

test('a group of another shape is made anew, and one that is no longer served goes', async () => {
  const node = group({ views: [view(), view({ name: 'others' })] });
  await publish(c, node);
  await publish(c, { ...node, views: [view({ columns: ['name'], history: false })] });
  const left = async () =>
    (
      await c.query(sql`select view_name as name from duckdb_views() where schema_name = ${value(node.schema)}
      union select function_name from duckdb_functions() where schema_name = ${value(node.schema)}`)
    ).map((row) => row.name);
  expect(await left()).toEqual(['customers']);
  expect(await unpublish(c, node)).toEqual([]);
  expect(await left()).toEqual([]);
});
