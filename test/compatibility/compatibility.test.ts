import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import { engineFacts } from '../../src/engines/facts.ts';
import { engineNamed } from '../../src/engines/index.ts';
import { testServer } from '../../src/engines/postgres/testing/server.ts';
import { table } from '../../src/review/compatibility/table.ts';
import { type Deed, plainAlters, wayOn } from '../../src/review/compatibility/ways.ts';
import { name, sql } from '../../src/sql/sql.ts';
import type { TypeChange } from '../../src/types/change.ts';
import { parseType } from '../../src/types/text.ts';
import type { Type } from '../../src/types/type.ts';
import { carryOut, emptyColumn } from './carry-out.ts';
import { type ModelDeed, modelDeeds, plainModelAlters } from './deeds.ts';
import {
  converted,
  files,
  type Kept,
  keep,
  physicalText,
  refusesDouble,
  rows,
  seen,
  typedValue,
  versions,
} from './kept.ts';
import { values } from './values.ts';

/** The table of compatibility against deeds: each row is carried out as it claims, on tables with history, views and a key. */

let room: string;
const connections = new Map<string, Connection>();

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-compatibility-'));
  const server = await testServer();
  const file = { file: join(room, 'compatibility.duckdb'), memory_limit: '500MB', threads: 2 };
  const open = async (engine: string, access: Parameters<Awaited<ReturnType<typeof engineNamed>>['connect']>[0]) =>
    connections.set(engine, await (await engineNamed(engine)).connect(access, 'test'));
  await open('postgres', server.access(await server.createDatabase('compatibility')));
  await open('duckdb', { engine: 'duckdb', label: 'duckdb', fields: file });
});

afterAll(async () => {
  for (const c of connections.values()) await c[Symbol.asyncDispose]();
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
});

const int32: Type = { kind: 'int', bits: 32 };
const typeChanges = Object.keys(values).filter((change): change is TypeChange => change in values);

describe.each(['postgres', 'duckdb'] as const)('on %s', (engine) => {
  const connection = () => must(connections.get(engine), engine);
  const isPostgres = engine === 'postgres';
  const kept = (type: Type, of: (i: number) => string) => keep(connection(), isPostgres, type, of);

  test.each(typeChanges)('%s goes as the table says', async (change) => {
    const { from, into } = typesOf(change);
    const row = table[change];
    const way = wayOn(engine, change);
    if (way === 'impossible') {
      expect(engineFacts[engine]?.holds(from)).toHaveProperty('refused');
      return;
    }
    const { of, fresh } = values[change];
    const one = await kept(from, of);
    const { c } = one;
    const before = await versions(one, { name: 'v', type: from });
    const filesBefore = await files(one);
    expect(new Set(before.map((line) => line.replace(/^\d+ \d+ /, ''))).size).toBeGreaterThan(1);

    const samePhysical = physicalText(c, from) === physicalText(c, into);
    expect({ change, samePhysical }).toEqual({ change, samePhysical: way === 'nothing' });

    if (row.history === 'breaks') {
      expect(await survives(one, from, into, before)).toBe(false);
      await emptyColumn(one, into);
      expect(await versions(one, { name: 'v__1', type: from })).toEqual(before);
      expect(await versions(one, { name: 'v', type: into })).toEqual(
        before.map((line) => line.replace(/^(\d+ \d+) .*/s, '$1 null')),
      );
    } else {
      await carryOut(one, way, from, into);
      expect(await readBack(one, from, into)).toEqual(before);
      if (way === 'new column') expect(await versions(one, { name: 'v__1', type: from })).toEqual(before);
      // A float's canonical text is its bits, which are others in 64 than in 32.
      if (row.history === 'safe' && change !== 'float-wider' && change !== 'char-to-varchar')
        expect(await versions(one, { name: 'v', type: into })).toEqual(before);
    }

    if (way === 'nothing' || way === 'metadata') expect(await files(one)).toEqual(filesBefore);
    expect(await seen(one, ['id', 'v'])).toEqual([rows, 2 * rows]);
    expect(await refusesDouble(one)).toBe(isPostgres);
    if (fresh !== undefined) await takesFresh(one, into, fresh);
  });

  const altered = typeChanges.filter((change) => plainAlters[engine][change] !== undefined);
  test.each(altered)(
    'a plain alter for %s, alone, under a view, on the key, does what the page says',
    async (change) => {
      const claimed = must(plainAlters[engine][change], change);
      const { from, into } = typesOf(change);
      const one = await kept(from, values[change].of);
      for (const context of ['alone', 'viewed', 'keyed'] as const) {
        if (claimed[context] === undefined) continue;
        expect({ context, does: await plainAlter(one, from, into, context) }).toEqual({
          context,
          does: claimed[context],
        });
      }
    },
  );

  test('every change of type that needs another physical type has a claim of what a plain alter does', () => {
    const physical = typeChanges.filter((change) => {
      const { from, into } = typesOf(change);
      return (
        wayOn(engine, change) !== 'impossible' && physicalText(connection(), from) !== physicalText(connection(), into)
      );
    });
    expect(altered).toEqual(physical);
  });

  test('every change of the model is carried out, but those that are no statement', () => {
    const without = [
      ...['classification-raised', 'classification-lowered', 'capture-moved', 'store-moved'],
      ...['check-loosened', 'check-tightened'],
    ];
    const carried = [...typeChanges, ...Object.keys(modelDeeds), ...without];
    expect(carried.toSorted()).toEqual(Object.keys(table).toSorted());
  });

  test.each(Object.entries(modelDeeds))('%s goes as the table says', async (_, deed: ModelDeed) => {
    await deed(await kept(int32, String), engine);
  });

  test.each(Object.entries(plainModelAlters))('a plain alter for %s does what the page says', async (change, alter) => {
    const claims: Readonly<Record<string, { readonly alone: Deed; readonly viewed: Deed } | undefined>> =
      plainAlters[engine];
    const does = {
      alone: await alter(await kept(int32, String), 'alone'),
      viewed: await alter(await kept(int32, String), 'viewed'),
    };
    expect(does).toEqual({ alone: claims[change]?.alone, viewed: claims[change]?.viewed });
  });
});

