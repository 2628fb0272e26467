import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import type { SourceTable } from '../../../engine/capture.ts';
import type { Access } from '../../../engine/engine.ts';
import { words } from '../../../sql/sql.ts';
import { parseType } from '../../../types/text.ts';
import { postgres } from '../engine.ts';
import { logged } from '../log/testing/source.ts';
import { type TestServer, testServer } from '../testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

const customers = table('customers', ['id'], { id: 'int32', name: 'text' });

test('a table with a primary key can be read both ways by an administrator', async () => {
  const source = await sourceWith('create table customers (id int primary key, name text not null)');
  expect(await source.preflight('snapshot', [customers])).toEqual([]);
  expect(await source.preflight('cdc', [customers])).toEqual([]);
});

test('a preflight changes nothing', async () => {
  const source = await sourceWith('create table customers (id int primary key, name text not null)');
  await source.preflight('cdc', [customers]);
  expect(await source.rows('select 1 from pg_publication')).toEqual([]);
  expect(await source.rows('select 1 from pg_replication_slots where database = current_database()')).toEqual([]);
});

test('a table, a column or a type that is not as the model says is found', async () => {
  const source = await sourceWith('create table customers (id bigint primary key, tag point not null, note text)');
  const tables = [
    table('customers', ['id'], { id: 'int32', name: 'text', tag: 'text', note: 'text' }),
    table('Customers', [], { id: 'int32' }),
  ];
  expect(said(await source.preflight('snapshot', tables))).toEqual([
    [
      'z/t/d.customers#id',
      'source-type-changed',
      'Write int64 in the model (freehold sync does), or change the column back.',
    ],
    [
      'z/t/d.customers#name',
      'source-column-missing',
      "Correct 'from' of the column, or take the column out of the dataset.",
    ],
    [
      'z/t/d.customers#tag',
      'source-unmapped-type',
      'Take the column out of the dataset, or change it at the source as said.',
    ],
    ['z/t/d.customers#note', 'source-nullable', 'Say nullable: true of the column, or set it not null at the source.'],
    [
      'z/t/d.Customers',
      'source-table-missing',
      "Correct 'from' of the dataset, or create the table. Names are compared exactly, upper and lower case included.",
    ],
  ]);
});

test('a large table that is read by a column without an index is a warning', async () => {
  const source = await sourceWith(`create table customers (id int primary key, name text not null);
    insert into customers select n, repeat('x', 1000) from generate_series(1, 10000) n; analyze customers`);
  const byName = { ...customers, watermark: 'name' };
  const findings = await source.preflight('snapshot', [byName, { ...customers, watermark: 'id' }]);
  expect(findings.map(({ severity }) => severity)).toEqual(['warning']);
  expect(said(findings)).toEqual([
    [
      'z/t/d.customers',
      'source-watermark-index',
      'As its owner:  create index concurrently on "public"."customers" ("name");',
    ],
  ]);
});

test('a key that may be null or is not unique at the source is found', async () => {
  const source = await sourceWith(
    'create table customers (id int, name text not null); alter table customers replica identity full',
  );
  expect((await source.preflight('cdc', [customers])).map(({ rule, severity }) => [rule, severity])).toEqual([
    ['source-key-nullable', 'error'],
    ['source-key-not-unique', 'error'],
  ]);
});

test('a key that is unique only at the end of a statement is no key for the log', async () => {
  const source = await sourceWith(
    'create table customers (id int primary key deferrable, name text not null); alter table customers replica identity full',
  );
  const found = async (mode: 'cdc' | 'snapshot') =>
    (await source.preflight(mode, [customers])).map(({ rule, severity }) => [rule, severity]);
  expect(await found('cdc')).toEqual([['source-key-not-unique', 'error']]);
  expect(await found('snapshot')).toEqual([['source-key-not-unique', 'warning']]);
});

