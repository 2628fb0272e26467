import { describe, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { sql } from '../../sql/sql.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { progressOf } from './load-progress.ts';
import { readLoads } from './load-record.ts';

const a = dataset('a', ['id'], { id: 'int32', note: 'text' }, { keepsDelta: false });
const b = dataset('b', ['id'], { id: 'int32', note: 'text' }, { keepsDelta: false });
const made = `create table a (id int primary key, note text); create table b (id int primary key, note text);
  insert into a select g, repeat(md5(g::text), 8) from generate_series(1, 2000) g;
  insert into b select g, repeat(md5(g::text), 8) from generate_series(1, 1000) g`;
const partBytes = 64 * 1024;
const node = streamOf('retail/sales/shop', [a, b]);

/** Rows as they are at the source, and here. */
async function rowsOf({ session }: Place, table: string): Promise<readonly string[]> {
  const rows = await session.query(
    sql`select concat_ws('|', id, md5(note)) as line from ${{ kind: 'name', parts: ['public', table] }} order by id`,
  );
  return rows.map(({ line }) => String(line));
}

async function currentOf({ session }: Place, table: string): Promise<readonly string[]> {
  const rows = await session.query(
    sql`select concat_ws('|', id, md5(note)) as line from ${{ kind: 'name', parts: ['retail__sales__shop', table] }} order by id`,
  );
  return rows.map(({ line }) => String(line));
}

async function completeFrom({ session }: Place): Promise<Readonly<Record<string, number>>> {
  const rows = await session.query(sql`select address, complete_from::int4 as n from freehold.fh_dataset order by 1`);
  return Object.fromEntries(rows.map((row) => [String(row.address), Number(row.n)]));
}

/** Fails at the n-th of some steps, as a process that is killed there would end. */
function cutAt(step: string, nth = 1) {
  let met = 0;
  return async (now: string) => {
    if (now === step && ++met === nth) throw new Error(`cut at ${step}`);
  };
}

/** Counts the parts that are read. */
function counting() {
  const counted = { parts: 0 };
  const hook = async (step: string) => {
    if (step === 'part loaded') counted.parts++;
  };
  return { counted, hook };
}

describe('A load', () => {
  test('of one view is of ordinal 1, with nothing left of its record', async () => {
    const [source, store] = [await database('src', made), await database('store')];
    const { counted, hook } = counting();
    await catchUp(source, store, [node], { hook, loadPartBytes: partBytes });
    expect(counted.parts).toBeGreaterThan(10);
    expect(await completeFrom(store)).toEqual({ [a.address]: 1, [b.address]: 1 });
    expect(await currentOf(store, 'a')).toEqual(await rowsOf(source, 'a'));
    expect(await store.session.query(sql`select address from freehold.fh_load`)).toEqual([]);
    expect(await store.session.query(sql`select address from freehold.fh_load_part`)).toEqual([]);
  });

  test.each([
    ['load begun', 1, 0],
    ['part loaded', 1, 1],
    ['part loaded', 5, 5],
    ['key built', 1, 7],
    ['loaded', 1, 10],
  ])(
    'that is cut (%s, %i) goes on in a new view: what was read is not read again, and nobody reads the rows before they are of one position',
    async (step, nth, least) => {
      const [source, store] = [await database('src', made), await database('store')];
      const whole = counting();
      const other = await database('other');
      await catchUp(source, other, [node], { hook: whole.hook, loadPartBytes: partBytes });
      await must(capture.log, 'log').drop(source.access, source.name);

      const before = counting();
      const cut = cutAt(step, nth);
      const hook = async (now: string) => {
        await before.hook(now);
        await cut(now);
      };
      await expect(catchUp(source, store, [node], { hook, loadPartBytes: partBytes })).rejects.toThrow('cut at');
      expect(before.counted.parts).toBeGreaterThanOrEqual(least);
      // What was read moves, goes, gets other keys; what was not moves to where all was read.
      const told = progressOf([...(await readLoads(store.session, node.stream)).values()], false).datasets;
      for (const { address, rows, bytes, ofBytes } of told) {
        expect(rows).toBe((await currentOf(store, address === a.address ? 'a' : 'b')).length);
        expect(bytes).toBeLessThanOrEqual(ofBytes);
      }
      await run(source.session, "delete from a where id % 11 = 0; update a set note = note || 'x' where id % 7 = 0");
      await run(source.session, 'vacuum a');
      await run(
        source.session,
        `update a set id = id + 10000 where id % 13 = 0;
       insert into a select g, 'new' from generate_series(5001, 5400) g`,
      );
      const after = counting();
      await catchUp(source, store, [node], { hook: after.hook, loadPartBytes: partBytes });
      const isAnew = before.counted.parts === 0;
      const read = before.counted.parts + after.counted.parts;
      expect(read).toBeLessThanOrEqual(whole.counted.parts + (isAnew ? 5 : 0));
      expect(await currentOf(store, 'a')).toEqual(await rowsOf(source, 'a'));
      expect(await currentOf(store, 'b')).toEqual(await rowsOf(source, 'b'));
      const { [a.address]: n = 0 } = await completeFrom(store);
      expect((await tablesOf(store.session, a)).history.filter((line) => Number(line.split('|').at(-1)) <= n)).toEqual(
        [],
      );
      expect(await store.session.query(sql`select address from freehold.fh_load`)).toEqual([]);
      // From there on versions are kept.
      const { history } = await tablesOf(store.session, a);
      await run(source.session, "update a set note = 'y' where id = 1");
      await catchUp(source, store, [node]);
      expect((await tablesOf(store.session, a)).history).toHaveLength(history.length + 1);
    },
  );

  test('finds the value that an update left out of a row which moved past it, at the source', async () => {
    const source = await database(
      'src',
      `create table big (id int primary key, n int, note text);
       alter table big alter note set storage external;
       insert into big select g, 0, repeat(md5(g::text), 100) from generate_series(1, 6000) g`,
    );
    const store = await database('store');
    const big = dataset('big', ['id'], { id: 'int32', n: 'int32', note: 'text' });
    const alone = streamOf('retail/sales/big', [big]);
    await expect(
      catchUp(source, store, [alone], { hook: cutAt('part loaded'), loadPartBytes: partBytes }),
    ).rejects.toThrow('cut at');
    await run(source.session, 'delete from big where id < 1000');
    await run(source.session, 'vacuum big');
    await run(source.session, 'update big set n = 1 where id > 5000');
    await run(source.session, 'update big set id = id + 10000 where id > 5900');
    let missing = 0;
    const hook = async (step: string) => {
      if (step !== 'merged') return;
      const [found] =
        await store.session.query(sql`select coalesce(max(c.reltuples), 0)::int4 as n, count(*)::int4 as tables
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'freehold' and c.relname like 'fh_missing%'`);
      missing = Math.max(missing, Number(found?.tables));
    };
    await catchUp(source, store, [alone], { hook, loadPartBytes: partBytes });
    expect(missing).toBe(1);
    const lines = sql`select concat_ws('|', id, n, md5(note)) as line from`;
    const there = await source.session.query(sql`${lines} public.big order by id`);
    expect(await store.session.query(sql`${lines} retail__sales__shop.big order by id`)).toEqual(there);
    const left = sql`select relname from pg_class where relname like 'fh_missing%'`;
    expect(await store.session.query(left)).toEqual([]);
  });

  test('begins a table again that was written anew between two views, and one without key as a whole', async () => {
    const source = await database(
      'src',
      `${made}; create table c (id int, note text); insert into c select g, repeat(md5(g::text), 8) from generate_series(1, 1000) g`,
    );
    const store = await database('store');
    const c = dataset('c', [], { id: 'int32', note: 'text' });
    const all = streamOf('retail/sales/shop', [a, c]);
    const cut = async (step: string, nth: number, statements: readonly string[]) => {
      const hook = cutAt(step, nth);
      await expect(catchUp(source, store, [all], { hook, loadPartBytes: partBytes })).rejects.toThrow('cut at');
      for (const statement of statements) await run(source.session, statement);
    };
    // The parts of what has no key are read first.
    await cut('part loaded', 2, ["insert into c values (-1, 'later')"]);
    const first = await store.session.query(sql`select max(position) as p from freehold.fh_load`);
    await cut('part loaded', 9, [
      "insert into c values (-2, 'latest')",
      'delete from a where id % 3 = 0',
      'vacuum full a',
    ]);
    expect(await store.session.query(sql`select max(position) as p from freehold.fh_load`)).not.toEqual(first);
    const { counted, hook } = counting();
    await catchUp(source, store, [all], { hook, loadPartBytes: partBytes });
    expect(counted.parts).toBeGreaterThan(5);
    for (const table of ['a', 'c']) expect(await currentOf(store, table)).toEqual(await rowsOf(source, table));
  });

  test('begins again where its datasets are described otherwise, or its log is gone', async () => {
    const [source, store] = [await database('src', made), await database('store')];
    const cut = () =>
      expect(
        catchUp(source, store, [node], { hook: cutAt('part loaded', 3), loadPartBytes: partBytes }),
      ).rejects.toThrow('cut at');
    await cut();
    const losses: (string | null)[] = [];
    const { counted, hook } = counting();
    await must(capture.log, 'log').drop(source.access, source.name);
    await run(source.session, 'delete from a where id < 100');
    await catchUp(source, store, [node], { hook, loadPartBytes: partBytes, onLoss: (stream) => losses.push(stream) });
    expect(counted.parts).toBeGreaterThan(10);
    expect(losses).toEqual([null]);
    expect(await currentOf(store, 'a')).toEqual(await rowsOf(source, 'a'));
    expect(await completeFrom(store)).toEqual({ [a.address]: 1, [b.address]: 1 });
  });

  test('of datasets that joined a loaded stream goes on, too, and their rows are a correction', async () => {
    const [source, store] = [await database('src', made), await database('store')];
    await catchUp(source, store, [streamOf('retail/sales/shop', [b])]);
    await run(source.session, "update b set note = 'one' where id = 1");
    const before = counting();
    const cut = cutAt('part loaded', 4);
    const hook = async (now: string) => {
      await before.hook(now);
      await cut(now);
    };
    await expect(catchUp(source, store, [node], { hook, loadPartBytes: partBytes })).rejects.toThrow('cut at');
    await run(source.session, "update a set note = 'two' where id % 2 = 0; update b set note = 'two' where id = 2");
    await run(source.session, 'delete from a where id % 5 = 0');
    const after = counting();
    await catchUp(source, store, [node], { hook: after.hook, loadPartBytes: partBytes });
    expect(before.counted.parts).toBeGreaterThanOrEqual(4);
    expect(after.counted.parts).toBeLessThan(before.counted.parts + 8);
    for (const table of ['a', 'b']) expect(await currentOf(store, table)).toEqual(await rowsOf(source, table));
    // 1 the load, 2 'one', 3 what changed both, 4 what was deleted, 5 the correction.
    expect(await completeFrom(store)).toEqual({ [a.address]: 5, [b.address]: 1 });
    expect((await tablesOf(store.session, b)).history).toHaveLength(2);
    expect((await tablesOf(store.session, a)).history).toEqual([]);
  });
});