function typesOf(change: TypeChange): { readonly from: Type; readonly into: Type } {
  const [from, into] = must(table[change].example, `example of ${change}`);
  return { from: must(parseType(from), from), into: must(parseType(into), into) };
}

/** Each version's value, taken back into the old type: equal where nothing was lost. */
function readBack(one: Kept, from: Type, into: Type): Promise<readonly string[]> {
  const back =
    physicalText(one.c, from) === physicalText(one.c, into)
      ? sql`r.v`
      : sql`cast(r.v as ${one.c.types.physical(from)})`;
  return versions(one, { name: 'v', type: from }, back);
}

/** Is each value still itself after there and back? */
async function survives(one: Kept, from: Type, into: Type, before: readonly string[]): Promise<boolean> {
  const there = converted(one.c, from, into, sql`r.v`);
  const thereAndBack = sql`cast(${there} as ${one.c.types.physical(from)})`;
  return versions(one, { name: 'v', type: from }, thereAndBack).then(
    (after) => JSON.stringify(after) === JSON.stringify(before),
    () => false,
  );
}

async function takesFresh(one: Kept, into: Type, fresh: string): Promise<void> {
  const { c, of } = one;
  await c.execute(sql`insert into ${name(of.schema, of.current)} (id, v, fh_from)
    values (1000000, ${typedValue(c, into, fresh)}, 3)`);
  const found = await versions(one, { name: 'v', type: into });
  expect(found.filter((line) => line.startsWith('1000000 ')).length).toBe(1);
}

async function plainAlter(one: Kept, from: Type, into: Type, context: 'alone' | 'viewed' | 'keyed'): Promise<Deed> {
  const { c, of } = one;
  const target = name(of.schema, `target_${context}`);
  await c.execute(sql`create table ${target} as select id, v from ${name(of.schema, of.current)}`);
  if (context === 'viewed') await c.execute(sql`create view ${name(of.schema, 'over')} as select id, v from ${target}`);
  if (context === 'keyed') await c.execute(sql`alter table ${target} add primary key (v)`);
  const texts = async (cast = sql`r.v`) =>
    (await c.query(sql`select ${c.types.canonicalText(from, cast)} as t from ${target} r order by r.id`)).map(
      (row) => row.t,
    );
  const [before, filesBefore] = [await texts(), await files(one)];
  try {
    await c.execute(
      sql`alter table ${target} alter column v type ${c.types.physical(into)} using ${converted(c, from, into, sql`v`)}`,
    );
  } catch {
    return 'refused';
  }
  if (context === 'viewed') {
    try {
      await c.query(sql`select count(r.v) from ${name(of.schema, 'over')} r`);
    } catch {
      return 'view breaks';
    }
  }
  const after = await texts(sql`cast(r.v as ${c.types.physical(from)})`);
  if (JSON.stringify(after) !== JSON.stringify(before)) return 'falsified';
  if (!one.isPostgres) return 'done';
  return JSON.stringify(await files(one)) === JSON.stringify(filesBefore) ? 'metadata' : 'rewrite';
}
