import { expect, test } from 'vitest';
import { name, sql } from '../sql/sql.ts';
import { followNames } from './places.ts';
import { rowCheck } from './quality/testing/checks.ts';
import { quarantinedIn } from './quality/waiting.ts';
import { ensureTables } from './tables.ts';
import { catchUp, database, streamOf } from './testing/capturing.ts';
import { dataset, run, tablesOf } from './testing/fixture.ts';

const kept = { keepsDelta: false } as const;
const columns = { id: 'int32', name: 'text?' };
const of = (named: string, current: string, from: string) =>
  dataset(named, ['id'], columns, {
    ...kept,
    current,
    history: `${current}__history`,
    delta: `${current}__delta`,
    from: { schema: 'public', table: from },
  });

test('a renamed dataset goes on in its tables with all its versions; one that takes its name has others', async () => {
  const source = await database(
    'src',
    "create table a (id int primary key, name text); create table b (id int primary key, name text); insert into a values (1, 'one')",
  );
  const store = await database('store');
  const stream = 'retail/sales/shop';
  await catchUp(source, store, [streamOf(stream, [of('a', 'a', 'a')])]);
  await run(source.session, "update a set name = 'uno'");
  await catchUp(source, store, [streamOf(stream, [of('a', 'a', 'a')])]);

  const now = [of('c', 'a', 'a'), of('a', 'a 2', 'b')];
  const placed = now.map((table) => ({ stream, table }));
  expect([...(await followNames(store.session, placed))]).toEqual([['retail/sales/shop.a', 'retail/sales/shop.c']]);
  expect([...(await followNames(store.session, placed))]).toEqual([]);
  await ensureTables(store.session, now);
  await expect(ensureTables(store.session, [of('a', 'a', 'a')])).rejects.toThrow(
    "is of dataset 'retail/sales/shop.c' now, and the plan that runs here says 'retail/sales/shop.a'",
  );
  await run(source.session, "update a set name = 'eins'");
  await run(source.session, "insert into b values (1, 'other')");
  await catchUp(source, store, [streamOf(stream, now)]);
  const [c, a] = [
    await tablesOf(store.session, now[0] ?? of('c', 'a', 'a')),
    await tablesOf(store.session, of('a', 'a 2', 'b')),
  ];
  expect(c.history).toEqual(['1|one|1|2', `1|uno|2|${(c.current[0] ?? '').split('|')[2]}`]);
  expect(c.current).toEqual([expect.stringMatching(/^1\|eins\|\d$/)]);
  expect(a.current).toEqual([expect.stringMatching(/^1\|other\|\d$/)]);
});

test('two datasets exchange their names, and a removed one lets another have its name', async () => {
  const store = await database('store');
  const stream = 'retail/sales/shop';
  await ensureTables(store.session, [of('a', 'a', 'a'), of('b', 'b', 'b'), of('d', 'd', 'd')]);
  await run(
    store.session,
    `insert into freehold.fh_dataset (address, stream, complete_from) values
      ('retail/sales/shop.a', '${stream}', 11), ('retail/sales/shop.b', '${stream}', 12), ('retail/sales/shop.d', '${stream}', 13)`,
  );
  const now = [of('a', 'b', 'b'), of('b', 'a', 'a'), of('d', 'd 2', 'd')].map((table) => ({ stream, table }));
  await followNames(store.session, now);
  expect(
    await store.session.query(
      sql`select address, complete_from::int4 as n from ${name('freehold', 'fh_dataset')} order by n`,
    ),
  ).toEqual([
    { address: 'retail/sales/shop.b', n: 11 },
    { address: 'retail/sales/shop.a', n: 12 },
    { address: 'retail/sales/shop.d (in d)', n: 13 },
  ]);
});

test('changes that wait in quarantine are those of the dataset under its new name', async () => {
  const store = await database('store');
  const stream = 'retail/sales/shop';
  const checked = (named: string) => ({ ...of(named, 'a', 'a'), checks: [rowCheck('present', 'name', 'divert')] });
  await ensureTables(store.session, [checked('a')]);
  const before = await quarantinedIn(store.session, checked('a'));
  await followNames(store.session, [{ stream, table: checked('c') }]);
  const [now] = await ensureTables(store.session, [checked('c')]);
  expect(before.quarantine).toEqual(expect.stringContaining('quarantine'));
  expect(now?.quarantine).toBe(before.quarantine);
});
