import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql, words } from '../../../sql/sql.ts';
import { capture } from '../capture.ts';
import { columnName, createTable, insertRow, lenient, typedColumns, typeOf } from '../testing/all-types.ts';
import { type Mariadb, noMariadb, open as openSession, startMariadb } from '../testing/server.ts';
import { placeOf } from './position.ts';
import { readCsv, type Seen } from './testing/collect.ts';
import { caughtUp, read, source, stopOf, table } from './testing/source.ts';

const changes = (seen: readonly Seen[]) =>
  seen.map((s): unknown => (s.kind === 'row' ? [s.op, ...Object.values(s.values)] : s.kind));
const rows = (seen: readonly Seen[]) =>
  seen.flatMap((s) => (s.kind === 'row' ? [[s.op, ...Object.values(s.values)]] : []));

describe.skipIf(noMariadb !== null)('The log of MariaDB', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('gives each committed change once, in commit order, and nothing of what was rolled back', async () => {
    const from = await source(server, 'create table a (id int primary key, name text)');
    const reading = await read(from, [table(from.database, 'a', { id: 'int32', name: 'text' })]);
    await from.run(
      ...['begin', "insert into a values (1, 'one'), (2, null)", 'savepoint s', "insert into a values (3, 'x')"],
      ...['rollback to s', 'commit', 'begin', "insert into a values (9, 'never')", 'rollback'],
      ...['begin', "update a set name = 'uno' where id = 1", 'update a set id = 20 where id = 2'],
      ...[
        'delete from a where id = 1',
        'commit',
        'create table other (id int primary key)',
        'insert into other values (1)',
      ],
      'truncate table a',
    );
    await caughtUp(reading);
    expect(changes(reading.sink.seen)).toEqual([
      'begin',
      ['upsert', '1', 'one'],
      ['upsert', '2', null],
      'commit',
      'begin',
      ['upsert', '1', 'uno'],
      ['delete', '2', null],
      ['upsert', '20', null],
      ['delete', '1', null],
      'commit',
      'begin',
      'truncate',
      'commit',
    ]);
  });

  test('positions sort in log order, know their file and transaction, and begin before they commit', async () => {
    const from = await source(server, 'create table a (id int primary key)');
    const reading = await read(from, [table(from.database, 'a', { id: 'int32' })]);
    await from.run('insert into a values (1)', 'flush logs', 'insert into a values (2)');
    await caughtUp(reading);
    const positions = reading.sink.seen.flatMap((s) => (s.kind === 'begin' || s.kind === 'commit' ? [s.position] : []));
    expect(positions).toHaveLength(4);
    expect(positions).toEqual(positions.toSorted());
    const [first, last] = [placeOf(positions[1] ?? ''), placeOf(positions[3] ?? '')];
    expect(last.file).toBe(first.file + 1);
    expect(last.gtid).toMatch(/^0-1-\d+$/);
    expect(Math.abs((last.opened ?? 0) * 1000 - Date.now())).toBeLessThan(600_000);
    const [begin] = reading.sink.seen;
    expect(begin?.kind === 'begin' && Math.abs(begin.atMs - Date.now())).toBeLessThan(60_000);
  });

  test('every value is the text that a query of it gives, in each image', async () => {
    const from = await source(server);
    await from.session.execute(createTable(from.database, 't'));
    await from.session.execute(lenient);
    const of = {
      ...table(from.database, 't', { id: 'int32' }),
      columns: [
        { name: 'id', from: 'id', type: typeOf({ type: 'int32' }), nullable: false },
        ...typedColumns.map((column, i) => ({
          name: columnName(i),
          from: columnName(i),
          type: typeOf(column),
          nullable: true,
        })),
      ],
    };
    const reading = await read(from, [of]);
    const most = Math.max(...typedColumns.map(({ values }) => values.length));
    for (let nth = 0; nth <= most; nth++) await from.session.execute(insertRow(from.database, 't', nth, nth));
    const query = sql`select ${{
      kind: 'list',
      separator: ', ',
      items: of.columns.map(({ from: column, type }) =>
        from.session.types.toTransport(type, capture.read({ from: column, type })),
      ),
    }} from t order by id`;
    const asked = readCsv(Buffer.concat(await from.session.copyOut(query, 'csv').toArray()).toString());
    await from.session.execute(sql`update t set id = id + 1000`);
    await caughtUp(reading);
    const logged = reading.sink.seen.flatMap((s) =>
      s.kind === 'row' && s.op === 'upsert' ? [Object.values(s.values)] : [],
    );
    expect(logged).toHaveLength(2 * asked.length);
    // Engines differ in the digits of floating point.
    const comparable = (row: readonly (string | null)[]) =>
      row.map((text, i) => (of.columns[i]?.type.kind === 'float' && text !== null ? Number(text) : text));
    const float32 = of.columns.map(({ type }) => type.kind === 'float' && type.bits === 32);
    const rounded = (row: readonly (string | number | null)[]) =>
      row.map((one, i) => (float32[i] === true && typeof one === 'number' ? Math.fround(one) : one));
    for (const [n, row] of asked.entries()) {
      for (const [i, expected] of rounded(comparable(row)).entries()) {
        const physical = typedColumns[i - 1]?.physical ?? 'id';
        expect([physical, rounded(comparable(logged[n] ?? []))[i]]).toEqual([physical, expected]);
        if (i > 0)
          expect([physical, rounded(comparable(logged[asked.length + n] ?? []))[i]]).toEqual([physical, expected]);
      }
    }
  });

  test('columns may come, go, move and change in the middle of the log', async () => {
    const from = await source(server, 'create table a (id int primary key, extra blob, name varchar(5))');
    const start = await read(from, [table(from.database, 'a', { id: 'int64', name: 'text' })]);
    await from.run(
      "insert into a values (1, 'zz', 'one')",
      'alter table a drop column extra, add column more int default 4 first',
      "insert into a (id, name) values (2, 'two')",
      'alter table a modify id bigint first',
      "insert into a (id, name) values (5000000000, 'three')",
      'alter table a change name name text character set latin1',
      "insert into a (id, name) values (4, 'fünf')",
    );
    await caughtUp(start);
    expect(rows(start.sink.seen)).toEqual([
      ['upsert', '1', 'one'],
      ['upsert', '2', 'two'],
      ['upsert', '5000000000', 'three'],
      ['upsert', '4', 'fünf'],
    ]);
  });

  test.each([
    ['alter table a drop column name', "reads column 'name' from 'name'", 'error'],
    [
      'alter table a modify name varbinary(9)',
      "column 'name' is a varchar or varbinary in the log, which is not what the model says",
      'error',
    ],
    ['rename table a to b', 'was dropped, renamed, or replaced', 'recreated'],
    ['alter table a rename to b', 'was dropped, renamed, or replaced', 'recreated'],
    ['create or replace table a (id int primary key, name text)', 'was dropped, renamed, or replaced', 'recreated'],
    ['drop table a', 'was dropped, renamed, or replaced', 'recreated'],
    [
      "set tx_isolation = 'REPEATABLE-READ', binlog_format = 'STATEMENT'",
      'were changed by a statement that stands in the log',
      'unlogged',
    ],
    [
      "set binlog_row_image = 'MINIMAL'",
      'had binlog_row_image other than FULL, so the log lacks values of them',
      'unlogged',
    ],
  ])('%s stops the table with what happened, and no other', async (statement, message, why) => {
    const from = await source(
      server,
      'create table a (id int primary key, name varchar(9), n int)',
      "insert into a values (7, 'x', 1)",
      'create table other (id int primary key)',
    );
    const reading = await read(from, [
      table(from.database, 'a', { id: 'int32', name: 'text' }),
      table(from.database, 'other', { id: 'int32' }),
    ]);
    await from.run(statement);
    for (const more of ['insert into a (id) values (1)', 'update a set n = 2 where id = 7'])
      await from.session.execute(words(more)).catch(() => undefined);
    await from.run("set binlog_row_image = 'FULL', binlog_format = 'ROW'", 'insert into other values (1)');
    expect(await stopOf(reading)).toMatchObject({ table: 0, why, message: expect.stringContaining(message) });
    await caughtUp(reading);
    expect(rows(reading.sink.seen).at(-1)).toEqual(['upsert', '1']);
  });

  test('partitions that go with their rows stop the table', async () => {
    const from = await source(
      server,
      'create table a (id int primary key) partition by range (id) (partition p0 values less than (10), partition p1 values less than (20))',
    );
    const reading = await read(from, [table(from.database, 'a', { id: 'int32' })]);
    await from.run('alter table a drop partition p0');
    expect(await stopOf(reading)).toMatchObject({ why: 'partitions' });
  });

  test('a keyless table gives its inserts alone', async () => {
    const from = await source(server, 'create table a (at int, what text)');
    const reading = await read(from, [table(from.database, 'a', { at: 'int32', what: 'text' }, [])]);
    await from.run(
      "insert into a values (1, 'x')",
      "update a set what = 'y'",
      'delete from a',
      "insert into a values (2, 'z')",
      'truncate a',
    );
    await caughtUp(reading);
    expect(rows(reading.sink.seen)).toEqual([
      ['upsert', '1', 'x'],
      ['upsert', '2', 'z'],
    ]);
  });

  test('a prepared transaction is given when it is committed, also to a reader that began in between', async () => {
    const from = await source(server, 'create table a (id int primary key, name text)');
    const tables = [table(from.database, 'a', { id: 'int32', name: 'text' })];
    const first = await read(from, tables);
    await from.run("xa start 'p'", "insert into a values (1, 'p')", "xa end 'p'", "xa prepare 'p'");
    await using other = await openSession(server, from.database);
    await other.execute(sql`insert into a values (2, 'between')`);
    await caughtUp(first);
    expect(rows(first.sink.seen)).toEqual([['upsert', '2', 'between']]);
    const between = first.sink.positions.committed;
    await first[Symbol.asyncDispose]();
    await from.run(
      ...[
        "xa commit 'p'",
        "xa start 'q'",
        "insert into a values (3, 'q')",
        "xa end 'q'",
        "xa prepare 'q'",
        "xa rollback 'q'",
      ],
      ...["xa start 'r'", "insert into a values (4, 'r')", "xa end 'r'", "xa commit 'r' one phase"],
      ...["xa start 's'", "insert into a values (5, 's')", "xa end 's'", "xa prepare 's'", "xa commit 's'"],
    );
    const second = await read(from, tables, between);
    await caughtUp(second);
    expect(changes(second.sink.seen)).toEqual([
      ...['begin', ['upsert', '1', 'p'], 'commit'],
      ...['begin', ['upsert', '4', 'r'], 'commit'],
      ...['begin', ['upsert', '5', 's'], 'commit'],
    ]);
  });

  test('what a sink does not want is passed over, and pressure holds the reading', async () => {
    const from = await source(
      server,
      'create table a (id int primary key, name text)',
      'create table b (id int primary key)',
    );
    const reading = await read(from, [
      table(from.database, 'a', { id: 'int32', name: 'text' }),
      table(from.database, 'b', { id: 'int32' }),
    ]);
    reading.sink.unwanted = new Set([0]);
    let release = () => {};
    reading.sink.blocked = new Promise((resolve) => {
      release = resolve;
    });
    await from.run("insert into a select seq, repeat('x', 500) from seq_1_to_20000", 'insert into b values (1)');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(rows(reading.sink.seen)).toEqual([]);
    reading.sink.blocked = null;
    release();
    await caughtUp(reading);
    expect(rows(reading.sink.seen)).toEqual([['upsert', '1']]);
  });
});
