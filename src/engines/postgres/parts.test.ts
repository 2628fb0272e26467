import { expect, test } from 'vitest';
import { run } from '../../flow/testing/fixture.ts';
import { sql, words } from '../../sql/sql.ts';
import { connect } from './connection.ts';
import { parts } from './parts.ts';
import { testServer } from './testing/server.ts';

const kib = 1024;

test('the parts of a table are its rows, each once, those on pages that came later too', async () => {
  const server = await testServer();
  await using c = await connect(server.access(await server.createDatabase('parts')), 'test');
  await run(c, 'create table public.t as select n, repeat(md5(n::text), 10) as text from generate_series(1, 5000) n');
  const found = await parts(c, { schema: 'public', table: 't' }, 256 * kib);
  expect(found.length).toBeGreaterThan(5);
  await run(c, "insert into public.t select n, '' from generate_series(5001, 90000) n");
  const counts = [];
  for (const { where } of found) {
    const [row] = await c.query(sql`select count(*)::int4 as rows from public.t where ${where}`);
    counts.push(Number(row?.rows));
  }
  expect(counts.every((count) => count > 0)).toBe(true);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(90000);
});

test.each([
  ['small', 'create table public.t (n int)'],
  [
    'partitioned',
    'create table public.t (n int) partition by list (n); create table public.t1 partition of public.t default',
  ],
  ['foreign to us, a view', 'create view public.t as select generate_series(1, 9) as n'],
  ['empty and wide', 'create table public.t (n int, m text)'],
])('a table that is %s is one part', async (_, create) => {
  const server = await testServer();
  await using c = await connect(server.access(await server.createDatabase('parts')), 'test');
  await run(c, create);
  expect(await parts(c, { schema: 'public', table: 't' }, 8 * kib)).toMatchObject([{ where: words('true') }]);
});
