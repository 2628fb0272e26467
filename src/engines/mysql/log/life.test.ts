import { cp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql, words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { type Mariadb, noMariadb, open as openSession, startMariadb } from '../testing/server.ts';
import { viewUnderLock } from './snapshot.ts';
import type { Seen } from './testing/collect.ts';
import { caughtUp, open, openLog, type Reading, read, source, stopOf, table } from './testing/source.ts';

const made = 'create table a (id int primary key, name text)';
const tablesOf = (database: string) => [table(database, 'a', { id: 'int32', name: 'text' })];
const ids = (seen: readonly Seen[]) => seen.flatMap((s) => (s.kind === 'row' ? [s.values.id] : []));

describe.skipIf(noMariadb !== null)('The life of a log of MariaDB', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('after a cut connection, and a restart of the server, the log goes on from what was acknowledged', async () => {
    const from = await source(server, made);
    const tables = tablesOf(from.database);
    const first = await read(from, tables);
    await from.run("insert into a values (1, 'x')");
    await caughtUp(first);
    const position = first.sink.positions.committed;
    await from.run("insert into a values (2, 'y')");
    await caughtUp(first);
    const failed = expect(first.done).rejects.toMatchObject({ kind: 'unreachable' });
    const [dump] = await from.session.query(
      sql`select id from information_schema.processlist where command = 'Binlog Dump'`,
    );
    await from.run(`kill ${String(dump?.id)}`);
    await failed;
    await first[Symbol.asyncDispose]();
    const second = await read(from, tables, position);
    await caughtUp(second);
    expect(ids(second.sink.seen)).toEqual(['2']);
    const gone = expect(second.done).rejects.toMatchObject({ kind: 'unreachable' });
    await server.restart({ isCrash: true });
    await gone;
    await second[Symbol.asyncDispose]();
    await using again = await openSession(server, from.database);
    await again.execute(sql`insert into a values (3, 'z')`);
    const third = await read(from, tables, position);
    expect(await third.log.past({ identity: third.log.identity, position })).toBe(null);
    await caughtUp(third);
    expect(ids(third.sink.seen)).toEqual(['2', '3']);
  });

  test('a second reader is refused, and one that was killed is not in the way', async () => {
    const from = await source(server, made);
    const tables = tablesOf(from.database);
    const log = await openLog(from.access, 'freehold_one', tables, false);
    await expect(openLog(from.access, 'freehold_one', tables, false)).rejects.toThrow('Another process reads capture');
    await log[Symbol.asyncDispose]();
    const next = await openLog(from.access, 'freehold_one', tables, true);
    expect(next.isNew).toBe(false);
    open.push(next);
  });

  test('a snapshot shows the rows as of its position while others write, for each session it gives', async () => {
    const from = await source(server, 'create table a (id int primary key auto_increment, name text)');
    const reading = await read(from, tablesOf(from.database));
    let isWriting = true;
    const writers = [1, 2, 3].map(async () => {
      await using writer = await openSession(server, from.database);
      while (isWriting) await writer.execute(sql`insert into a (name) values ('x')`);
    });
    for (let n = 0; n < 5; n++) {
      await using snapshot = await reading.log.snapshot();
      const counts = [];
      for (let i = 0; i < 2; i++) {
        await using inside = await snapshot.connect();
        counts.push(...(await inside.query(sql`select count(*) as n from a`)));
      }
      const logged = await begunUntil(reading, snapshot.position);
      expect(counts.map((row) => Number(row.n))).toEqual([logged, logged]);
    }
    isWriting = false;
    await Promise.all(writers);
  });

  test('where the server does not say where a view is, tables are locked for a moment, and the view is as of there', async () => {
    const from = await source(server, 'create table a (id int primary key auto_increment, name text)');
    const tables = tablesOf(from.database);
    const reading = await read(from, tables);
    let isWriting = true;
    const writers = [1, 2, 3].map(async () => {
      await using writer = await openSession(server, from.database);
      while (isWriting) await writer.execute(sql`insert into a (name) values ('x')`);
    });
    for (let n = 0; n < 5; n++) {
      await using inside = await connect(from.access, 'test');
      const end = await viewUnderLock(inside, from.access, tables);
      const [count] = await inside.query(sql`select count(*) as n from a`);
      const position = `${end.file.split('.').at(-1)?.padStart(10, '0')}:${String(end.offset).padStart(13, '0')}`;
      const logged = await begunUntil(reading, position);
      expect(Number(count?.n)).toBe(logged);
    }
    isWriting = false;
    await Promise.all(writers);
  });

  test('a log that was purged, reset, or restored from a copy is told from the one that was read', async () => {
    const from = await source(server, made);
    const tables = tablesOf(from.database);
    const first = await read(from, tables);
    await from.run("insert into a values (1, 'x')");
    await caughtUp(first);
    const position = first.sink.positions.committed;
    await first[Symbol.asyncDispose]();

    // A copy of the server as it is now.
    const copy = `${server.dataDirectory}-copy`;
    await from.session[Symbol.asyncDispose]();
    await server.restart({
      between: () => cp(server.dataDirectory, copy, { recursive: true, preserveTimestamps: true }),
    });
    await using session = await openSession(server, from.database);
    const run = (statement: string) => session.execute(words(statement));
    await run("insert into a values (2, 'y')");
    const second = await read(from, tables, position);
    await caughtUp(second);
    expect(ids(second.sink.seen)).toEqual(['2']);
    const ahead = second.sink.positions.committed;
    await second[Symbol.asyncDispose]();

    const loss = async (at: string) => {
      await using log = await openLog(from.access, 'freehold_refusal', tables, true);
      const found = await log.past({ identity: log.identity, position: at });
      return found === null ? null : `${found.cause}: ${found.message}`;
    };
    const reading = async (at: string) => {
      await using begun = await read(from, tables, at);
      await begun.done;
    };

    // The copy lives on with a history of its own, of the same file numbers.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await server.restart({
      between: async () => {
        await rm(server.dataDirectory, { recursive: true });
        await cp(copy, server.dataDirectory, { recursive: true, preserveTimestamps: true });
        await server.own();
      },
    });
    expect(await loss(position)).toBe(null);
    await using elsewhere = await openSession(server, from.database);
    for (let n = 10; n < 20; n++) await elsewhere.execute(words(`insert into a values (${n}, 'another')`));
    expect(await loss(ahead)).toMatch(/^diverged: .* and binlog\.\d+ is another file than that one: it was opened at/);
    await expect(reading(ahead)).rejects.toThrow(/was opened at .* the log was reset, or the server restored/);

    await using restored = await openSession(server, from.database);
    await restored.execute(sql`flush binary logs`);
    await restored.execute(sql`purge binary logs before date_add(now(), interval 1 day)`);
    expect(await loss(position)).toMatch(/^purged: .* whose oldest file is binlog\.\d+: the server has deleted/);
    await expect(reading(position)).rejects.toThrow(/is gone, and with it changes/);

    await restored.execute(sql`reset master`);
    expect(await loss(ahead)).toMatch(/^beyond-end: .* which ends at byte \d+ of binlog\.000001: the log was reset/);
    const end = (await read(from, tables)).log;
    expect(await loss((await end.end()).replace(/:\d+/, ':0000099999999'))).toMatch(/^beyond-end: /);
  });

  test.each([
    ['compressed', ['--log-bin-compress=ON', '--log-bin-compress-min-len=10']],
    ['without checksums', ['--binlog-checksum=NONE']],
    ['without names of columns', ['--binlog-row-metadata=NO_LOG']],
    ['with the least metadata', ['--binlog-row-metadata=MINIMAL']],
    ['that is synced and grouped', ['--sync-binlog=1', '--max-binlog-size=4096']],
  ])('a log %s is read alike', async (_, settings) => {
    await server.restart({ settings });
    const from = await source(
      server,
      "create table a (id int unsigned primary key, name varchar(200) character set latin1, e enum('x','ž'), n bigint unsigned)",
    );
    const tables = [
      table(from.database, 'a', { id: 'int64', name: 'varchar(200)', e: "enum('x','ž')", n: 'decimal(20,0)' }),
    ];
    const reading = await read(from, tables);
    await from.run(
      "insert into a values (4294967295, repeat('é', 100), 'ž', 18446744073709551615), (2, '', null, 0)",
      "update a set name = 'u' where id = 2",
      'alter table a add column more int first',
      'delete from a where id = 2',
    );
    await caughtUp(reading);
    const seen = reading.sink.seen.flatMap((s) => (s.kind === 'row' ? [[s.op, ...Object.values(s.values)]] : []));
    if (settings[0]?.includes('metadata') === true && reading.sink.seen.some((s) => s.kind === 'stop')) {
      // The catalogue is looked at when the reader comes by: where the table was altered by then, nobody can tell.
      expect(await stopOf(reading)).toMatchObject({ why: 'unlogged' });
      return;
    }
    expect(seen).toEqual([
      ['upsert', '4294967295', 'é'.repeat(100), 'ž', '18446744073709551615'],
      ['upsert', '2', '', null, '0'],
      ['upsert', '2', 'u', null, '0'],
      ['delete', '2', null, null, null],
    ]);
  });

  test('without names of columns, a table that was altered behind the reader stops it', async () => {
    await server.restart({ settings: ['--binlog-row-metadata=NO_LOG'] });
    const from = await source(server, 'create table a (id int primary key, x text, name text)');
    const tables = tablesOf(from.database);
    const first = await read(from, tables);
    const position = await first.log.end();
    await first[Symbol.asyncDispose]();
    await from.run("insert into a values (1, 'x', 'name')", 'alter table a drop column x, add column x text');
    const second = await read(from, tables, position);
    expect(await stopOf(second)).toMatchObject({
      why: 'unlogged',
      message: expect.stringContaining(
        'were changed before the table was altered, and the log has no names of columns',
      ),
    });
  });
});

/** Transactions that had begun up to a position; waits for the first behind it. */
async function begunUntil({ sink }: Reading, position: string): Promise<number> {
  const isBehind = (s: Seen) => s.kind === 'begin' && s.position > position;
  await sink.until(() => sink.positions.committed > position && sink.seen.some(isBehind));
  return sink.seen.filter((s) => s.kind === 'begin' && !isBehind(s)).length;
}
