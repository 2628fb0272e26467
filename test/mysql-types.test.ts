import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../src/base/must.ts';
import type { Connection } from '../src/engine/connection.ts';
import { capture } from '../src/engines/mysql/capture.ts';
import { catalogue } from '../src/engines/mysql/catalogue.ts';
import {
  columnName,
  createTable,
  insertRow,
  lenient,
  typedColumns,
  typeOf,
} from '../src/engines/mysql/testing/all-types.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { connect as connectPostgres } from '../src/engines/postgres/connection.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { copyRows } from '../src/flow/copy.ts';
import { list, name, sql } from '../src/sql/sql.ts';
import { typeText } from '../src/types/text.ts';

describe.skipIf(noMariadb !== null)('Types of MariaDB', () => {
  let server: Mariadb;
  let database: string;
  const most = Math.max(...typedColumns.map(({ values }) => values.length));
  beforeAll(async () => {
    server = await startMariadb();
    database = await server.createDatabase('types');
    await using c = await open(server, database);
    await c.execute(createTable(database, 't'));
    await c.execute(lenient);
    for (let nth = 0; nth <= most; nth++) await c.execute(insertRow(database, 't', nth, nth));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('columns have the neutral types of their own', async () => {
    await using c = await open(server, database);
    const [table] = (await catalogue(c)).tables;
    expect(table?.columns.slice(1).map((column) => [column.unmapped, column.type && typeText(column.type)])).toEqual(
      typedColumns.map(({ type, neutral = type }) => [null, neutral]),
    );
    expect(table?.key).toEqual(['id']);
  });

  test('every value arrives in PostgreSQL, and has one canonical text on both sides', async () => {
    await using c = await open(server, database);
    const postgres = await testServer();
    await using store = await connectPostgres(postgres.access(await postgres.createDatabase('types')), 'test');
    const columns = [
      { name: 'id', type: typeOf({ type: 'int32' }) },
      ...typedColumns.map((column, i) => ({ name: columnName(i), type: typeOf(column) })),
    ].map((column) => ({ ...column, read: capture.read({ from: column.name, type: column.type }) }));
    await store.execute(
      sql`create table public.t (${list(
        columns.map((column) => sql`${name(column.name)} ${store.types.physical(column.type)}`),
      )})`,
    );
    expect(await copyRows(c, sql`${name(database, 't')}`, columns, store, ['public', 't'])).toBe(most + 1);
    const compared = columns.filter(({ type }) => capture.incomparable?.(type) == null);
    const texts = (of: Connection, read: (column: (typeof columns)[number]) => (typeof columns)[number]['read']) =>
      compared.map((column) => sql`${of.types.canonicalText(column.type, read(column))} as ${name(column.name)}`);
    const here = await c.query(
      sql`select ${list(texts(c, ({ read }) => read))} from ${name(database, 't')} as t order by t.id`,
    );
    const there = await store.query(
      sql`select ${list(texts(store, (column) => sql`${name(column.name)}`))} from public.t order by t.id`,
    );
    for (const [i, { physical }] of typedColumns.entries()) {
      const column = columnName(i);
      if (must(columns[i + 1], 'column').type.kind === 'json') continue;
      expect([physical, here.map((row) => row[column])]).toEqual([physical, there.map((row) => row[column])]);
    }
    expect(here).toEqual(there);
    // Each value is there: a null would be equal to a null.
    for (const [i, { physical, values }] of typedColumns.entries()) {
      const column = columnName(i);
      if (must(columns[i + 1], 'column').type.kind === 'json') continue;
      expect([physical, here.filter((row) => row[column] !== null).length]).toEqual([physical, values.length]);
    }
    const hashes = await Promise.all(
      [c, store].map((of) =>
        of.query(sql`select ${of.types.textHash(of === c ? sql`'žluť' collate utf8mb4_bin` : sql`'žluť'`)} as h`),
      ),
    );
    expect(String(hashes[0]?.[0]?.h)).toBe(String(hashes[1]?.[0]?.h));
  });

  test.each([
    ['date', 'date', "'0000-00-00'", "column 'v': a value is '0000-00-00', which is no date"],
    ['datetime(3)', 'timestamp', "'2024-00-10 10:00:00'", "a value is '2024-00-10', which is no date"],
    ['timestamp', 'timestamptz', "'0000-00-00 00:00:00'", 'which is no date'],
    ['time', 'time', "'-00:00:01'", "a value is '-00:00:01', which is no time of day. Say interval()"],
    ['time', 'time', "'24:00:01'", 'which is no time of day'],
    ['time', 'time', "'838:59:59'", 'which is no time of day'],
  ])('a %s read as %s refuses %s', async (physical, type, value, why) => {
    await using c = await open(server, database);
    await c.execute(lenient);
    await c.execute(sql`create or replace table refused (v ${{ kind: 'sql', texts: [physical], holes: [] }} null)`);
    await c.execute(sql`insert into refused values (${{ kind: 'sql', texts: [value], holes: [] }})`);
    const read = c.types.toTransport(typeOf({ type }), capture.read({ from: 'v', type: typeOf({ type }) }));
    await expect(c.copyOut(sql`select ${read} from refused`, 'csv').toArray()).rejects.toThrow(why);
  });

  test('a value of a flag that is neither is refused by the store', async () => {
    await using c = await open(server, database);
    await c.execute(sql`create or replace table flags (v tinyint(1))`);
    await c.execute(sql`insert into flags values (1), (2)`);
    const read = c.types.toTransport({ kind: 'boolean' }, capture.read({ from: 'v', type: { kind: 'boolean' } }));
    const parts = await c.copyOut(sql`select ${read} from flags`, 'csv').toArray();
    expect(Buffer.concat(parts).toString()).toBe('"t"\n"2"\n');
  });
});
