import { beforeAll, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { list, name, sql, words } from '../../sql/sql.ts';
import { typeText } from '../../types/text.ts';
import { capture } from './capture.ts';
import { catalogue } from './catalogue.ts';
import { connect } from './connection.ts';
import { testServer } from './testing/server.ts';

let access: Access;
beforeAll(async () => {
  const server = await testServer();
  access = server.access(await server.createDatabase('catalogue'));
  await using c = await connect(access, 'test');
  await c.execute(sql`create extension citext schema public; create extension hstore schema public`);
  await c.execute(sql`
    create type public.mood as enum ('sad', 'it''s fine', 'Žádná');
    create domain public.percent as numeric(5,2) check (value between 0 and 100);
    create domain public.tags as text[];
    create type public.pair as (a integer, b integer)`);
});

const mapped: readonly (readonly [string, string])[] = [
  ['boolean', 'boolean'],
  ['smallint', 'int16'],
  ['integer', 'int32'],
  ['bigint', 'int64'],
  ['oid', 'int64'],
  ['numeric', 'decimal'],
  ['numeric(12,2)', 'decimal(12,2)'],
  ['numeric(9,0)', 'decimal(9,0)'],
  ['numeric(3,-2)', 'decimal(5,0)'],
  ['numeric(2,4)', 'decimal(4,4)'],
  ['real', 'float32'],
  ['double precision', 'float64'],
  ['character(3)', 'char(3)'],
  ['"char"', 'text'],
  ['character varying(40)', 'varchar(40)'],
  ['character varying', 'text'],
  ['text', 'text'],
  ['name', 'text'],
  ['public.citext', 'text'],
  ['bytea', 'binary'],
  ['date', 'date'],
  ['time without time zone', 'time'],
  ['time(3) without time zone', 'time(3)'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamp(0) without time zone', 'timestamp(0)'],
  ['timestamp with time zone', 'timestamptz'],
  ['timestamp(3) with time zone', 'timestamptz(3)'],
  ['interval', 'interval'],
  ['uuid', 'uuid'],
  ['json', 'json'],
  ['jsonb', 'json'],
  ['public.mood', "enum('sad','it''s fine','Žádná')"],
  ['public.percent', 'decimal(5,2)'],
  ['public.tags', 'array(text)'],
  ['integer[]', 'array(int32)'],
  ['character varying(10)[]', 'array(varchar(10))'],
  ['numeric(12,2)[]', 'array(decimal(12,2))'],
  ['public.mood[]', "array(enum('sad','it''s fine','Žádná'))"],
  ['timestamp(3) with time zone[]', 'array(timestamptz(3))'],
];

const unmapped = [
  ...[
    'money',
    'bit(3)',
    'bit varying(5)',
    'inet',
    'cidr',
    'macaddr',
    'xml',
    'time with time zone',
    'tsvector',
    'point',
    'pg_lsn',
  ],
  ...[
    'int4range',
    'int4multirange',
    'public.pair',
    'public.hstore',
    'integer[][]',
    'money[]',
    'public.tags[]',
    'int2vector',
  ],
];

test('columns have the neutral types of their own', async () => {
  await using c = await connect(access, 'test');
  const columns = await columnsOf(
    c,
    'mapped',
    mapped.map(([physical]) => physical),
  );
  expect(columns.map(({ physical, type }) => [physical, type === null ? null : typeText(type)])).toEqual(mapped);
});

test('a column of no neutral type says why, and what to do', async () => {
  await using c = await connect(access, 'test');
  const columns = await columnsOf(c, 'unmapped', unmapped);
  for (const column of columns) {
    expect(column).toMatchObject({
      type: null,
      unmapped: expect.stringMatching(/^'.+' is .+\. .*[Ll]eave the column out\.$/),
    });
  }
});

test('every mapped column is read as the physical type of its neutral type', async () => {
  await using c = await connect(access, 'test');
  const columns = await columnsOf(
    c,
    'read',
    mapped.map(([physical]) => physical),
  );
  const reads = columns.map((column) => capture.read({ from: column.name, type: must(column.type, 'type') }));
  const wanted = columns.map((column) => sql`null::${c.types.physical(must(column.type, 'type'))}`);
  // A union of different types, were there any, would be refused or take a third.
  await c.execute(
    sql`create table public.as_read as select ${list(reads.map((read, i) => sql`${read} as ${name(`c${i}`)}`))} from public.read`,
  );
  await c.execute(
    sql`create table public.as_wanted as select ${list(wanted.map((of, i) => sql`${of} as ${name(`c${i}`)}`))}`,
  );
  const typesOf = (table: string) =>
    c.query(sql`select attname::text, format_type(atttypid, atttypmod) from pg_attribute
      where attrelid = ${words(`'public.${table}'`)}::regclass and attnum > 0 order by attnum`);
  expect(await typesOf('as_read')).toEqual(await typesOf('as_wanted'));
});

test('blanks at the end of char and the order of json members carry no meaning once read', async () => {
  await using c = await connect(access, 'test');
  await c.execute(
    sql`create table public.blanks as select 'ab'::char(5) as c, array['ab'::char(5)] as cs, '{"b":1,  "a":2}'::json as j`,
  );
  const read = (from: string, type: Parameters<typeof capture.read>[0]['type']) => capture.read({ from, type });
  const rows = await c.query(sql`select ${read('c', { kind: 'char', length: 5 })} || '.' as c,
    ${read('cs', { kind: 'array', of: { kind: 'char', length: 5 } })}::text as cs, ${read('j', { kind: 'json' })}::text as j from public.blanks`);
  expect(rows).toEqual([{ c: 'ab.', cs: '{ab}', j: '{"a": 2, "b": 1}' }]);
});

test('tables come with keys in their order, comments, estimates, and partitions as one', async () => {
  await using c = await connect(access, 'test');
  await c.execute(sql`
    create schema shop;
    create table shop.lines (gone text, note text, line integer, "order" integer, twice integer generated always as (line * 2) stored,
      primary key ("order", line) include (note));
    comment on table shop.lines is 'What was ordered';
    comment on column shop.lines.note is 'Free text';
    alter table shop.lines drop column gone;
    create table shop.events (at date not null, n integer) partition by range (at);
    create table shop.events_2024 partition of shop.events for values from ('2024-01-01') to ('2025-01-01');
    create table shop.events_rest partition of shop.events default;
    insert into shop.events select '2024-01-01'::date + n, n from generate_series(1, 1000) as g(n);
    create view shop.shown as select line from shop.lines;
    create materialized view shop.kept as select line from shop.lines;
    create temporary table passing (n integer);
    create table shop.empty ();
    analyze shop.events`);
  const { tables } = await catalogue(c);
  const shop = tables.filter(({ schema }) => schema === 'shop');
  expect(shop.map(({ name: of, key, comment, estimatedRows }) => ({ of, key, comment, estimatedRows }))).toEqual([
    { of: 'empty', key: [], comment: null, estimatedRows: null },
    { of: 'events', key: [], comment: null, estimatedRows: 1000 },
    { of: 'lines', key: ['order', 'line'], comment: 'What was ordered', estimatedRows: null },
  ]);
  expect(shop[1]?.bytes).toBeGreaterThan(8000);
  expect(shop[2]?.columns).toEqual([
    { ...column('note', 'text'), type: { kind: 'text' }, comment: 'Free text' },
    { ...column('line', 'integer'), nullable: false },
    { ...column('order', 'integer'), nullable: false },
    { ...column('twice', 'integer'), generated: true },
  ]);
  expect(tables.filter(({ schema }) => schema === 'pg_catalog' || schema.startsWith('pg_'))).toEqual([]);
});

function column(of: string, physical: string) {
  return {
    ...{ name: of, physical, type: { kind: 'int', bits: 32 }, unmapped: null },
    ...{ nullable: true, comment: null, generated: false },
  };
}

async function columnsOf(c: Connection, table: string, physical: readonly string[]) {
  const columns = list(physical.map((of, i) => sql`${name(`c${i}`)} ${words(of)}`));
  await c.execute(sql`create table ${name('public', table)} (${columns})`);
  const found = (await catalogue(c)).tables.find((of) => of.name === table);
  return must(found, table).columns;
}
