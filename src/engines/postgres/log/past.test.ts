import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import { sql, value, words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { ownServer } from '../testing/own.ts';
import { postgresLog } from './log.ts';
import { lossSince, timelinesLeft } from './past.ts';
import { collector } from './testing/collect.ts';
import { caughtUp, int, logged, lossOfAll, open, openLog, read, source, table } from './testing/source.ts';

const tables = [table('a', { id: int })];
const made = sql`create table a (id int primary key)`;
const at = (low: string) => `00000000${low.padStart(8, '0')}`;

describe('Positions are checked before they are used', () => {
  const past = { system: '7', timeline: 3, left: timelinesLeft('1\t0/50\tno recovery target\n\n2\t0/80\tx 1\n') };
  const bounds = { acknowledged: at('40'), end: at('90') };
  const causeOf = (identity: string | null, position: string) =>
    lossSince(past, { identity, position: at(position) }, bounds, 'shop')?.cause ?? null;

  test.each([
    ['of the same timeline within the bounds', '7/3', '85', null],
    ['of an earlier timeline, from before it was left', '7/1', '4F', null],
    ['of an earlier timeline, from after it was left', '7/1', '50', 'diverged'],
    ['of the timeline in between', '7/2', '7F', null],
    ['of a timeline that is none of its past', '7/4', '45', 'other-server'],
    ['of another system', '8/3', '45', 'other-server'],
    ['of nobody knows whom', null, '45', 'other-server'],
    ['after the end of the log', '7/3', '91', 'beyond-end'],
    ['before what the source may have forgotten', '7/3', '3F', 'behind'],
    ['at what the source may have forgotten', '7/3', '40', null],
  ])('a position %s', (_, identity, position, cause) => {
    expect(causeOf(identity, position)).toBe(cause);
  });

  test('a real server says of itself what it needs to be checked', async () => {
    const from = await source(made);
    const log = await openLog(from, tables);
    open.push(log);
    const [system] = log.identity.split('/');
    const loss = async (identity: string, position: string) => (await log.past({ identity, position }))?.cause ?? null;
    const end = await log.end();
    expect(await loss(log.identity, end)).toBe(null);
    expect(await loss(log.identity, 'FFFFFFFF00000000')).toBe('beyond-end');
    expect(await loss(log.identity, at('1'))).toBe('behind');
    expect(await loss(`${system}/9`, end)).toBe('other-server');
    expect(await loss('1/1', end)).toBe('other-server');
  });

  test('a slot that the server invalidated is lost, in words that say why; where nothing is loaded it is made anew', async () => {
    const server = await ownServer();
    const place = tmpdir();
    try {
      const own = server.reached();
      const access = own.access(await own.createDatabase('slot'));
      await using session = await connect(access, 'test');
      await session.execute(words('set search_path = public; create table a (id int primary key)'));
      const log = postgresLog(connect);
      const from = { access, session, log, name: 'freehold_slot', directory: place };
      const fresh = await log.open(access, from.name, logged(tables, null), place);
      if (fresh.kind === 'open') await fresh.log[Symbol.asyncDispose]();
      await session.execute(words("alter system set max_slot_wal_keep_size = '1MB'"));
      await session.query(sql`select pg_reload_conf()`);
      // Ever more log, until the slot is given up at a checkpoint.
      for (let isLost = false; !isLost; ) {
        await session.execute(words('select pg_switch_wal()'));
        await session.execute(words('insert into a select coalesce(max(id), 0) + 1 from a'));
        await session.execute(words('select pg_switch_wal()'));
        await session.execute(words('checkpoint'));
        const [row] = await session.query(
          sql`select wal_status = 'lost' as is_lost from pg_replication_slots where slot_name = ${value(from.name)}`,
        );
        isLost = row?.is_lost === true;
      }
      const opening = await log.open(access, from.name, logged(tables, ''), place);
      expect(opening).toMatchObject({ kind: 'lost', loss: { cause: 'slot-lost' } });
      if (opening.kind === 'lost') expect(opening.loss.message).toContain('max_slot_wal_keep_size');
      const anew = await log.open(access, from.name, logged(tables, null), place);
      expect(anew).toMatchObject({ kind: 'open', log: { isNew: true } });
      if (anew.kind === 'open') await anew.log[Symbol.asyncDispose]();
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

  test('a server that took over goes on where its past holds our position, and is refused where it does not', async () => {
    const server = await ownServer();
    const place = tmpdir();
    try {
      const log = postgresLog(connect);
      const opened = async () => {
        const access = server.reached().access('promoted');
        const opening = await log.open(access, 'freehold_promoted', logged(tables, ''), place);
        if (opening.kind === 'open') return opening.log;
        throw new Error(`lost: ${opening.loss.cause}`);
      };
      {
        await using c = await connect(server.reached().access('postgres'), 'test');
        await c.execute(words('create database promoted'));
        await using session = await connect(server.reached().access('promoted'), 'test');
        await session.execute(words('create table public.a (id int primary key)'));
        const fresh = await log.open(
          server.reached().access('promoted'),
          'freehold_promoted',
          logged(tables, null),
          place,
        );
        if (fresh.kind === 'open') await fresh.log[Symbol.asyncDispose]();
        await session.execute(words('insert into public.a values (1)'));
      }
      const before = await opened();
      const held = { identity: before.identity, position: await before.end() };
      await before[Symbol.asyncDispose]();
      await server.stop();
      // Started as a standby of nobody, it ends its timeline when it is promoted.
      await writeFile(join(server.data, 'standby.signal'), '');
      await server.start();
      {
        await using c = await connect(server.reached().access('postgres'), 'test');
        await c.query(sql`select pg_promote()`);
        await using session = await connect(server.reached().access('promoted'), 'test');
        await session.execute(words('insert into public.a values (2)'));
      }
      const after = await opened();
      expect([held.identity, after.identity].map((identity) => identity.split('/')[1])).toEqual(['1', '2']);
      expect(await after.past(held)).toBe(null);
      expect(await after.past({ ...held, position: await after.end() })).toMatchObject({ cause: 'diverged' });
      const sink = collector();
      const stop = new AbortController();
      const done = after.read(sink, stop.signal);
      await caughtUp({ log: after, sink, done, [Symbol.asyncDispose]: async () => undefined });
      stop.abort();
      await done;
      expect(sink.seen.flatMap((s) => (s.kind === 'row' ? [s.values.id] : []))).toEqual([1, 2]);
      await after[Symbol.asyncDispose]();
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});

describe('What rows have missed is found in the catalogue', () => {
  const looked = async (from: Awaited<ReturnType<typeof source>>, mark: string | null, of = tables) => {
    await using log = await openLog(from, of, mark);
    const { marks, losses } = await log.look();
    return { mark: must(marks[0], 'mark'), loss: losses.get(0) ?? null };
  };

  test('a table that was taken out of the publication stays out until its rows are read anew', async () => {
    const from = await source(made);
    const { mark } = await looked(from, null);
    await from.session.execute(words(`alter publication ${from.name} drop table a`));
    for (let open = 0; open < 2; open++) expect((await looked(from, mark)).loss?.cause).toBe('unpublished');
    expect(await looked(from, null)).toEqual({ mark, loss: null });
    expect(await looked(from, mark)).toEqual({ mark, loss: null });
  });

  test.each([
    ['a row filter', 'set table a where (id > 5)', 'has a row filter ((id > 5))'],
    ['a list of columns', 'set table a (id)', "leaves out 'name'"],
    ['fewer actions', "set (publish = 'insert')", 'does not give each update and delete and truncate'],
  ])('%s set by somebody else is found, and taken back when the rows are read anew', async (_, change, said) => {
    const from = await source(sql`create table a (id int primary key, name int)`);
    const of = [table('a', { id: int, name: int })];
    const { mark } = await looked(from, null, of);
    await from.session.execute(words(`alter publication ${from.name} ${change}`));
    const { loss } = await looked(from, mark, of);
    expect(loss).toMatchObject({ cause: 'unpublished' });
    expect(loss?.message).toContain(said);
    expect((await looked(from, null, of)).loss).toBe(null);
  });

  test('a publication that was dropped is a loss of all: what was logged before cannot be read through another', async () => {
    const from = await source(made);
    const { mark } = await looked(from, null);
    await from.session.execute(sql`insert into a values (1)`);
    await from.session.execute(words(`drop publication ${from.name}`));
    expect(await lossOfAll(from, tables, mark)).toMatchObject({ cause: 'unpublished' });
    const reading = await read(from, tables);
    expect(reading.log.isNew).toBe(true);
    await from.session.execute(sql`insert into a values (2)`);
    await caughtUp(reading);
    expect(reading.sink.seen.flatMap((s) => (s.kind === 'row' ? [s.values.id] : []))).toEqual([2]);
  });

  test('a table that was made anew, or is gone, is not the one whose rows are here', async () => {
    const from = await source(made);
    const { mark } = await looked(from, null);
    await from.session.execute(sql`drop table a; create table a (id int primary key)`);
    expect((await looked(from, mark)).loss?.cause).toBe('recreated');
    await from.session.execute(sql`drop table a`);
    expect((await looked(from, mark)).loss?.message).toContain('no table of this name');
  });

  test('a partition that is made is no loss; one that is attached, detached or dropped is', async () => {
    const from = await source(sql`create table a (id int primary key) partition by range (id);
      create table a1 partition of a for values from (0) to (10)`);
    const first = await looked(from, null);
    await from.session.execute(sql`create table a2 partition of a for values from (10) to (20)`);
    const second = await looked(from, first.mark);
    expect(second.loss).toBe(null);
    expect(second.mark).not.toBe(first.mark);
    await from.session.execute(sql`create table a3 (id int primary key); insert into a3 values (20)`);
    await from.session.execute(sql`alter table a attach partition a3 for values from (20) to (30)`);
    expect((await looked(from, second.mark)).loss?.message).toContain("Partition 'public.a3' was attached");
    const third = await looked(from, null);
    await from.session.execute(sql`alter table a detach partition a2`);
    expect((await looked(from, third.mark)).loss?.message).toContain('1 partitions were detached or dropped');
  });

  test('marks of another server, where the slot is gone too, say that it is another server', async () => {
    const from = await source(made);
    expect((await lossOfAll(from, tables, '1/2')).cause).toBe('other-server');
  });

  test('a reader that meets no loss has read on', async () => {
    const from = await source(made);
    const { mark } = await looked(from, null);
    const reading = await read(from, tables, mark);
    await from.session.execute(sql`insert into a values (1)`);
    await caughtUp(reading);
    expect(reading.sink.seen.filter((s) => s.kind === 'row')).toHaveLength(1);
  });
});
