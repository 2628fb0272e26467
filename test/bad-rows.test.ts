import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import type { Capture, ChangeLog } from '../src/engine/capture.ts';
import type { Connection } from '../src/engine/connection.ts';
import { EngineError } from '../src/engine/connection.ts';
import type { Access } from '../src/engine/engine.ts';
import { capture as mysqlCapture } from '../src/engines/mysql/capture.ts';
import { mysqlLog } from '../src/engines/mysql/log/log.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { capture as postgresCapture } from '../src/engines/postgres/capture.ts';
import { connect } from '../src/engines/postgres/connection.ts';
import { postgresLog } from '../src/engines/postgres/log/log.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { runCapture } from '../src/flow/capture/cdc.ts';
import { inboxOf } from '../src/flow/capture/inbox/inbox.ts';
import { ChecksFailed } from '../src/flow/quality/failed.ts';
import { rowCheck } from '../src/flow/quality/testing/checks.ts';
import { dataset, freshStore, run } from '../src/flow/testing/fixture.ts';
import { streamNode } from '../src/flow/testing/nodes.ts';
import type { PlannedCheck } from '../src/plan/plan.ts';
import { name, sql, words } from '../src/sql/sql.ts';

if (noMariadb !== null) console.warn(`skipped: ${noMariadb}`);

type Source = {
  readonly session: Connection;
  readonly access: Access;
  readonly schema: string;
  readonly name: string;
  readonly capture: Capture;
  readonly log: ChangeLog;
};

const tables = `create table a (id int primary key, size int, label varchar(9), name varchar(100), more int);
  create table b (id int primary key);
  insert into a values (1, 1, 'abc', 'n', 1);
  insert into b values (1)`;

/** What is told of the stream, whose every word a person reads; on one engine, where they differ. */
type Case = {
  readonly bad: string;
  readonly statement: string;
  /** Columns of the model, where they are not the usual. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly postgres: string;
  readonly mariadb?: string;
  /** The changes themselves wait in the inbox; else the source keeps them. */
  readonly isKeptHere: boolean;
};

const where = "of 'retail/sales/shop.a' (stream 'retail/sales/shop') has in";
const declared = "check declared() of 'retail/sales/shop.a' fails for the row id=7 of ordinal 2 in";
const nothing = "Nothing of stream 'retail/sales/shop' from there on is merged.";

const cases: readonly Case[] = [
  {
    bad: 'a value out of the declared range',
    statement: "insert into a values (7, 40000, 'abc', 'n', 1)",
    columns: { size: 'int16?', label: 'varchar(9)?' },
    postgres: `value-out-of-range retail/sales/shop.a: the row id=7 of ordinal 2 ${where} 'size' a value beyond what the column declares`,
    isKeptHere: true,
  },
  {
    bad: 'a value longer than declared',
    statement: "insert into a values (7, 1, 'abcd', 'n', 1)",
    postgres: `check-failed retail/sales/shop.a: ${declared} 'label'. ${nothing}`,
    isKeptHere: true,
  },
  {
    bad: 'no value in a required column',
    statement: "insert into a values (7, 1, 'abc', null, 1)",
    postgres: `check-failed retail/sales/shop.a: ${declared} 'name'. ${nothing}`,
    isKeptHere: true,
  },
  {
    bad: 'a column that is dropped',
    statement: "alter table a drop column label; insert into a values (7, 1, 'n', 1)",
    postgres: "Dataset 'retail/sales/shop.a' reads column 'label' from 'label', which table",
    isKeptHere: false,
  },
  {
    bad: 'a column of another type',
    statement:
      "alter table a drop column more; alter table a add column more date; insert into a values (7, 1, 'abc', 'n', '2026-01-01')",
    columns: { label: 'varchar(9)?' },
    postgres:
      "at the source column 'more' of dataset 'retail/sales/shop.a' was int32 and is now date, and a value does not fit",
    mariadb:
      "dataset 'retail/sales/shop.a', column 'more': column 'more' is a date in the log, which is not what the model says.",
    isKeptHere: true,
  },
];

/** Without the check that asks for all that is declared, only what a column cannot hold stops. */
const asked: PlannedCheck = rowCheck('declared', '');

