import { expect } from 'vitest';
import type { Deed } from '../../src/review/compatibility/ways.ts';
import { list, name, type Sql, sql } from '../../src/sql/sql.ts';
import type { Type } from '../../src/types/type.ts';
import { dropViews, files, type Kept, makeViews, refusesDouble, rows, seen, versions } from './kept.ts';

const int32: Type = { kind: 'int', bits: 32 };
const v = { name: 'v', type: int32 };
const added = { name: 'added', type: int32 };
const all = [rows, 2 * rows];

/** Carries out a change of the model as the table of compatibility claims, and looks. */
export type ModelDeed = (kept: Kept, engine: string) => Promise<void>;

const views = (change: (kept: Kept) => Promise<void>) => (kept: Kept) =>
  kept.c.transaction(async () => {
    await dropViews(kept);
    await change(kept);
  });

/** Old versions, files and key are what they were, whatever the change. */
async function untouched(kept: Kept, change: () => Promise<void>): Promise<void> {
  const [versionsBefore, filesBefore] = [await versions(kept, v), await files(kept)];
  await change();
  expect(await versions(kept, v)).toEqual(versionsBefore);
  expect(await files(kept)).toEqual(filesBefore);
  expect(await refusesDouble(kept)).toBe(kept.isPostgres);
}

async function addColumn({ c, of }: Kept): Promise<void> {
  for (const table of [of.current, of.history])
    await c.execute(sql`alter table ${name(of.schema, table)} add column added ${c.types.physical(int32)}`);
}

const nulls = (lines: readonly string[]) => lines.filter((line) => line.endsWith(' null')).length;

/** Without those that are no statement of any engine: classification, capture, and stores, which tests of the flow move. */
export const modelDeeds: Readonly<Record<string, ModelDeed>> = {
  'column-added-nullable': async (kept) =>
    untouched(kept, async () => {
      await addColumn(kept);
      await views((one) => makeViews(one, ['id', 'v', 'added']))(kept);
      expect(nulls(await versions(kept, added))).toBe(2 * rows);
      expect(await seen(kept, ['id', 'v', 'added'])).toEqual(all);
    }),
  'column-added-with-default': async (kept) => {
    const { c, of } = kept;
    await untouched(kept, async () => {
      await addColumn(kept);
      await c.execute(sql`alter table ${name(of.schema, of.current)} alter column added set default 7`);
      expect(nulls(await versions(kept, added))).toBe(2 * rows);
    });
    await c.execute(sql`insert into ${name(of.schema, of.current)} (id, v, fh_from) values (1000000, 1, 3)`);
    // The recorded backfill: current rows alone.
    await c.execute(sql`update ${name(of.schema, of.current)} set added = 7 where added is null`);
    const lines = await versions(kept, added);
    expect({ closed: nulls(lines), current: lines.filter((line) => line.endsWith(' 7')).length }).toEqual({
      closed: rows,
      current: rows + 1,
    });
    expect(await seen(kept, ['id', 'v'])).toEqual([rows + 1, 2 * rows + 1]);
  },
  'column-added-required': async (kept) =>
    untouched(kept, async () => {
      await addColumn(kept);
      // Kept versions have no value, whatever the model says: why history breaks.
      expect(nulls(await versions(kept, added))).toBe(2 * rows);
      expect(await seen(kept, ['id', 'v'])).toEqual(all);
    }),
  'column-removed': async (kept) =>
    untouched(kept, async () => {
      await views((one) => makeViews(one, ['id']))(kept);
      expect(await seen(kept, ['id'])).toEqual(all);
      await expect(seen(kept, ['v'])).rejects.toThrow();
    }),
  'column-renamed': async (kept) =>
    untouched(kept, async () => {
      await views((one) => makeViews(one, ['id', 'v'], { v: 'value' }))(kept);
      expect(await seen(kept, ['id', 'value'])).toEqual(all);
      await expect(seen(kept, ['v'])).rejects.toThrow();
    }),
  'column-nullable': async (kept) => {
    await untouched(kept, async () => undefined);
    await insertNull(kept);
  },
  'column-required': async (kept) => {
    await insertNull(kept);
    await untouched(kept, async () => undefined);
    // The version that has null keeps it.
    expect(nulls(await versions(kept, v))).toBe(1);
    expect(await seen(kept, ['id', 'v'])).toEqual([rows + 1, 2 * rows + 1]);
  },
  'default-changed': async (kept) =>
    untouched(kept, async () => {
      const { c, of } = kept;
      for (const value of ['7', '8'])
        await c.execute(
          sql`alter table ${name(of.schema, of.current)} alter column v set default ${{ kind: 'literal', value: Number(value) }}`,
        );
      expect(await seen(kept, ['id', 'v'])).toEqual(all);
    }),
  'key-changed': async (kept) => {
    const { c, of } = kept;
    await untouched(kept, async () => {
      const other = name(of.schema, 'things__2');
      await c.execute(sql`create table ${other} as select id, v, fh_from from ${name(of.schema, of.current)}`);
      if (kept.isPostgres) await c.execute(sql`alter table ${other} add primary key (v)`);
      await c.execute(sql`drop table ${other}`);
    });
    // A version is found by its key: under the new one no current row has the closed versions that it had.
    const found = (by: string) =>
      c.query(sql`select count(*) as n from ${name(of.schema, of.current)} r
        join ${name(of.schema, of.history)} h on h.${name(by)} = r.${name(by)}`);
    expect(Number((await found('id'))[0]?.n)).toBe(rows);
    expect(Number((await found('v'))[0]?.n)).toBe(0);
  },
  'dataset-added': async (kept) =>
    untouched(kept, async () => {
      await kept.c.execute(sql`create table ${name(kept.of.schema, 'others')} (id ${kept.c.types.physical(int32)})`);
      expect(await seen(kept, ['id', 'v'])).toEqual(all);
      await kept.c.execute(sql`drop table ${name(kept.of.schema, 'others')}`);
    }),
  'dataset-removed': async (kept) =>
    untouched(kept, async () => {
      await kept.c.transaction(() => dropViews(kept));
      await expect(seen(kept, ['id'])).rejects.toThrow();
    }),
  'dataset-renamed': async (kept) =>
    untouched(kept, async () => {
      const { c, of } = kept;
      await c.execute(sql`create view ${name(of.schema, 'named_anew')} as
        select ${list(['id', 'v'].map((column) => name('r', column)))} from ${name(of.schema, of.current)} r`);
      const found = await c.query(sql`select count(r.v) as n from ${name(of.schema, 'named_anew')} r`);
      expect(Number(found[0]?.n)).toBe(rows);
    }),
  described: async (kept) =>
    untouched(kept, async () => {
      await views((one) => makeViews(one, ['v', 'id']))(kept);
      expect(await seen(kept, ['v', 'id'])).toEqual(all);
    }),
};

