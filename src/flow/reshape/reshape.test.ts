import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { Fenced } from '../checkpoint.ts';
import { briefly } from '../locks.ts';
import { dropWithin, publish, publishWithin } from '../publish/publish.ts';
import { group, view } from '../publish/testing/group.ts';
import { buildKey, ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, tablesOf } from '../testing/fixture.ts';
import { prepareTypes, swapTypes, type Views } from './reshape.ts';

const stream = 'retail/sales/shop';
const before = { id: 'int32', amount: 'int32?', price: 'decimal(10,2)?', code: 'text?', note: 'text?' };
const after = { id: 'int64', amount: 'int64?', price: 'decimal(12,2)?', code: 'int32?', note: 'text?' };
const was = dataset('items', ['id'], before);
const is = dataset('items', ['id'], after);

const noViews: Views = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };

function viewsOf(c: Connection, node: ReturnType<typeof group>): Views {
  return { schemas: [node.schema], drop: () => dropWithin(c, node), publish: () => publishWithin(c, node) };
}

function groupOf(table: StreamDataset) {
  return { name: 'items', stream, table, columns: table.columns.map((column) => column.name), history: true };
}

async function arrange() {
  const c = await freshStore();
  onTestFinished(() => c[Symbol.asyncDispose]());
  let held = await openStream(c, [was]);
  await run(
    c,
    `insert into freehold.fh_dataset (address, stream, complete_from) values ('${was.address}', '${stream}', 1)`,
  );
  const staged = (ordinal: bigint, id: number, ...rest: (string | number | null)[]) =>
    ({ ordinal, op: 'upsert', row: [id, ...rest] }) as const;
  held = (
    await mergeChanges(
      c,
      was,
      held,
      [staged(1n, 1, 10, '1.50', '7', 'a'), staged(1n, 2, 20, '2.50', '007', 'b'), staged(1n, 3, null, null, 'x', 'c')],
      1n,
    )
  ).held;
  held = (await mergeChanges(c, was, held, [staged(2n, 1, 11, '1.50', '8', 'a')], 2n)).held;
  return { c, held, staged };
}

const typesOf = sql`select table_name, column_name, data_type from information_schema.columns
  where table_schema = 'retail__sales__shop' and column_name in ('id', 'amount', 'price', 'code') and table_name = 'items'
  order by ordinal_position`;

test('columns get other types while rows are merged and read: versions stay, views switch at once', async () => {
  const { c, held, staged } = await arrange();
  const node = group({ views: [view(groupOf(was))] });
  expect(await publish(c, node)).toEqual([]);
  await ensureTables(c, [is], 'left');
  await using other = await c.again();
  let now = held;
  let parts = 0;
  const findings = await prepareTypes(c, [{ stream, table: is }], async () => {
    parts++;
    // Somebody who knows nothing of it merges on.
    const ordinal = now.ordinal + 1n;
    now = (await mergeChanges(other, was, now, [staged(ordinal, 2, 20 + parts, '9.99', String(parts), 'b')], ordinal))
      .held;
  });
  expect(parts).toBeGreaterThan(3);
  expect(findings.map(({ rule, address }) => [rule, address])).toEqual([
    ['values-not-converted', 'retail/sales/shop.items#code'],
    ['values-not-converted', 'retail/sales/shop.items#code'],
    ['values-not-converted', 'retail/sales/shop.items#code'],
  ]);
  const seen = async () =>
    (
      await c.query(
        sql`select pg_typeof(amount)::text as amount, pg_typeof(id)::text as id from ${name(node.schema, 'items')} limit 1`,
      )
    )[0];
  expect(await seen()).toEqual({ amount: 'integer', id: 'integer' });
  const shown = group({ ...node, views: [view(groupOf(is))] });
  expect(await swapTypes(c, [{ stream, table: is }], viewsOf(c, shown))).toEqual([]);
  expect(await seen()).toEqual({ amount: 'bigint', id: 'bigint' });
  expect((await c.query(typesOf)).map((row) => `${String(row.column_name)} ${String(row.data_type)}`).sort()).toEqual([
    'amount bigint',
    'code integer',
    'id bigint',
    'price numeric',
  ]);
  await expect(
    mergeChanges(other, was, now, [staged(now.ordinal + 1n, 2, 1, '1.00', '1', 'b')], now.ordinal + 1n),
  ).rejects.toThrow(Fenced);
  const tables = await tablesOf(c, is);
  expect(tables.current).toEqual([`1|11|1.50|8|a|2`, `2|${20 + parts}|9.99|${parts}|b|${now.ordinal}`, '3|~|~|~|c|1']);
  expect(tables.history).toContain('1|10|1.50|7|a|1|2');
  expect(tables.history).toContain('2|20|2.50|~|b|1|3');
  expect(tables.history).toHaveLength(parts + 1);
  expect(await c.query(sql`select column_name as of from freehold.fh_unread`)).toEqual([{ of: 'code' }]);
  // Merging goes on by the plan of now, with a value that only the new type holds.
  await run(c, 'select 1');
  const next = { ...now, epoch: now.epoch + 1n };
  const merged = await mergeChanges(
    c,
    is,
    next,
    [staged(next.ordinal + 1n, 3_000_000_000, 4_000_000_000, '1234567890.00', '5', 'd')],
    next.ordinal + 1n,
  );
  expect(merged.changes).toEqual({ 'retail/sales/shop.items': 1 });
  await expect(run(c, 'insert into retail__sales__shop.items (id) values (1)')).rejects.toThrow('items_pkey');
  // Twice changes nothing.
  expect(await prepareTypes(c, [{ stream, table: is }])).toEqual([]);
  expect(await swapTypes(c, [{ stream, table: is }], noViews)).toEqual([]);
  await ensureTables(c, [is]);
  await buildKey(c, is);
});

