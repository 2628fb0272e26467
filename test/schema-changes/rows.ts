import { expect } from 'vitest';
import { run } from '../../src/flow/testing/fixture.ts';
import type { Said, World } from './world.ts';

/** A row of the table in docs/schema-changes.md, and what carries it out: on real servers, with history, replicas and views. */
export type Row = { readonly change: string; readonly happens: string; readonly deed: (world: World) => Promise<void> };

/** `items` at the start: two rows, the first with an older version. */
export const create =
  "create table items (id int primary key, size int, name varchar(10)); insert into items values (1, 10, 'one'), (2, 20, 'two')";
export const begun: Said = { columns: { id: 'int32', size: 'int32?', name: 'varchar(10)?' } };

const columns = begun.columns;
const { name: _, ...withoutName } = columns;

/** Applies and moves where nothing stands in the way; warnings. */
async function follow(world: World, said: Said): Promise<readonly string[]> {
  const warned = await world.apply(said);
  expect(await world.move(said)).toEqual([]);
  return warned;
}

async function change(world: World, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await run(world.source, statement);
}

export const atSource: readonly Row[] = [
  {
    change: 'a column is added',
    happens: 'nothing: the model does not ask for it',
    async deed(world) {
      await change(
        world,
        'alter table items add column extra int default 5',
        "update items set name = 'uno' where id = 1",
      );
      await follow(world, begun);
      expect(await world.seen(begun)).toEqual(['1|11|uno', '2|20|two']);
    },
  },
  {
    change: 'a column is dropped',
    happens:
      'its stream alone stops, with a finding; taken out of the model, every version comes; brought back, the rows are read anew, with a gap',
    async deed(world) {
      await change(world, 'alter table items drop column name', 'update items set size = 12 where id = 1');
      expect(await world.apply(begun)).toEqual(['source-column-missing']);
      expect(await world.move(begun)).toEqual([
        expect.stringContaining("reads column 'name' from 'name', which table 'public.items' no longer has"),
      ]);
      await change(world, 'update items set size = 13 where id = 1');
      await follow(world, { columns: withoutName });
      expect(await world.versions({ columns: withoutName })).toEqual([
        '1|10|1|2',
        '1|11|2|3',
        '1|12|3|4',
        '1|13|4|-',
        '2|20|1|-',
      ]);
    },
  },
  {
    change: 'a column is renamed',
    happens: 'as one that is dropped; with its new name as `from` in the model the rows are read anew, with a gap',
    async deed(world) {
      await change(
        world,
        'alter table items rename column name to label',
        "update items set label = 'uno' where id = 1",
      );
      expect(await world.move(begun)).toEqual([expect.stringContaining("reads column 'name'")]);
      const said = { ...begun, from: { name: 'label' } };
      await follow(world, said);
      expect(await world.seen(said)).toEqual(['1|11|uno', '2|20|two']);
    },
  },
  {
    change: 'a type gets wider',
    happens:
      'goes on while values fit, and is told once; the first value that does not fit stops the stream; with the type in the model every version comes',
    async deed(world) {
      await change(world, 'alter table items alter column size type bigint', 'update items set size = 12 where id = 1');
      expect(await world.apply(begun)).toEqual(['source-type-changed']);
      expect(await world.move(begun)).toEqual([]);
      expect(world.notices).toEqual(['wider-at-source']);
      await change(world, 'update items set size = 3000000000 where id = 1', 'update items set size = 13 where id = 1');
      expect(await world.move(begun)).toEqual(
        [expect.stringContaining('was int32 and is now bigint, and a value does not fit'), expect.anything()].slice(
          0,
          1,
        ),
      );
      const said: Said = { columns: { ...columns, size: 'int64?' } };
      await follow(world, said);
      expect(await world.versions(said)).toEqual([
        '1|10|one|1|2',
        '1|11|one|2|3',
        '1|12|one|3|4',
        '1|13|one|5|-',
        '1|3000000000|one|4|5',
        '2|20|two|1|-',
      ]);
    },
  },
  {
    change: 'a type gets narrower',
    happens: 'nothing: the model holds all its values',
    async deed(world) {
      await change(
        world,
        'alter table items alter column size type smallint',
        'update items set size = 12 where id = 1',
      );
      expect(await follow(world, begun)).toEqual([]);
      expect(await world.seen(begun)).toEqual(['1|12|one', '2|20|two']);
    },
  },
  {
    change: 'a column becomes nullable',
    happens: 'goes on: kept columns take nulls; an apply warns',
    async deed(world) {
      const said: Said = { columns: { ...columns, size: 'int32' } };
      await change(world, 'alter table items alter column size set not null');
      expect(await follow(world, said)).toEqual([]);
      await change(
        world,
        'alter table items alter column size drop not null',
        'update items set size = null where id = 1',
      );
      expect(await follow(world, said)).toEqual(['source-nullable']);
      expect(await world.seen(said)).toEqual(['1|~|one', '2|20|two']);
    },
  },
  {
    change: 'a column becomes not null',
    happens: 'nothing',
    async deed(world) {
      await change(
        world,
        'alter table items alter column size set not null',
        'update items set size = 12 where id = 1',
      );
      expect(await follow(world, begun)).toEqual([]);
      expect(await world.seen(begun)).toEqual(['1|12|one', '2|20|two']);
    },
  },
];