async function streamsOf(source: Source, columns: Readonly<Record<string, string>>, isDeclared: boolean) {
  const usual = { id: 'int32', size: 'int32?', label: 'varchar(3)?', name: 'text', more: 'int32?', ...columns };
  const from = (table: string) => ({ keepsDelta: false, from: { schema: source.schema, table } });
  const a = dataset('a', ['id'], usual, { ...from('a'), ...(isDeclared ? { checks: [asked] } : {}) });
  const b = dataset('b', ['id'], { id: 'int32' }, { address: 'retail/sales/other.b', ...from('b') });
  const streams = [streamNode([a], { stream: 'retail/sales/shop' }), streamNode([b], { stream: 'retail/sales/other' })];
  const store = await freshStore('bad_rows');
  onTestFinished(() => store[Symbol.asyncDispose]());
  const told: string[] = [];
  const start = () =>
    runCapture(
      source.log,
      source.access,
      source.capture,
      source.name,
      streams.map((node) => ({ node, store: store.again })),
      {
        clock: systemClock,
        signal: new AbortController().signal,
        onBatch: () => undefined,
        onTrouble(stream, failure, retryInMs) {
          const said =
            failure instanceof ChecksFailed
              ? failure.findings.map(({ rule, address, message }) => `${rule} ${address}: ${message}`)
              : [failure.message];
          told.push(...said.map((each) => `${stream} ${retryInMs === null ? 'stops' : 'waits'}: ${each}`));
        },
        onLoss: (stream, { rule, address, message }) =>
          void told.push(`${stream} is held: ${rule} ${address}: ${message}`),
        untilCaughtUp: true,
      },
    );
  const ids = async (of: 'a' | 'b') => {
    const { schema, current } = of === 'a' ? a : b;
    return (await store.query(sql`select id from ${name(schema, current)} order by id`)).map(({ id }) => id);
  };
  return { told, start, ids, store };
}

async function tried(source: Source, { bad, statement, columns = {} }: Case) {
  const isDeclared = !bad.startsWith('a column') && Object.keys(columns).length === 0;
  const { told, start, ids, store } = await streamsOf(source, columns, isDeclared);
  await start();
  for (const each of statement.split(';')) await run(source.session, each.trim());
  await run(source.session, 'insert into b values (2)');
  await expect(start()).rejects.toBeInstanceOf(EngineError);
  return {
    told,
    isKeptHere: (await inboxOf(store, 'retail/sales/shop')) !== null,
    a: await ids('a'),
    b: await ids('b'),
  };
}

/** Each stops its own stream alone, and says where; nothing of it is merged, and the input is kept. */
function expected({ postgres, mariadb, isKeptHere }: Case, engine: 'postgres' | 'mariadb') {
  const said = engine === 'mariadb' ? (mariadb ?? postgres) : postgres;
  return {
    told: [expect.stringContaining(`retail/sales/shop stops: ${said}`)],
    isKeptHere: engine === 'mariadb' && mariadb !== undefined ? false : isKeptHere,
    a: [1],
    b: [1, 2],
  };
}

async function postgresSource(given: string, made = tables): Promise<Source> {
  const server = await testServer();
  const database = `bad_rows_${randomBytes(4).toString('hex')}`;
  {
    await using c = await connect(server.access('postgres'), 'test');
    await c.execute(words(`create database ${database} ${given}`));
  }
  const access = server.access(database);
  const session = await connect(access, 'test');
  const log = postgresLog(connect);
  const capture = `freehold_${database}`;
  onTestFinished(async () => {
    await log.drop(access, capture);
    await session[Symbol.asyncDispose]();
  });
  await run(session, `set search_path = public; ${made}`);
  return { session, access, schema: 'public', name: capture, capture: postgresCapture, log };
}

describe('Of PostgreSQL', () => {
  test.each(cases)('$bad stops its stream alone, with its place, and is kept', async (one) => {
    expect(await tried(await postgresSource(''), one)).toEqual(expected(one, 'postgres'));
  });

  test('a text that is no UTF-8 stops its stream alone, with its place, and is kept', async () => {
    const one: Case = {
      bad: 'a column with bytes that are no text',
      statement: String.raw`insert into a values (7, 1, E'\377', 'n', 1)`,
      postgres: "a text of dataset 'retail/sales/shop.a' that came of the source is no UTF-8: ",
      isKeptHere: true,
    };
    const source = await postgresSource("template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'");
    expect(await tried(source, one)).toEqual(expected(one, 'postgres'));
  });

  test('a key that the source lets two rows share stops the load of its stream alone, and is named', async () => {
    const made = `${tables.replace('id int primary key, size', 'id int not null, size')};
      alter table a replica identity full; insert into a values (1, 2, 'abc', 'm', 1)`;
    const { told, start, ids } = await streamsOf(await postgresSource('', made), {}, false);
    await expect(start()).rejects.toBeInstanceOf(EngineError);
    // At each opening.
    expect([...new Set(told)]).toEqual([
      expect.stringMatching(
        /^retail\/sales\/shop is held: read-key-shared retail\/sales\/shop\.a: the rows of 'retail\/sales\/shop\.a' \(stream 'retail\/sales\/shop'\) were loaded, and 'id' is no key of them: .*Key \(id\)=\(1\) is duplicated/,
      ),
    ]);
    expect(await ids('b')).toEqual([1]);
  });
});

describe.skipIf(noMariadb !== null)('Of MariaDB', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  test.each(cases)('$bad stops its stream alone, with its place, and is kept', async (one) => {
    const database = await server.createDatabase('bad_rows');
    const session = await open(server, database);
    onTestFinished(() => session[Symbol.asyncDispose]());
    for (const each of tables.split(';')) await run(session, each.trim());
    const access = server.access(database);
    const source = {
      session,
      access,
      schema: database,
      name: `freehold_${database}`,
      capture: mysqlCapture,
      log: mysqlLog(),
    };
    expect(await tried(source, one)).toEqual(expected(one, 'mariadb'));
  });
});