async function insertNull({ c, of }: Kept): Promise<void> {
  await c.execute(sql`insert into ${name(of.schema, of.current)} (id, v, fh_from) values (1000000, null, 3)`);
}

type PlainAlter = (kept: Kept, context: 'alone' | 'viewed') => Promise<Deed>;

/** What the engine's own statement does to the kept tables, alone or under the views. */
export const plainModelAlters: Readonly<Record<string, PlainAlter>> = {
  'column-added-nullable': plainly(() => sql`add column added integer`),
  'column-added-with-default': plainly(
    () => sql`add column added integer default 7`,
    async (kept) => nulls(await versions(kept, added)) === 2 * rows,
  ),
  'column-added-required': plainly(() => sql`add column added integer not null`),
  'column-removed': plainly(
    () => sql`drop column v`,
    async () => false,
  ),
  'column-renamed': plainly(() => sql`rename column v to value`),
  'key-changed': plainly(({ isPostgres }) =>
    isPostgres ? sql`add primary key (v)` : sql`drop constraint things_pkey`,
  ),
  'dataset-renamed': plainly(
    () => sql`rename to things_2`,
    async () => true,
  ),
};

function plainly(
  statement: (kept: Kept) => Sql,
  isUnfalsified: (kept: Kept) => Promise<boolean> = async () => true,
): PlainAlter {
  return async (kept, context) => {
    const { c, of } = kept;
    if (context === 'alone') await dropViews(kept);
    const filesBefore = await files(kept);
    try {
      for (const table of [of.history, of.current].slice(String(statement(kept).texts).includes('rename to') ? 1 : 0))
        await c.execute(sql`alter table ${name(of.schema, table)} ${statement(kept)}`);
    } catch {
      return 'refused';
    }
    if (context === 'viewed') {
      try {
        await seen(kept, ['id', 'v']);
      } catch {
        return 'view breaks';
      }
    }
    if (!(await isUnfalsified(kept))) return 'falsified';
    if (!kept.isPostgres) return 'done';
    return JSON.stringify((await files(kept)).toSorted()) === JSON.stringify(filesBefore.toSorted())
      ? 'metadata'
      : 'rewrite';
  };
}
