import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import { capture } from '../src/engines/mysql/capture.ts';
import { connect as connectMysql } from '../src/engines/mysql/connection.ts';
import { mysqlLog } from '../src/engines/mysql/log/log.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { connect as connectPostgres } from '../src/engines/postgres/connection.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { runCapture } from '../src/flow/capture/cdc.ts';
import { gapsOf } from '../src/flow/gaps.ts';
import { dataset } from '../src/flow/testing/fixture.ts';
import { streamNode } from '../src/flow/testing/nodes.ts';
import { verifyDataset } from '../src/flow/verify/verify.ts';
import { words } from '../src/sql/sql.ts';

const stream = 'retail/sales/shop';

/** Again until it is done: files that a crash may still need stay for a moment. */
const purge = 'purge binary logs before date_add(now(), interval 1 day)';

/** What the log cannot tell is never passed over: the rows are read anew, and history says that it has a gap. */
describe.skipIf(noMariadb !== null)('Changes that the log of MariaDB does not hold', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const lost: readonly (readonly [string, readonly string[], string | null, string])[] = [
    [
      'a table that takes the place of another',
      ['create table b like a', "insert into b values (1, 'new'), (5, 'five')", 'rename table a to a_old, b to a'],
      `${stream}.a`,
      'recreated',
    ],
    [
      'a table that is dropped and made anew',
      ['drop table a', 'create table a (id int primary key, name varchar(20))', "insert into a values (9, 'nine')"],
      `${stream}.a`,
      'recreated',
    ],
    [
      'rows without all of their values',
      ["set binlog_row_image = 'MINIMAL'", "update a set name = 'minimal' where id = 1"],
      `${stream}.a`,
      'unlogged',
    ],
    [
      'rows that a statement changed',
      [
        "set tx_isolation = 'REPEATABLE-READ', binlog_format = 'STATEMENT'",
        "update a set name = concat(name, '!')",
        'delete from a where id = 2',
      ],
      `${stream}.a`,
      'unlogged',
    ],
    [
      'a log that was reset',
      ["insert into a values (3, 'three')", 'reset master', 'delete from a where id = 1'],
      null,
      'beyond-end',
    ],
    ['a log that was deleted', ["insert into a values (3, 'three')", 'flush logs', purge], null, 'purged'],
  ];

  test.each(lost)('%s: rows are read anew, and go on', async (_, statements, address, cause) => {
    const database = await server.createDatabase('lost');
    await using session = await open(server, database);
    const run = async (...of: readonly string[]) => {
      for (const statement of of) {
        do await session.execute(words(statement));
        while (statement === purge && (await session.query(words('show binary logs'))).length > 1);
      }
    };
    // A file that is not the first, so that a reset log ends before it.
    await run(
      'flush logs',
      'create table a (id int primary key, name varchar(20))',
      "insert into a values (1, 'one'), (2, 'two')",
    );
    await run('create table other (id int primary key)', 'insert into other values (1)');
    const postgres = await testServer();
    const access = postgres.access(await postgres.createDatabase('mysql_lost'));
    await using store = await connectPostgres(access, 'test');
    const datasets = [
      dataset('a', ['id'], { id: 'int32', name: 'text?' }, { from: { schema: database, table: 'a' } }),
      dataset('other', ['id'], { id: 'int32' }, { from: { schema: database, table: 'other' } }),
    ].map((one) => ({ ...one, keepsDelta: false }));
    const node = streamNode(datasets, { stream });
    const found: string[] = [];
    const log = mysqlLog();
    const flow = () =>
      runCapture(
        log,
        server.access(database),
        capture,
        `freehold_${database}`,
        [{ node, store: () => connectPostgres(access, 'test') }],
        {
          clock: systemClock,
          signal: new AbortController().signal,
          onBatch: () => undefined,
          onLoss: (_stream, { message }) => void found.push(message),
          untilCaughtUp: true,
        },
      );
    const differences = async () => {
      const verdicts = [];
      for (const one of datasets) {
        verdicts.push(
          await verifyDataset({
            stream,
            dataset: one,
            mode: 'cdc',
            clock: systemClock,
            source: { connect: () => connectMysql(server.access(database), 'test'), capture },
            store: { connect: () => connectPostgres(access, 'test') },
            replicas: [],
            catchUp: null,
          }),
        );
      }
      return verdicts.map((verdict) => verdict.differences);
    };
    await flow();
    // The server deletes no file that it is still sending.
    while (
      (await session.query(words("select id from information_schema.processlist where command = 'Binlog Dump'")))
        .length > 0
    )
      await systemClock.sleep(100);
    await run("update a set name = 'uno' where id = 1", 'insert into other values (2)', ...statements);
    await run("set binlog_row_image = 'FULL', binlog_format = 'ROW'", 'insert into other values (3)');
    await flow();
    expect(await differences()).toEqual([0, 0]);
    expect((await gapsOf(store, stream)).map((gap) => [gap.address, gap.cause, gap.to !== null])).toEqual([
      [address, cause, true],
    ]);
    expect(found.length).toBeGreaterThan(0);
    await run("insert into a values (77, 'on')", 'delete from other where id = 1');
    await flow();
    expect(await differences()).toEqual([0, 0]);
    expect(await gapsOf(store, stream)).toHaveLength(1);
  });
});
