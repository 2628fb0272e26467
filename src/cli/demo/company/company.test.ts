import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../base/clock.ts';
import { engineNamed } from '../../../engines/index.ts';
import { testServer } from '../../../engines/postgres/testing/server.ts';
import { name, sql } from '../../../sql/sql.ts';
import { companySeed, ensureCompany } from './ensure.ts';
import { generateCompany } from './generate.ts';
import { companyTables } from './schema.ts';
import { simulate, simulateChanges } from './simulate.ts';

async function emptyDatabase() {
  const server = await testServer();
  const postgres = await engineNamed('postgres');
  return postgres.connect(server.access(await server.createDatabase('company')), 'test');
}

test('the same seed makes the same company, another seed another', () => {
  const one = JSON.stringify(generateCompany(7));
  expect(JSON.stringify(generateCompany(7)) === one).toBe(true);
  expect(JSON.stringify(generateCompany(8)) === one).toBe(false);
});

test('an empty database is filled with about 60,000 rows; a filled one is left as it is', async () => {
  await using c = await emptyDatabase();
  const began = Date.now();
  const first = await ensureCompany(c);
  console.log(`filled ${first.rows} rows in ${Date.now() - began} ms`);
  expect(first.filled).toBe(true);
  expect(first.rows).toBeGreaterThan(50_000);
  expect(first.rows).toBeLessThan(75_000);
  await c.execute(sql`delete from shop.page_views where path = '/'`);
  const again = await ensureCompany(c);
  expect(again.filled).toBe(false);
  expect(again.rows).toBeLessThan(first.rows);
});

test('life inserts, updates and deletes, changes keys, and leaves the countries alone', async () => {
  await using c = await emptyDatabase();
  await ensureCompany(c, companySeed);
  const before = await fingerprints(c);
  const made = await simulateChanges(c, { changes: 3_000, seed: 3 });
  expect(made).toBeGreaterThanOrEqual(3_000);
  const after = await fingerprints(c);
  const same = companyTables.map(([, table]) => table).filter((table) => before[table] === after[table]);
  expect(same.sort()).toEqual(['countries', 'depots']);
  expect(await simulateChanges(c, { changes: 200, seed: 3 })).toBeGreaterThanOrEqual(200);
});

test('the rate is about what was asked, and an abort ends it', async () => {
  await using c = await emptyDatabase();
  await ensureCompany(c);
  const ending = new AbortController();
  let nowMs = 0;
  // Time that passes by sleeping alone: two seconds of it, however slow the machine.
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      if (nowMs > 2_000) ending.abort();
      await systemClock.sleep(0);
    },
  };
  const [{ n: before } = {}] = await c.query(sql`select pg_catalog.pg_current_xact_id()::text as n`);
  await simulate(c, { changesPerSecond: 100, signal: ending.signal, clock, seed: 5 });
  const [{ n: after } = {}] = await c.query(sql`select pg_catalog.pg_current_xact_id()::text as n`);
  const transactions = Number(after) - Number(before);
  expect(transactions).toBeGreaterThan(40);
  expect(transactions).toBeLessThan(220);
});

async function fingerprints(c: Awaited<ReturnType<typeof emptyDatabase>>): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [schema, table] of companyTables) {
    const [row] = await c.query(
      sql`select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as v from ${name(schema, table)} as t`,
    );
    found[table] = row?.v;
  }
  return found;
}