test('a reader that holds its transaction open delays the switch and nobody else, and is named where it does so for long', async () => {
  const { c, held } = await arrange();
  const node = group({ views: [view(groupOf(was))] });
  await publish(c, node);
  await using reader = await c.again();
  await using other = await c.again();
  const shown = group({ ...node, views: [view(groupOf(is))] });
  const kept = [{ stream, table: is }];
  await prepareTypes(c, kept);
  let release = () => {};
  const reading = new Promise<void>((resolve) => {
    release = resolve;
  });
  const open = reader.transaction(async () => {
    await reader.query(sql`select amount from ${name(node.schema, 'items')}`);
    await reading;
    return reader.query(sql`select pg_typeof(amount)::text as of from ${name(node.schema, 'items')} limit 1`);
  });
  const switching = swapTypes(c, kept, viewsOf(c, shown));
  // While the switch is tried again and again, others read, at once or after a few tenths of a second.
  for (let i = 0; i < 10; i++) {
    const startedMs = performance.now();
    await other.query(sql`select count(amount)::int4 as n from ${name(node.schema, 'items')}`);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  }
  release();
  expect(await open).toEqual([{ of: 'integer' }]);
  expect(await switching).toEqual([]);
  expect(held.ordinal).toBe(2n);

  await using another = await c.again();
  const blocking = another.transaction(async () => {
    await another.query(sql`select amount from ${name('retail__sales__shop', 'items')}`);
    const more = dataset('items', ['id'], { ...after, more: 'int32?' });
    const waiting = briefly(
      c,
      ['retail__sales__shop'],
      () => run(c, 'alter table retail__sales__shop.items add column more int'),
      500,
    );
    await expect(waiting).rejects.toThrow(
      /waits for a lock that others hold.*session \d+ of '.+' \(flow test\), in a transaction since .* UTC, its last statement begun at .*, on retail__sales__shop\.items/,
    );
    return more;
  });
  await ensureTables(c, [await blocking]);
});

test("others' objects on a column block its change and are named; what they did not build on goes on", async () => {
  const { c } = await arrange();
  const node = group({ views: [view(groupOf(was))] });
  await publish(c, node);
  await run(
    c,
    `create view public.mine as select amount from retail__sales__shop.items; create index mine_too on retail__sales__shop.items (amount);
    create view public.over as select amount from "${node.schema}".items`,
  );
  const kept = [{ stream, table: is }];
  const [blocked] = await prepareTypes(c, kept);
  expect([blocked?.rule, blocked?.address, blocked?.message]).toEqual([
    'has-dependants',
    'retail/sales/shop.items#amount',
    `column 'amount' of table "retail__sales__shop"."items" is to be bigint, and others have built on it: index retail__sales__shop.mine_too; view public.mine. Nothing was changed.`,
  ]);
  await run(c, 'drop view public.mine; drop index retail__sales__shop.mine_too');
  expect((await prepareTypes(c, kept)).every(({ severity }) => severity === 'warning')).toBe(true);
  const shown = viewsOf(c, group({ ...node, views: [view(groupOf(is))] }));
  const [onView] = await swapTypes(c, kept, shown);
  expect([onView?.rule, onView?.message]).toEqual([
    'has-dependants',
    expect.stringContaining('view public.over depends on view'),
  ]);
  expect((await c.query(typesOf)).map((row) => row.data_type)).toContain('integer');
  await run(c, 'drop view public.over');
  expect(await swapTypes(c, kept, shown)).toEqual([]);
});

test('a plan that changes its mind before the switch leaves nothing behind', async () => {
  const { c } = await arrange();
  await prepareTypes(c, [{ stream, table: is }]);
  const text = dataset('items', ['id'], { ...before, amount: 'text?' });
  await prepareTypes(c, [{ stream, table: text }]);
  const shadows = sql`select table_name, column_name, into_type from freehold.fh_shadow order by 1, 2`;
  expect(await c.query(shadows)).toEqual(
    ['items', 'items__delta', 'items__history'].map((table_name) => ({
      table_name,
      column_name: 'amount',
      into_type: 'text',
    })),
  );
  await prepareTypes(c, [{ stream, table: was }]);
  expect(await c.query(shadows)).toEqual([]);
  const left = sql`select count(*)::int4 as n from information_schema.columns where table_schema = 'retail__sales__shop' and column_name like 'fh#_new%' escape '#'`;
  expect(await c.query(left)).toEqual([{ n: 0 }]);
  expect(
    await c.query(
      sql`select count(*)::int4 as n from pg_proc where proname like 'fh#_both%' escape '#' or proname like 'fh#_as#_%' escape '#'`,
    ),
  ).toEqual([{ n: 0 }]);
});
