import type { Way } from '../../src/review/compatibility/ways.ts';
import { literal, name, sql } from '../../src/sql/sql.ts';
import type { Type } from '../../src/types/type.ts';
import { converted, dropViews, type Kept, makeViews } from './kept.ts';

/** Carries out a change of the type of column `v`, in the way that is claimed. What it was stays in `v__1` where the way says so. */
export async function carryOut(kept: Kept, way: Way, from: Type, into: Type): Promise<void> {
  const { c } = kept;
  switch (way) {
    case 'nothing':
      return;
    case 'metadata':
      await c.transaction(async () => {
        await dropViews(kept);
        await alterType(kept, from, into);
        await makeViews(kept, ['id', 'v']);
      });
      return;
    case 'rewrite':
      await c.transaction(() => alterType(kept, from, into));
      return;
    case 'new column':
      await newColumn(kept, from, into);
      return;
    default:
      throw new Error(`no change of type is carried out by ${way}`);
  }
}

async function alterType({ c, of }: Kept, from: Type, into: Type): Promise<void> {
  for (const table of [of.current, of.history])
    await c.execute(sql`alter table ${name(of.schema, table)} alter column v
      type ${c.types.physical(into)} using ${converted(c, from, into, sql`v`)}`);
}

/** Filled in batches by key while the old column serves; then one short transaction switches. */
async function newColumn(kept: Kept, from: Type, into: Type): Promise<void> {
  const { c, of } = kept;
  for (const table of [of.current, of.history]) {
    await c.execute(sql`alter table ${name(of.schema, table)} add column v__2 ${c.types.physical(into)}`);
    for (let at = 0; at < 1_000; at += 250)
      await c.execute(sql`update ${name(of.schema, table)} set v__2 = ${converted(c, from, into, sql`v`)}
        where id > ${literal(at)} and id <= ${literal(at + 250)}`);
  }
  await switchColumns(kept);
}

/** What cannot be converted stays where it is: the new column begins empty. */
export async function emptyColumn(kept: Kept, into: Type): Promise<void> {
  const { c, of } = kept;
  for (const table of [of.current, of.history])
    await c.execute(sql`alter table ${name(of.schema, table)} add column v__2 ${c.types.physical(into)}`);
  await switchColumns(kept);
}

async function switchColumns(kept: Kept): Promise<void> {
  const { c, of } = kept;
  await c.transaction(async () => {
    await dropViews(kept);
    for (const table of [of.current, of.history]) {
      await c.execute(sql`alter table ${name(of.schema, table)} rename column v to v__1`);
      await c.execute(sql`alter table ${name(of.schema, table)} rename column v__2 to v`);
    }
    await makeViews(kept, ['id', 'v']);
  });
}
