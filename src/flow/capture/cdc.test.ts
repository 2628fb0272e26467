import { describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { EngineError } from '../../engine/connection.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { sql } from '../../sql/sql.ts';
import { Fenced, takeOver } from '../checkpoint.ts';
import { catchUp, database, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { sourceTables } from './source-tables.ts';

describe('Capture of a log', () => {
  test('loads what is there and merges each transaction as one step', async () => {
    const source = await database(
      'src',
      "create table a (id int primary key, name text); insert into a values (1, 'one'), (2, 'two')",
    );
    const store = await database('store');
    const a = dataset('a', ['id'], { id: 'int32', name: 'text?' });
    const node = streamOf('retail/sales/shop', [a]);
    await catchUp(source, store, [node]);
    await run(source.session, "update a set name = 'uno' where id = 1");
    await run(source.session, "begin; insert into a values (3, 'three'); update a set id = 4 where id = 2; commit");
    await run(source.session, 'delete from a where id = 1');
    await catchUp(source, store, [node]);
    expect(await tablesOf(store.session, { ...a, keepsDelta: false })).toEqual({
      current: ['3|three|3', '4|two|3'],
      history: ['1|one|1|2', '1|uno|2|4', '2|two|1|3'],
      delta: [],
    });
  });

  test('a key is told to the source by its name in the model, whatever the source calls it and its others', async () => {
    const source = await database(
      'src',
      'create table a ("name" int primary key, "id" text); insert into a values (1, \'one\'), (2, \'two\')',
    );
    const store = await database('store');
    const plain = dataset('a', ['id'], { id: 'int32', name: 'text?' });
    const called: Record<string, string> = { id: 'name', name: 'id' };
    const a = { ...plain, columns: plain.columns.map((column) => ({ ...column, from: called[column.name] ?? '' })) };
    const node = streamOf('retail/sales/shop', [a]);
    await using session = await connect(source.access, 'test preflight');
    expect(await capture.preflight(session, 'cdc', sourceTables(node))).toEqual([]);
    await catchUp(source, store, [node]);
    await run(source.session, 'update a set "name" = 3 where "name" = 2');
    await run(source.session, 'delete from a where "name" = 1');
    await catchUp(source, store, [node]);
    expect(await tablesOf(store.session, { ...a, keepsDelta: false })).toEqual({
      current: ['3|two|2'],
      history: ['1|one|1|3', '2|two|1|2'],
      delta: [],
    });
  });

  test('a value of each type is the same from the log as from the initial load', async () => {
    const columns = {
      b: ['boolean', 'boolean', 'true'],
      i2: ['smallint', 'int16', '-32768'],
      i8: ['bigint', 'int64', '9007199254740993'],
      n: ['numeric(20,4)', 'decimal(20,4)', '-12345.6700'],
      m: ['numeric', 'decimal', '1e-30'],
      f4: ['real', 'float32', "'-1.5e-3'"],
      f8: ['double precision', 'float64', "'NaN'"],
      c: ['char(5)', 'char(5)', "'ab'"],
      v: ['varchar(9)', 'varchar(9)', "'größe'"],
      bin: ['bytea', 'binary', String.raw`'\x00ff10'`],
      d: ['date', 'date', "'0044-03-15 BC'"],
      t: ['time(3)', 'time(3)', "'23:59:59.123'"],
      ts: ['timestamp', 'timestamp', "'infinity'"],
      tz: ['timestamptz', 'timestamptz', "'2026-01-01 00:00:00.000001+02'"],
      iv: ['interval', 'interval', "'1 mon -3 days 04:05:06.7'"],
      u: ['uuid', 'uuid', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
      j: ['json', 'json', `'{"b": 1, "a":  [null, 1.50]}'`],
      jb: ['jsonb', 'json', `'{"b": 1, "a":  [null, 1.50]}'`],
      e: ['mood', "enum('sad','ok')", "'ok'"],
      es: ['mood[]', "array(enum('sad','ok'))", "array['ok', null, 'sad']::mood[]"],
      dom: ['small', 'int32', '7'],
      doms: ['small[]', 'array(int32)', 'array[1, 2]::small[]'],
      ai: ['int[]', 'array(int32)', "'{}'"],
      at: ['text[]', 'array(text)', `'{"a,b",null,"NULL"}'`],
      x: ['xml', 'text', "'<a/>'"],
    } as const;
    const ddl = Object.entries(columns).map(([name, [type]]) => `${name} ${type}`);
    const values = Object.values(columns).map(([, , value]) => value);
    const insert = `insert into a values (%id, ${values.join(', ')})`;
    const source = await database(
      'types',
      `create type mood as enum ('sad', 'ok'); create domain small as int check (value < 100);
      create table a (id int primary key, ${ddl.join(', ')}); ${insert.replace('%id', '1')}; insert into a values (3)`,
    );
    const store = await database('store');
    const types = Object.fromEntries(Object.entries(columns).map(([name, [, type]]) => [name, `${type}?`]));
    const a = dataset('a', ['id'], { id: 'int32', ...types });
    const node = streamOf('retail/sales/shop', [a]);
    await catchUp(source, store, [node]);
    await run(source.session, `${insert.replace('%id', '2')}; insert into a values (4)`);
    await catchUp(source, store, [node]);
    const lines = (await tablesOf(store.session, { ...a, keepsDelta: false })).current;
    const rest = lines.map((line) => line.split('|').slice(1, -1).join('|'));
    expect(rest[1]).toEqual(rest[0]);
    expect(rest[3]).toEqual(rest[2]);
    expect(rest[0]).toContain('größe');
    expect(lines).toHaveLength(4);
  });

  test('streams count their own transactions, and one that has nothing to do does not hold back the log', async () => {
    const source = await database('src', 'create table a (id int primary key); create table b (id int primary key)');
    const store = await database('store');
    const nodes = ['a', 'b'].map((name) => streamOf(`retail/sales/${name}`, [dataset(name, ['id'], { id: 'int32' })]));
    await catchUp(source, store, nodes);
    await run(source.session, 'insert into a values (1)');
    await run(source.session, 'insert into a values (2)');
    await run(source.session, 'begin; insert into b values (1); insert into a values (3); commit');
    await catchUp(source, store, nodes);
    const checkpoints = await store.session.query(
      sql`select stream, ordinal::int4 as ordinal from freehold.fh_checkpoint order by stream`,
    );
    expect(checkpoints).toEqual([
      { stream: 'retail/sales/a', ordinal: 4 },
      { stream: 'retail/sales/b', ordinal: 2 },
    ]);
  });

  test('a stream added later is loaded from a view of its own and goes on with the same slot', async () => {
    const source = await database(
      'src',
      'create table a (id int primary key); create table b (id int primary key, n int); insert into b values (1, 1)',
    );
    const store = await database('store');
    const a = streamOf('retail/sales/a', [dataset('a', ['id'], { id: 'int32' })]);
    const b = dataset('b', ['id'], { id: 'int32', n: 'int32?' });
    await catchUp(source, store, [a]);
    await run(source.session, 'begin; insert into a values (1); update b set n = 2; commit');
    await catchUp(source, store, [a, streamOf('retail/sales/b', [b])]);
    await run(source.session, 'update b set n = 3');
    await catchUp(source, store, [a, streamOf('retail/sales/b', [b])]);
    expect(await tablesOf(store.session, { ...b, keepsDelta: false })).toEqual({
      current: ['1|3|2'],
      history: ['1|2|1|2'],
      delta: [],
    });
  });

  test('a dataset that joins a loaded stream is loaded beside it: nothing is lost, and nothing comes twice', async () => {
    const source = await database(
      'src',
      `create table a (id int primary key); create table b (id int primary key, n int); insert into b values (1, 1);
      create table e (what text); insert into e values ('first')`,
    );
    const store = await database('store');
    const a = dataset('a', ['id'], { id: 'int32' });
    const b = dataset('b', ['id'], { id: 'int32', n: 'int32?' });
    const e = { ...dataset('e', [], { what: 'text?' }), appendOnly: true };
    const alone = streamOf('retail/sales/shop', [a]);
    const together = streamOf('retail/sales/shop', [a, b, e]);
    await catchUp(source, store, [alone]);
    await run(source.session, 'insert into a values (1)');
    // Published already, and not yet in the view that the new rows are read in: the log brings them too.
    let isCut = false;
    const hook = async (step: string) => {
      if (step === 'taken over' && !isCut)
        await run(
          source.session,
          "begin; insert into a values (2); update b set n = 2; insert into e values ('x'); commit",
        );
      if (step !== 'joined' || isCut) return;
      isCut = true;
      throw new Error('cut after the load');
    };
    await expect(catchUp(source, store, [together], { hook })).rejects.toThrow('cut after the load');
    await catchUp(source, store, [together], { hook });
    await run(source.session, "begin; update b set n = 3; insert into e values ('y'); commit");
    await catchUp(source, store, [together]);
    const kept = (of: StreamDataset) => tablesOf(store.session, { ...of, keepsDelta: false });
    // Ordinal 2 is the load of what joined; 3 and 4 are what waited in the log, 5 what came after.
    expect(await kept(b)).toEqual({ current: ['1|3|5'], history: ['1|2|2|5'], delta: [] });
    expect((await kept(e)).current).toEqual(['first|2', 'x|2', 'y|5']);
    expect((await kept(a)).current).toEqual(['1|3', '2|4']);
  });
  test('a batch that its store refuses for a while holds back only its own stream and is merged at last', async () => {
    const source = await database('src', 'create table a (id int primary key); create table b (id int primary key)');
    const [one, other] = [await database('store'), await database('store')];
    const nodes = ['a', 'b'].map((name) => streamOf(`retail/sales/${name}`, [dataset(name, ['id'], { id: 'int32' })]));
    await catchUp(source, one, [must(nodes[0], 'a'), must(nodes[1], 'b')], {}, [one, other]);
    await run(source.session, 'insert into a values (1); insert into b values (1)');
    let failures = 0;
    const hook = async (step: string) => {
      if (step !== 'before commit' || failures++ > 0) return;
      throw new EngineError('conflict', 'deadlock detected', { code: '40P01' });
    };
    const troubles: string[] = [];
    const onTrouble = (stream: string | null, failure: Error) => troubles.push(`${stream}: ${failure.message}`);
    await catchUp(source, one, nodes, { hook, onTrouble }, [one, other]);
    expect(troubles).toHaveLength(1);
    expect(await one.session.query(sql`select id, fh_from::int4 as f from retail__sales__shop.a`)).toEqual([
      { id: 1, f: 2 },
    ]);
    expect(await other.session.query(sql`select id, fh_from::int4 as f from retail__sales__shop.b`)).toEqual([
      { id: 1, f: 2 },
    ]);
  });

  test('while a batch merges the next is staged, and what it truncates is what the first has left', async () => {
    const source = await database('src', 'create table a (id int primary key); insert into a values (1)');
    const store = await database('store');
    const a = dataset('a', ['id'], { id: 'int32' });
    const node = streamOf('retail/sales/a', [a]);
    await catchUp(source, store, [node]);
    await run(source.session, 'insert into a values (2)');
    await run(source.session, 'begin; truncate a; insert into a values (3); commit');
    let merges = 0;
    const hook = async (step: string) => {
      // Long enough for the second batch to come, which would read the table while the first has not committed.
      if (step === 'before commit' && ++merges === 1) await systemClock.sleep(1_000);
    };
    await catchUp(source, store, [node], { hook, batchBytes: 1 });
    expect(merges).toBe(2);
    expect(await tablesOf(store.session, { ...a, keepsDelta: false })).toEqual({
      current: ['3|3'],
      history: ['1|1|3', '2|2|3'],
      delta: [],
    });
  });

  test('whoever takes a stream over stops the one that had it', async () => {
    const source = await database('src', 'create table a (id int primary key)');
    const store = await database('store');
    const node = streamOf('retail/sales/a', [dataset('a', ['id'], { id: 'int32' })]);
    await catchUp(source, store, [node]);
    await run(source.session, 'insert into a values (1)');
    const hook = async (step: string) => {
      if (step === 'staged') await takeOver(store.session, 'retail/sales/a');
    };
    await expect(catchUp(source, store, [node], { hook })).rejects.toBeInstanceOf(Fenced);
    expect(await store.session.query(sql`select id from retail__sales__shop.a`)).toEqual([]);
    await catchUp(source, store, [node]);
    expect(await store.session.query(sql`select id from retail__sales__shop.a`)).toEqual([{ id: 1 }]);
  });
});
