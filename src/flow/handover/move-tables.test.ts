import { expect, onTestFinished, test } from 'vitest';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { publish } from '../publish/publish.ts';
import { group, view } from '../publish/testing/group.ts';
import { putTogether, setApart } from '../reshape/layout.ts';
import { dataset, freshStore, mergeChanges, openStream } from '../testing/fixture.ts';
import { moveTables } from './move-tables.ts';

const stream = 'retail/sales/shop';
const items = dataset('items', ['id'], { id: 'int32', note: 'text?' }, { keepsDelta: false });
const moved: StreamDataset = {
  ...items,
  address: 'retail/sales/hive.items',
  schema: 'retail__sales__hive',
};
const noViews = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };

test.each([
  ['in two tables', false],
  ['set apart by an apply that was cut', true],
])(
  "readers' views of before answer as of any instant while a dataset's tables, %s, have moved and views are not made anew",
  async (_, isCut) => {
    const c = await freshStore();
    onTestFinished(() => c[Symbol.asyncDispose]());
    let held = await openStream(c, [items]);
    await recordLoaded(c, stream, items.address, { completeFrom: 1n, position: null, deltaFrom: null });
    for (const [ordinal, note] of [
      [1n, 'a'],
      [2n, 'b'],
      [3n, 'c'],
    ] as const)
      held = (await mergeChanges(c, items, held, [{ ordinal, op: 'upsert', row: [1, note] }], ordinal)).held;
    const all = [{ stream, table: items }];
    if (isCut) expect(await putTogether(c, [{ stream, table: { ...items, layout: 'history' } }], noViews)).toEqual([]);
    const columns = items.columns.map((column) => column.name);
    const node = group({ views: [view({ name: 'items', stream, table: items, columns, history: true })] });
    expect(await publish(c, node)).toEqual([]);
    if (isCut) expect(await setApart(c, all)).toEqual([]);
    const seen = async () => {
      const found = [];
      for (const ms of [1, 2, 3, 900])
        found.push(
          await c.query(sql`select * from ${name(node.schema, 'items_as_of')}(
          cast(${value('2026-01-01 00:00:00Z')} as timestamptz) + ${value(ms)}::int * interval '1 millisecond')`),
        );
      const early = c.query(sql`select * from ${name(node.schema, 'items_as_of')}('2025-12-31 00:00:00Z')`);
      await expect(early).rejects.toThrow('has no versions as of that instant');
      return [...found, await c.query(sql`select * from ${name(node.schema, 'items_history')} order by fh_from`)];
    };
    const before = await seen();
    expect(before.slice(0, 4)).toEqual(
      [['a'], ['b'], ['c'], ['c']].map((notes) => notes.map((note) => ({ id: 1, note }))),
    );
    // There, back, and there again.
    for (const [from, to] of [
      [items, moved],
      [moved, items],
      [items, moved],
    ] as const) {
      expect(await moveTables(c, [{ from, to }])).toEqual([]);
      if (to === moved) expect(await seen()).toEqual(before);
    }
    const tables = await c.query(
      sql`select count(*)::int as n from information_schema.tables where table_schema = ${value(items.schema)}`,
    );
    expect(tables).toEqual([{ n: 0 }]);
    // Made anew by the address that it has now.
    const anew = { ...node, views: [view({ name: 'items', stream, table: moved, columns, history: true })] };
    expect(await publish(c, anew)).toEqual([]);
    expect(await seen()).toEqual(before);
  },
);
