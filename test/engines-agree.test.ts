import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../src/base/must.ts';
import type { Connection } from '../src/engine/connection.ts';
import { engineNamed } from '../src/engines/index.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { literal, name, sql } from '../src/sql/sql.ts';
import { parseType, typeText } from '../src/types/text.ts';
import type { Type } from '../src/types/type.ts';

/** Random values of every type go from PostgreSQL to DuckDB and back: equal canonical texts and hashes all the way. */

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}: FREEHOLD_SEED=${seed} gives the same values again`);

let room: string;
let postgres: Connection;
let duckdb: Connection;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-agree-'));
  const server = await testServer();
  postgres = await (await engineNamed('postgres')).connect(server.access(await server.createDatabase('agree')), 'test');
  const file = { file: join(room, 'agree.duckdb'), memory_limit: '500MB', threads: 2 };
  duckdb = await (await engineNamed('duckdb')).connect({ engine: 'duckdb', label: 'duckdb', fields: file }, 'test');
  for (const c of [postgres, duckdb]) await c.execute(sql`create schema agree`);
});

afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await duckdb[Symbol.asyncDispose]();
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
});

const expressions: readonly (readonly [string, string])[] = [
  ['boolean', 'random() < 0.5'],
  ['int16', '(random() * 65535 - 32768)::int2'],
  ['int64', `('x' || substr(md5(random()::text), 1, 16))::bit(64)::bigint`],
  [
    'decimal(20,6)',
    `(('x' || substr(md5(random()::text), 1, 12))::bit(48)::bigint * 0.000001 * sign(random() - 0.5))::numeric(20,6)`,
  ],
  ['decimal(6,6)', `((random() * 100 - 50)::int * 0.001)::numeric(6,6)`],
  ['decimal', `trim_scale((random() * 10 ^ (random() * 60 - 30))::text::numeric * sign(random() - 0.5)::numeric)`],
  ['float64', `(random() - 0.5) * power(10::float8, random() * 600 - 300)`],
  ['float64', `(random() * 1e17)::bigint::float8`],
  ['float32', `((random() - 0.5) * power(10::float8, random() * 70 - 35))::float4`],
  [
    'text',
    `(select string_agg(chr(c.code), '') from (select 1 + (random() * 1100)::int as code from generate_series(1, (random() * 8 + n * 0)::int)) as c)`,
  ],
  ['binary', `decode(substr(md5(random()::text), 1, 2 * (random() * 16)::int), 'hex')`],
  ['date', `'4713-01-01 BC'::date + (random() * 5000000)::int`],
  ['time', `'00:00'::time + random() * interval '24 hours'`],
  ['timestamp', `'4000-01-01 BC'::timestamp + random() * interval '20000 years'`],
  ['timestamptz', `'4000-01-01 BC'::timestamptz + random() * interval '20000 years'`],
  ['timestamptz', `'1800-01-01'::timestamptz + random() * interval '300 years'`],
  [
    'interval',
    `make_interval((random() * 400 - 200)::int, (random() * 30 - 15)::int, 0, (random() * 80000 - 40000)::int, (random() * 2000 - 1000)::int, 0, random() * 100 - 50)`,
  ],
  ['uuid', 'gen_random_uuid()'],
  [
    'json',
    `jsonb_build_object('k' || (random() * 9)::int, random()::text, 'n', (random() * 1e6)::numeric, 'a', jsonb_build_array(null, chr(1 + (random() * 300)::int)))`,
  ],
  ['array(text)', `array[null, chr(1 + (random() * 200)::int), '"' || chr(92) || (random() * 5)::int, '']`],
  ['array(decimal(9,3))', `array[(random() * 1000)::numeric(9,3), null]`],
  ['array(float64)', `array[random(), random() * 1e300]`],
];

test.each(expressions.map((each, i) => [`${each[0]}, ${i + 1}`, ...each] as const))(
  '%s is the same in both',
  async (_, spelled, expression) => {
    const type = must(parseType(spelled), spelled);
    const [first, second, third] = ['first', 'second', 'third'].map((of) => `${of}_${serial++}`);
    await tableOf(postgres, must(first, ''), type);
    await postgres.query(sql`select setseed(${literal((seed % 100_000) / 100_000)})`);
    await postgres.execute(sql`insert into ${name('agree', must(first, ''))} (n, v)
    select g.n, case when g.n % 50 = 0 then null else ${{ kind: 'sql', texts: [expression], holes: [] }} end from generate_series(1, 2000) as g(n)`);
    await tableOf(duckdb, must(second, ''), type);
    await carry(postgres, must(first, ''), duckdb, must(second, ''), type);
    await tableOf(postgres, must(third, ''), type);
    await carry(duckdb, must(second, ''), postgres, must(third, ''), type);

    const expected = await seen(postgres, must(first, ''), type);
    expect(new Set(expected).size).toBeGreaterThan(1);
    expect(await seen(duckdb, must(second, ''), type)).toEqual(expected);
    expect(await seen(postgres, must(third, ''), type)).toEqual(expected);
  },
);

let serial = 0;

async function tableOf(c: Connection, table: string, type: Type): Promise<void> {
  await c.execute(sql`create table ${name('agree', table)} (n bigint, v ${c.types.physical(type)})`);
}

async function carry(from: Connection, table: string, into: Connection, target: string, type: Type): Promise<void> {
  const staging = `staging_${serial++}`;
  await into.execute(
    sql`create table ${name('agree', staging)} (n bigint, v ${into.types.physical({ kind: 'text' })})`,
  );
  const rows = sql`select r.n, ${from.types.toTransport(type, sql`r.v`)} as v from ${name('agree', table)} as r`;
  await into.copyIn(['agree', staging], ['n', 'v'], from.copyOut(rows, 'csv'), 'csv');
  await into.execute(sql`insert into ${name('agree', target)} (n, v)
    select s.n, ${into.types.fromTransport(type, sql`s.v`)} from ${name('agree', staging)} as s`);
}

async function seen(c: Connection, table: string, type: Type): Promise<readonly string[]> {
  const text = c.types.canonicalText(type, sql`r.v`);
  const rows =
    await c.query(sql`select ${text} as t, cast(${c.types.textHash(text)} as ${c.types.physical({ kind: 'text' })}) as h
    from ${name('agree', table)} as r order by r.n`);
  return rows.map(({ t, h }) => `${String(t)} ${String(h)} ${typeText(type)}`);
}
