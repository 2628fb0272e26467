import { expect, onTestFinished, test } from 'vitest';
import { sql } from '../../sql/sql.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, run } from '../testing/fixture.ts';
import { noteRetired, purgeRetired } from './retired.ts';

const day = 86_400_000;
const stream = 'retail/sales/shop';
const kept = { keepsDelta: false } as const;
const whole = dataset('items', ['id'], { id: 'int32', phone: 'text?' }, kept);
const without = dataset('items', ['id'], { id: 'int32' }, kept);
const columns = sql`select table_name || '.' || column_name as of from information_schema.columns
  where table_schema = 'retail__sales__shop' and column_name = 'phone' order by 1`;

async function arrange(retentionMs?: number) {
  const c = await freshStore();
  onTestFinished(() => c[Symbol.asyncDispose]());
  const more = retentionMs === undefined ? {} : { retentionMs };
  await ensureTables(c, [{ ...whole, ...more }]);
  await run(
    c,
    `insert into retail__sales__shop.items (id, phone) values (1, 'x');
    insert into freehold.fh_dataset (address, stream, complete_from) values ('${whole.address}', '${stream}', 1)`,
  );
  await ensureTables(c, [{ ...without, ...more }]);
  for (let i = 0; i < 2; i++) await noteRetired(c, [{ stream, table: { ...without, ...more } }]);
  return c;
}

test('a column that went stays for as long as versions are asked for, and goes then unless others have built on it', async () => {
  const c = await arrange(40 * day);
  const both = [{ of: 'items.phone' }, { of: 'items__history.phone' }];
  expect(await purgeRetired(c, without, Date.now() + 39 * day)).toEqual([]);
  expect(await c.query(columns)).toEqual(both);
  await run(c, 'create view public.mine as select phone from retail__sales__shop.items');
  const [blocked] = await purgeRetired(c, without, Date.now() + 41 * day);
  expect([blocked?.rule, blocked?.message]).toEqual([
    'has-dependants',
    `column 'phone' of table "retail__sales__shop"."items" is to go, and others have built on it: view public.mine. Nothing was changed.`,
  ]);
  expect(await c.query(columns)).toEqual(both.slice(0, 1));
  await run(c, 'drop view public.mine');
  expect(await purgeRetired(c, without, Date.now() + 41 * day)).toEqual([]);
  expect(await c.query(columns)).toEqual([]);
  expect(await c.query(sql`select kept_as from freehold.fh_retired`)).toEqual([]);
});

test('it never goes where versions are kept for ever; one that comes back is to be read anew', async () => {
  const c = await arrange();
  expect(await purgeRetired(c, without, Date.now() + 4000 * day)).toEqual([]);
  expect(await c.query(columns)).toHaveLength(2);
  await noteRetired(c, [{ stream, table: whole }]);
  expect(await c.query(sql`select column_name as of from freehold.fh_unread`)).toEqual([{ of: 'phone' }]);
  expect(await c.query(sql`select kept_as from freehold.fh_retired`)).toEqual([]);
});