export const inModel: readonly Row[] = [
  {
    change: 'a column is added that the source does not have',
    happens: 'apply is refused; nothing changes',
    async deed(world) {
      expect(await world.apply({ columns: { ...columns, extra: 'int32?' } })).toEqual(['source-column-missing']);
      expect(await world.move(begun)).toEqual([]);
    },
  },
  {
    change: 'a column is added that the source has',
    happens:
      "metadata; older versions have null; current rows get the source's values as one correction, after every version until then",
    async deed(world) {
      await change(
        world,
        'alter table items add column extra int default 5',
        'update items set size = 12 where id = 1',
      );
      const said: Said = { columns: { ...columns, extra: 'int32?' } };
      await follow(world, said);
      expect(await world.versions(said)).toEqual([
        '1|10|one|~|1|2',
        '1|11|one|~|2|3',
        '1|12|one|5|4|-',
        '1|12|one|~|3|4',
        '2|20|two|5|4|-',
        '2|20|two|~|1|4',
      ]);
    },
  },
  {
    change: 'a column is added with a default',
    happens:
      'metadata; closed versions have null, current rows the default at once; where the source has the same, no versions are made',
    async deed(world) {
      await change(world, 'alter table items add column extra int default 5');
      const said: Said = { columns: { ...columns, extra: 'int32?' }, absent: { extra: '5' } };
      await follow(world, said);
      expect(await world.versions(said)).toEqual(['1|10|one|~|1|2', '1|11|one|5|2|-', '2|20|two|5|1|-']);
    },
  },
  {
    change: 'a column is removed',
    happens: 'views lose it; its values stay until the versions end (below)',
    async deed(world) {
      const said: Said = { columns: withoutName };
      await follow(world, said);
      expect(await world.seen(said)).toEqual(['1|11', '2|20']);
      const kept = await world.store.query(sqlNames);
      expect(kept).toEqual([{ name: 'one' }, { name: 'two' }]);
    },
  },
  {
    change: 'a column is renamed (`formerly`)',
    happens: 'views show it under its new name; nothing moves',
    async deed(world) {
      const said: Said = { ...begun, kept: { label: 'name' } };
      await follow(world, said);
      expect(await world.versions(said)).toEqual(['1|10|one|1|2', '1|11|one|2|-', '2|20|two|1|-']);
    },
  },
  {
    change: 'texts may be longer, or must be shorter',
    happens: 'nothing: kept texts have no length',
    async deed(world) {
      await change(
        world,
        'alter table items alter column name type varchar(30)',
        "update items set name = 'a longer name than ten' where id = 1",
      );
      const said: Said = { columns: { ...columns, name: 'varchar(30)?' } };
      await follow(world, said);
      expect(await world.seen(said)).toEqual(['1|11|a longer name than ten', '2|20|two']);
    },
  },
  {
    change: 'a type gets wider, also of the key',
    happens: 'a shadow column beside the old one, then a switch; every version has the new type',
    async deed(world) {
      await change(
        world,
        'alter table items alter column id type bigint',
        'alter table items alter column size type bigint',
        "insert into items values (3000000000, 4000000000, 'big')",
      );
      const said: Said = { columns: { id: 'int64', size: 'int64?', name: 'varchar(10)?' } };
      expect(await follow(world, said)).toEqual([]);
      expect(await world.versions(said)).toEqual([
        '1|10|one|1|2',
        '1|11|one|2|-',
        '2|20|two|1|-',
        '3000000000|4000000000|big|3|-',
      ]);
    },
  },
  {
    change: 'a type gets narrower',
    happens:
      'the same; values that do not fit are null in closed versions and stay in the old column; a warning counts them',
    async deed(world) {
      await change(
        world,
        'update items set size = 100000 where id = 1',
        'update items set size = 7 where id = 1',
        'alter table items alter column size type smallint',
      );
      expect(await world.move(begun)).toEqual([]);
      const said: Said = { columns: { ...columns, size: 'int16?' } };
      expect(await follow(world, said)).toContain('values-not-converted');
      expect(await world.versions(said)).toEqual([
        '1|10|one|1|2',
        '1|11|one|2|3',
        '1|7|one|4|-',
        '1|~|one|3|4',
        '2|20|two|1|-',
      ]);
    },
  },
  {
    change: 'a type becomes another, at the source as well',
    happens:
      "the same; values that are not themselves there and back are null, and current rows get the source's as one correction",
    async deed(world) {
      await change(world, "update items set name = '007' where id = 1", "update items set name = '8' where id = 2");
      expect(await world.move(begun)).toEqual([]);
      await change(world, 'alter table items alter column name type int using name::int');
      const said: Said = { columns: { ...columns, name: 'int32?' } };
      expect(await follow(world, said)).toContain('values-not-converted');
      expect(await world.versions(said)).toEqual([
        '1|10|~|1|2',
        '1|11|7|5|-',
        '1|11|~|2|3',
        '1|11|~|3|5',
        '2|20|8|4|-',
        '2|20|~|1|4',
      ]);
    },
  },
  {
    change: 'required becomes nullable, or nullable required',
    happens: 'nothing stored changes',
    async deed(world) {
      await change(world, 'alter table items alter column size set not null');
      expect(await follow(world, { columns: { ...columns, size: 'int32' } })).toEqual([]);
      expect(await follow(world, begun)).toEqual([]);
      expect(await world.seen(begun)).toEqual(['1|11|one', '2|20|two']);
    },
  },
  {
    change: 'the key is changed',
    happens: 'apply is refused with `key-kept`; nothing changes',
    async deed(world) {
      await change(
        world,
        'update items set name = name || id',
        'alter table items alter column name set not null',
        'create unique index on items (name)',
        'alter table items replica identity full',
      );
      expect(await world.apply({ key: ['name'], columns: { ...columns, name: 'varchar(10)' } })).toContain('key-kept');
      expect(await world.move(begun)).toEqual([]);
    },
  },
  {
    change: 'a dataset is renamed (`formerly`)',
    happens: 'it goes on in its tables, with all versions; views have its new name',
    async deed(world) {
      const said: Said = { ...begun, called: 'things' };
      await change(world, 'update items set size = 12 where id = 1');
      await follow(world, said);
      expect(await world.versions(said)).toEqual(['1|10|one|1|2', '1|11|one|2|3', '1|12|one|3|-', '2|20|two|1|-']);
    },
  },
];

import { sql } from '../../src/sql/sql.ts';

const sqlNames = sql`select name from retail__sales__shop.items order by id`;
