import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { postgresLog } from '../../engines/postgres/log/log.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { Fenced, takeOver } from '../checkpoint.ts';
import { askedFor, gapsOf, noteGap } from '../gaps.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { type CaptureOptions, runCapture } from './cdc.ts';
import { sourceTables } from './source-tables.ts';

const log = postgresLog(connect);
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Place = { readonly access: Access; readonly session: Connection; readonly name: string };

async function database(hint: string, statement = 'select 1'): Promise<Place> {
  const server = await testServer();
  const name = await server.createDatabase(hint);
  const access = server.access(name);
  const session = await connect(access, 'test');
  await run(session, `set search_path = public; ${statement}`);
  const place = { access, session, name: `freehold_${name}` };
  open.push(async () => {
    await log.drop(access, place.name);
    await session[Symbol.asyncDispose]();
  });
  return place;
}

function streamOf(stream: string, datasets: readonly StreamDataset[]): StreamNode {
  return streamNode(
    datasets.map((each) => ({ ...each, keepsDelta: false })),
    { stream },
  );
}

/** Runs the capture of these streams until caught up; all into one store, or each into its own. */
async function catchUp(
  source: Place,
  store: Place,
  nodes: readonly StreamNode[],
  more: Partial<CaptureOptions> = {},
  stores: readonly Place[] = [],
) {
  const streams = nodes.map((node, i) => ({ node, store: () => connect((stores[i] ?? store).access, 'test stream') }));
  await runCapture(log, source.access, capture, source.name, streams, {
    clock: systemClock,
    signal: new AbortController().signal,
    onBatch: () => undefined,
    untilCaughtUp: true,
    ...more,
  });
}

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

  test('changes that are lost leave a gap: rows are read anew, and those that did not change keep their versions', async () => {
    const source = await database(
      'src',
      "create table a (id int primary key, name text); insert into a values (1, 'one'), (2, 'two')",
    );
    const store = await database('store');
    const a = dataset('a', ['id'], { id: 'int32', name: 'text?' });
    const node = streamOf('retail/sales/a', [a]);
    const causes: string[] = [];
    const onLoss = (_: string | null, { message }: { readonly message: string }) => causes.push(message);
    await catchUp(source, store, [node]);
    await run(source.session, "update a set name = 'zwei' where id = 2");
    await catchUp(source, store, [node]);
    // The slot goes, and with it what was committed until there is a new one.
    await log.drop(source.access, source.name);
    await run(source.session, "insert into a values (3, 'three'); update a set name = 'uno' where id = 1");
    await catchUp(source, store, [node], { onLoss });
    await run(source.session, "update a set name = 'drei' where id = 3");
    await catchUp(source, store, [node]);
    expect(await tablesOf(store.session, { ...a, keepsDelta: false })).toEqual({
      current: ['1|uno|3', '2|zwei|2', '3|drei|4'],
      history: ['1|one|1|3', '2|two|1|2', '3|three|3|4'],
      delta: [],
    });
    expect(await gapsOf(store.session, node.stream)).toEqual([
      { address: null, from: 2n, to: 3n, cause: 'slot-gone', isAccepted: false, at: expect.any(String) },
    ]);
    expect(causes).toEqual([expect.stringContaining('is gone from')]);
    // A store that was restored from a copy: what the source has forgotten cannot be sent again.
    await run(store.session, "update freehold.fh_checkpoint set position = '0000000000000001'");
    await catchUp(source, store, [node], { onLoss });
    expect((await gapsOf(store.session, node.stream)).at(-1)).toMatchObject({
      address: null,
      from: 4n,
      to: 5n,
      cause: 'behind',
      isAccepted: false,
      at: expect.any(String),
    });
    expect(causes.at(-1)).toContain('was told that everything up to');
  });

  test('a mending that is cut is done by the next start, and one in which many rows would go waits for an operator', async () => {
    const source = await database(
      'src',
      'create table a (id int primary key); insert into a select generate_series(1, 2000)',
    );
    const store = await database('store');
    const node = streamOf('retail/sales/a', [dataset('a', ['id'], { id: 'int32' })]);
    await catchUp(source, store, [node]);
    await log.drop(source.access, source.name);
    await run(source.session, 'insert into a values (2001)');
    const cutAt = (at: string) => async (step: string) => {
      if (step === at) throw new Error(`cut at ${at}`);
    };
    for (const at of ['opened', 'taken over', 'mended'])
      await expect(catchUp(source, store, [node], { hook: cutAt(at) })).rejects.toThrow(`cut at ${at}`);
    await catchUp(source, store, [node]);
    const rows = sql`select count(*)::int4 as n from retail__sales__shop.a`;
    expect(await store.session.query(rows)).toEqual([{ n: 2001 }]);
    expect(await gapsOf(store.session, node.stream)).toHaveLength(1);

    await log.drop(source.access, source.name);
    await run(source.session, 'delete from a where id > 1000');
    await expect(catchUp(source, store, [node])).rejects.toThrow("'retail/sales/shop.a' has 2001 rows here");
    await expect(catchUp(source, store, [node])).rejects.toThrow('freehold resync retail/sales/a --yes');
    expect(await store.session.query(rows)).toEqual([{ n: 2001 }]);
    await noteGap(store.session, node.stream, { address: null, cause: askedFor, isAccepted: true });
    await catchUp(source, store, [node]);
    expect(await store.session.query(rows)).toEqual([{ n: 1000 }]);
    expect((await gapsOf(store.session, node.stream)).map(({ from, to, cause }) => [from, to, cause])).toEqual([
      [1n, 2n, 'slot-gone'],
      [2n, 3n, 'slot-gone'],
    ]);
  });

  test('another server is not believed until an operator says so, and nothing is left there', async () => {
    const source = await database('src', 'create table a (id int primary key); insert into a values (1)');
    const store = await database('store');
    const node = streamOf('retail/sales/a', [dataset('a', ['id'], { id: 'int32' })]);
    await catchUp(source, store, [node]);
    await log.drop(source.access, source.name);
    await run(source.session, 'insert into a values (2)');
    await run(store.session, "update freehold.fh_checkpoint set identity = '1/1'");
    await expect(catchUp(source, store, [node])).rejects.toThrow('were read from server 1/1');
    const slots = sql`select count(*)::int4 as n from pg_replication_slots where slot_name = ${value(source.name)}`;
    expect(await source.session.query(slots)).toEqual([{ n: 0 }]);
    await noteGap(store.session, node.stream, { address: null, cause: askedFor, isAccepted: true });
    await catchUp(source, store, [node]);
    expect(await store.session.query(sql`select id from retail__sales__shop.a order by 1`)).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });

  test('an operator may have one dataset read anew: what differs is corrected and told as a gap, else nothing is', async () => {
    const source = await database(
      'src',
      'create table a (id int primary key, n int); create table b (id int primary key)',
    );
    const store = await database('store');
    const [a, b] = [dataset('a', ['id'], { id: 'int32', n: 'int32?' }), dataset('b', ['id'], { id: 'int32' })];
    const node = streamOf('retail/sales/shop', [a, b]);
    await run(source.session, 'insert into a values (1, 1), (2, 1); insert into b values (1)');
    await catchUp(source, store, [node]);
    const ask = () => noteGap(store.session, node.stream, { address: a.address, cause: askedFor, isAccepted: true });
    await ask();
    await catchUp(source, store, [node]);
    expect(await gapsOf(store.session, node.stream)).toEqual([]);
    // Somebody changed our rows; the source goes on.
    await run(store.session, 'update retail__sales__shop.a set n = 7 where id = 1');
    await run(source.session, 'update a set n = 2 where id = 2; insert into b values (2)');
    await ask();
    await catchUp(source, store, [node]);
    const kept = (of: StreamDataset) => tablesOf(store.session, { ...of, keepsDelta: false });
    expect(await kept(a)).toMatchObject({ current: ['1|1|2', '2|2|2'], history: ['1|7|1|2', '2|1|1|2'] });
    // Ordinal 3 holds what was committed together; the rows of one had it already.
    expect((await kept(b)).current).toEqual(['1|1', '2|3']);
    expect(await gapsOf(store.session, node.stream)).toMatchObject([
      { address: a.address, from: 1n, to: 2n, cause: 'resync', isAccepted: true, at: expect.any(String) },
    ]);
  });

  test('a table that missed changes is read anew while others go on; one that is gone holds back its own stream', async () => {
    const source = await database(
      'src',
      'create table a (id int primary key); create table b (id int primary key); create table c (id int primary key); create table e (id int primary key)',
    );
    const store = await database('store');
    const nodes = ['a', 'b', 'c', 'e'].map((name) =>
      streamOf(`retail/sales/${name}`, [dataset(name, ['id'], { id: 'int32' })]),
    );
    const ids = async (table: string) =>
      (await store.session.query(sql`select id from ${name('retail__sales__shop', table)} order by id`)).map(
        ({ id }) => id,
      );
    await catchUp(source, store, nodes);
    await run(source.session, `alter publication ${source.name} drop table a`);
    await run(source.session, 'insert into a values (1); insert into b values (1); insert into c values (1)');
    // Still a table of the publication, and no longer what the model calls it.
    await run(source.session, 'alter table c rename to d; insert into d values (2); insert into b values (2)');
    const held: unknown[] = [];
    const onLoss = (stream: string | null, { message }: { readonly message: string }) =>
      held.push([
        stream,
        /no longer in the publication|no table of this name|does not exist|that table is/.exec(message)?.[0],
      ]);
    await expect(catchUp(source, store, nodes, { onLoss })).rejects.toThrow("Stream 'retail/sales/c' cannot go on");
    expect(held).toEqual([
      ['retail/sales/a', 'no longer in the publication'],
      ['retail/sales/c', 'no table of this name'],
      ['retail/sales/c', 'does not exist'],
    ]);
    expect([await ids('a'), await ids('b'), await ids('c')]).toEqual([[1], [1, 2], []]);
    await run(source.session, 'alter table d rename to c');
    held.length = 0;
    // It comes to light in the middle, and the table is back before its rows are read anew.
    let isRenamed = false;
    const hook = async (step: string) => {
      if (step !== 'taken over' || isRenamed) return;
      isRenamed = true;
      await run(
        source.session,
        'alter table e rename to f; insert into f values (3); create table e (id int primary key); insert into e values (4); insert into b values (3)',
      );
    };
    await catchUp(source, store, nodes, { onLoss, hook });
    expect(held).toContainEqual(['retail/sales/e', 'that table is']);
    expect([await ids('a'), await ids('b'), await ids('c'), await ids('e')]).toEqual([[1], [1, 2, 3], [1, 2], [4]]);
    await run(source.session, 'insert into e values (5)');
    await catchUp(source, store, nodes);
    expect(await ids('e')).toEqual([4, 5]);
  });

  test('a column that was away for a while stops its stream until the rows are read anew; then the log is followed past it', async () => {
    const source = await database(
      'src',
      "create table a (id int primary key, name text); insert into a values (1, 'x')",
    );
    const store = await database('store');
    const a = dataset('a', ['id'], { id: 'int32', name: 'text?' });
    const node = streamOf('retail/sales/shop', [a]);
    await catchUp(source, store, [node]);
    await run(source.session, 'alter table a drop column name; insert into a values (2)');
    await run(source.session, "alter table a add column name text; insert into a values (3, 'z')");
    for (let i = 0; i < 2; i++) await expect(catchUp(source, store, [node])).rejects.toThrow("reads column 'name'");
    await noteGap(store.session, node.stream, { address: a.address, cause: askedFor, isAccepted: false });
    await catchUp(source, store, [node]);
    await run(source.session, "insert into a values (4, 'w')");
    await catchUp(source, store, [node]);
    const { current } = await tablesOf(store.session, { ...a, keepsDelta: false });
    expect(current.map((row) => row.split('|').slice(0, 2).join('|'))).toEqual(['1|~', '2|~', '3|z', '4|w']);
  });

  test('while it runs, a stream that stands still is a failure, and one whose table is taken away is held', async () => {
    const source = await database('src', 'create table a (id int primary key); create table b (id int primary key)');
    const store = await database('store');
    const nodes = ['a', 'b'].map((name) => streamOf(`retail/sales/${name}`, [dataset(name, ['id'], { id: 'int32' })]));
    await catchUp(source, store, nodes);
    const stop = new AbortController();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isStuck = false;
    const heard: string[] = [];
    const hear = (of: string) => {
      heard.push(of);
      if (isStuck && of.includes('stands')) release();
    };
    const running = catchUp(source, store, nodes, {
      untilCaughtUp: false,
      signal: stop.signal,
      lookEveryMs: 100,
      patienceMs: 1_000,
      hook: async (step) => {
        if (step !== 'before commit' || isStuck) return;
        isStuck = true;
        await released;
      },
      onTrouble: (stream, { message }) => {
        if (message.includes('has stood at')) hear(`${stream} stands: ${/the store is slow/.test(message)}`);
      },
      onLoss: (stream, { rule }) => {
        hear(`${stream} ${rule}`);
        stop.abort();
      },
    });
    await run(source.session, 'insert into a values (1)');
    await released;
    await run(source.session, `alter publication ${source.name} drop table b`);
    await running;
    expect([...new Set(heard)]).toEqual(['retail/sales/a stands: true', 'retail/sales/b changes-lost']);
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