test.each([
  [
    'a table without a key',
    'create table customers (id int not null unique, name text not null)',
    ['source-replica-identity'],
  ],
  [
    'nothing logged of the old row',
    'create table customers (id int primary key, name text not null); alter table customers replica identity nothing',
    ['source-replica-identity'],
  ],
  [
    'another key than the model',
    'create table customers (id int not null unique, name text primary key)',
    ['source-replica-identity'],
  ],
  [
    'the whole row logged',
    'create table customers (id int not null unique, name text not null); alter table customers replica identity full',
    [],
  ],
  [
    'an index as identity',
    'create table customers (id int not null, name text not null); create unique index i on customers (id); alter table customers replica identity using index i',
    [],
  ],
  [
    'partitions with a key',
    'create table customers (id int primary key, name text not null) partition by range (id); create table c1 partition of customers for values from (0) to (9)',
    [],
  ],
  [
    'a partition without identity',
    'create table customers (id int primary key, name text not null) partition by range (id); create table c1 partition of customers for values from (0) to (9); alter table c1 replica identity nothing',
    ['source-replica-identity'],
  ],
  [
    'an unlogged table',
    'create unlogged table customers (id int primary key, name text not null)',
    ['source-unlogged'],
  ],
  [
    'a parent of others',
    'create table customers (id int primary key, name text not null); create table c1 () inherits (customers)',
    ['source-inheritance'],
  ],
  [
    'a generated column',
    "create table customers (id int primary key, name text not null generated always as ('x') virtual)",
    ['source-generated-column'],
  ],
  ['a view', "create view customers as select 1 as id, 'x'::text as name", ['source-table-missing']],
])('the log of %s is judged', async (_, setup, rules) => {
  const source = await sourceWith(setup);
  const found = await source.preflight('cdc', [customers]);
  expect(found.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toEqual(rules);
});

test('the help of a missing replica identity is the statement that makes one', async () => {
  const source = await sourceWith('create table customers (id int not null unique, name text not null)');
  const [finding] = await source.preflight('cdc', [customers]);
  const statement = must(/alter table [^;]+;/.exec(must(finding, 'finding').help), 'statement')[0];
  await source.run(statement);
  expect(await source.preflight('cdc', [customers])).toEqual([]);
});

test('where we may not publish, the statements for whoever may are exact, and we go on with what they made', async () => {
  const source = await sourceWith(`create table customers (id int primary key, name text not null);
    create table events (what text not null)`);
  const reader = await source.role();
  await source.run(`alter role ${reader.name} replication; grant select on customers, events to ${reader.name}`);
  const wanted = [customers, table('events', [], { what: 'text' })];
  const name = reader.name.replace('_reader', '_capture');
  const [found, ...more] = await reader.preflight('cdc', wanted, name);
  expect(more).toEqual([]);
  expect(found).toMatchObject({ rule: 'source-publication-right', address: null });
  const statements = must(found, 'finding').help.match(/create publication [^;]+;/g) ?? [];
  expect(statements).toHaveLength(2);
  const opened = () => must(postgres.capture?.log, 'log').open(reader.access, name, logged(wanted, null), tmpdir());
  await expect(opened()).rejects.toThrow(must(statements[0], 'statement'));
  for (const statement of statements) await source.run(statement);
  expect(await reader.preflight('cdc', wanted, name)).toEqual([]);
  const opening = await opened();
  expect(opening).toMatchObject({ kind: 'open', log: { isNew: true } });
  if (opening.kind === 'open') await opening.log[Symbol.asyncDispose]();
  // What is theirs stays theirs.
  await must(postgres.capture?.log, 'log').drop(reader.access, name);
  expect(await source.rows('select count(*)::int4 as n from pg_publication')).toEqual([{ n: 2 }]);
});

test.each([
  ['unlogged', 'create unlogged table c2 partition of customers for values from (10) to (19)', 'is unlogged'],
  [
    'foreign',
    `create foreign data wrapper w; create server s foreign data wrapper w;
     create foreign table c2 partition of customers for values from (10) to (19) server s`,
    'is a foreign table',
  ],
])('a partition that is %s is found: its changes are in no log of this server', async (_, setup, said) => {
  const source = await sourceWith(`create table customers (id int not null, name text not null) partition by range (id);
    create table c1 partition of customers for values from (0) to (9); ${setup}`);
  const found = await source.preflight('cdc', [{ ...customers, key: [] }]);
  expect(found.map(({ rule }) => rule)).toEqual(['source-unlogged']);
  expect(found[0]?.message).toContain(said);
});

test('a keyless table is read from the log without a replica identity', async () => {
  const source = await sourceWith('create table customers (id int not null, name text not null)');
  expect(await source.preflight('cdc', [{ ...customers, key: [] }])).toEqual([]);
});

test('a role without rights is told each right that it lacks, in statements that give them', async () => {
  const source = await sourceWith(
    'create schema shop; create table shop.customers (id int primary key, name text not null)',
  );
  const reader = await source.role();
  const wanted = [{ ...customers, schema: 'shop' }];
  const lacking = await reader.preflight('cdc', wanted);
  expect(lacking.map(({ rule }) => rule)).toEqual([
    'source-replication-right',
    'source-grant',
    'source-grant',
    'source-publication-right',
  ]);
  for (const { help } of lacking) {
    for (const [statement] of help.matchAll(/(?:alter role|grant) [^;]+;/g)) await source.run(statement);
  }
  expect(await reader.preflight('cdc', wanted)).toEqual([]);
});

test('a snapshot needs no more than to select the columns', async () => {
  const source = await sourceWith('create table customers (id int primary key, name text not null, secret text)');
  const reader = await source.role();
  expect((await reader.preflight('snapshot', [customers])).map(({ help }) => help)).toEqual([
    expect.stringContaining('grant select ("id", "name") on "public"."customers"'),
  ]);
  await source.run(`grant select (id, name) on customers to ${reader.name}`);
  expect(await reader.preflight('snapshot', [customers])).toEqual([]);
});

test('row security that filters is an error, and a filtered select fails rather than giving fewer rows', async () => {
  const source = await sourceWith(`create table customers (id int primary key, name text not null);
    alter table customers enable row level security; create policy p on customers using (id > 5)`);
  const reader = await source.role();
  await source.run(`grant select on customers to ${reader.name}`);
  expect((await reader.preflight('snapshot', [customers])).map(({ rule }) => rule)).toEqual(['source-row-security']);
  await expect(reader.rows('select id from public.customers')).rejects.toThrow('row-level security');
});

test('every rule has a page, and every page a rule', () => {
  const here = new URL('.', import.meta.url);
  const code = ['server.ts', 'table.ts', 'column.ts', 'publication.ts', 'watermark.ts']
    .map((file) => readFileSync(new URL(file, here), 'utf8'))
    .join('');
  const rules = new Set([...code.matchAll(/'(source-[a-z-]+)'/g)].map(([, rule]) => rule));
  const folder = new URL('../../../../docs/rules/', here);
  const pages = readdirSync(folder).filter(
    (page) =>
      page.startsWith('source-') &&
      /asked of the real server\. PostgreSQL/.test(readFileSync(new URL(page, folder), 'utf8')),
  );
  expect(new Set(pages.map((page) => page.replace('.md', '')))).toEqual(rules);
});

function table(name: string, key: readonly string[], columns: Readonly<Record<string, string>>): SourceTable {
  return {
    address: `z/t/d.${name}`,
    schema: 'public',
    table: name,
    key,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      from: column,
      type: must(parseType(type), type),
      nullable: false,
    })),
  };
}

function said(findings: readonly { readonly address: string | null; readonly rule: string; readonly help: string }[]) {
  return findings.map(({ address, rule, help }) => [address, rule, help]);
}

async function sourceWith(setup: string) {
  const access = server.access(await server.createDatabase('preflight'));
  const administrator = sourceAt(access);
  await administrator.run(setup);
  return {
    ...administrator,
    role: async () => {
      const name = `${String(access.fields.database)}_reader`;
      await administrator.run(`create role ${name} login password 'only for this test'`);
      return {
        ...sourceAt({ ...access, fields: { ...access.fields, user: name, password: 'only for this test' } }),
        name,
      };
    },
  };
}

function sourceAt(access: Access) {
  return {
    /** Any number of statements. */
    run: async (text: string) => {
      await using c = await postgres.connect(access, 'test');
      await c.execute(words(`set search_path = public; ${text}`));
    },
    rows: async (text: string) => {
      await using c = await postgres.connect(access, 'test');
      return await c.query(words(text));
    },
    access,
    preflight: async (mode: 'snapshot' | 'cdc', tables: readonly SourceTable[], name?: string) => {
      await using c = await postgres.connect(access, 'test');
      return await must(postgres.capture, 'capture').preflight(c, mode, tables, name);
    },
  };
}
