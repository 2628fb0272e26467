import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import type { Capture, ChangeLog } from '../src/engine/capture.ts';
import type { Connection } from '../src/engine/connection.ts';
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
import { dataset, freshStore, run } from '../src/flow/testing/fixture.ts';
import { streamNode } from '../src/flow/testing/nodes.ts';

type Source = {
  readonly session: Connection;
  readonly access: Access;
  readonly schema: string;
  readonly name: string;
  readonly capture: Capture;
  readonly log: ChangeLog;
};

const tables = `create table a (id int primary key, size int, label varchar(100), name varchar(100));
  create table b (id int primary key);
  insert into a values (1, 1, 'abc', 'n');
  insert into b values (1)`;

const cases = [
  { bad: 'a value out of the declared range', statement: "insert into a values (7, 40000, 'abc', 'n')" },
  { bad: 'a value longer than declared', statement: "insert into a values (7, 1, 'abcd', 'n')" },
  { bad: 'no value in a required column', statement: "insert into a values (7, 1, 'abc', null)" },
  { bad: 'a column that is dropped', statement: 'alter table a drop column label; insert into a values (7, 1, \'n\')' },
  { bad: 'a column of another type', statement: "alter table a drop column size; alter table a add column size date; insert into a values (7, 'abc', 'n', '2026-01-01')" },
];

async function tried(source: Source, statement: string) {
  const columns = { id: 'int32', size: 'int16?', label: 'varchar(3)?', name: 'text' };
  const more = { keepsDelta: false };
  const from = (table: string) => ({ ...more, from: { schema: source.schema, table } });
  const a = dataset('a', ['id'], columns, from('a'));
  const b = dataset('b', ['id'], { id: 'int32' }, { address: 'retail/sales/other.b', ...from('b') });
  const streams = [streamNode([a], { stream: 'retail/sales/shop' }), streamNode([b], { stream: 'retail/sales/other' })];
  const store = await freshStore('bad_rows');
  onTestFinished(() => store[Symbol.asyncDispose]());
  const told: string[] = [];
  const catchUp = () =>
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
        onTrouble(stream, failure) {
          const said = failure instanceof ChecksFailed ? failure.findings.map((f) => `${f.rule} ${f.address}: ${f.message} ${f.help}`) : [failure.message];
          told.push(...said.map((each) => `${stream}: ${each}`));
        },
        onLoss: (stream, { message, help }) => void told.push(`${stream} loses: ${message} ${help}`),
        onNotice: (stream, { message }) => void told.push(`${stream} notices: ${message}`),
        untilCaughtUp: true,
      },
    );
  await catchUp();
  for (const each of statement.split(';')) await run(source.session, each.trim());
  await run(source.session, 'insert into b values (2)');
  const failure = await catchUp().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const rows = async (table: string) => (await store.query({ kind: 'sql', texts: [`select id from ${table} order by id`], holes: [] })).map(({ id }) => id);
  return {
    told,
    failure,
    inbox: await inboxOf(store, 'retail/sales/shop'),
    a: await rows('retail__sales__shop.a'),
    b: await rows('retail__sales__shop.b'),
  };
}

describe('Of PostgreSQL', () => {
  test.each(cases)('$bad', async ({ statement }) => {
    const server = await testServer();
    const database = await server.createDatabase('bad_rows');
    const access = server.access(database);
    const session = await connect(access, 'test');
    const log = postgresLog(connect);
    const name = `freehold_${database}`;
    onTestFinished(async () => {
      await log.drop(access, name);
      await session[Symbol.asyncDispose]();
    });
    await run(session, `set search_path = public; ${tables}`);
    console.log(await tried({ session, access, schema: 'public', name, capture: postgresCapture, log }, statement));
  });
});

describe.skipIf(noMariadb !== null)('Of MariaDB', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  test.each(cases)('$bad', async ({ statement }) => {
    const database = await server.createDatabase('bad_rows');
    const session = await open(server, database);
    onTestFinished(() => session[Symbol.asyncDispose]());
    for (const each of tables.split(';')) await run(session, each.trim());
    const access = server.access(database);
    console.log(await tried({ session, access, schema: database, name: `freehold_${database}`, capture: mysqlCapture, log: mysqlLog() }, statement));
  });
});
