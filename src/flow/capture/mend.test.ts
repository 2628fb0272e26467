import { describe, expect, test } from 'vitest';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { askedFor, gapsOf, noteGap } from '../gaps.ts';
import { catchUp, database, log, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';

describe('Changes that are lost', () => {
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
        /no longer in the publication|no table of this name|does not exist|that table is|Its rows of before/.exec(
          message,
        )?.[0],
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
    // In the log, or in a look at the source: at the publication, which has the other one, or at its rows.
    const seen = /that table is|Its rows of before|no longer in the publication/;
    expect(held).toContainEqual(['retail/sales/e', expect.stringMatching(seen)]);
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
});
