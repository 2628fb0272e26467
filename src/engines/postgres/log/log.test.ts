import { afterEach, describe, expect, test } from 'vitest';
import type { ChangeLog, OpenLog, SourceTable } from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import type { Sql } from '../../../sql/sql.ts';
import { sql } from '../../../sql/sql.ts';
import type { Type } from '../../../types/type.ts';
import { connect } from '../connection.ts';
import { testServer } from '../testing/server.ts';
import { postgresLog } from './log.ts';
import { type Collector, collector, type Seen } from './testing/collect.ts';

const int: Type = { kind: 'int', bits: 32 };
const text: Type = { kind: 'text' };

function table(name: string, columns: Readonly<Record<string, Type>>, key: readonly string[] = ['id']): SourceTable {
  return {
    address: `retail/sales/shop.${name}`,
    schema: 'public',
    table: name,
    key,
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, from: column, type, nullable: true })),
  };
}

type Source = AsyncDisposable & { access: Access; session: Connection; log: ChangeLog; name: string };
type Reading = AsyncDisposable & { log: OpenLog; sink: Collector; done: Promise<void> };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A source database with one statement run in it; its slot is dropped at the end. */
async function source(setup: Sql): Promise<Source> {
  const server = await testServer();
  const database = await server.createDatabase('log');
  const access = server.access(database);
  const session = await connect(access, 'test');
  await session.execute(sql`set search_path = public`);
  await session.execute(setup);
  const log = postgresLog(connect);
  const made: Source = {
    access,
    session,
    log,
    name: `freehold_${database}`,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await log.drop(access, made.name);
    },
  };
  open.push(made);
  return made;
}

async function read(
  from: Source,
  tables: readonly SourceTable[],
  isLoaded = false,
  sink = collector(),
): Promise<Reading> {
  const log = await from.log.open(
    from.access,
    from.name,
    tables,
    tables.map(() => isLoaded),
  );
  const stop = new AbortController();
  const reading: Reading = {
    log,
    sink,
    done: log.read(sink, stop.signal),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading.done.catch(() => undefined);
      await log[Symbol.asyncDispose]();
    },
  };
  open.push(reading);
  return reading;
}

/** Waits until the log was read up to its present end. */
async function caughtUp(reading: Reading): Promise<void> {
  const end = await reading.log.end();
  await Promise.race([
    reading.sink.until(() => reading.sink.positions.idle >= end || reading.sink.positions.committed >= end),
    reading.done.then(() => Promise.reject(new Error('the log ended'))),
  ]);
}

const changes = (seen: readonly Seen[]) =>
  seen.flatMap((s): unknown[] =>
    s.kind === 'row' ? [[s.op, s.values]] : s.kind === 'shape' ? [] : [s.kind === 'truncate' ? 'truncate' : s.kind],
  );

describe('The log of PostgreSQL', () => {
  test('gives each committed change once, in commit order, and nothing of what was rolled back', async () => {
    const from = await source(sql`create table a (id int primary key, name text)`);
    const reading = await read(from, [table('a', { id: int, name: text })]);
    await from.session.execute(sql`
      begin; insert into a values (1, 'one'), (2, null); savepoint s; insert into a values (3, 'x'); rollback to s; commit;
      begin; insert into a values (9, 'never'); rollback;
      begin; update a set name = 'uno' where id = 1; update a set id = 20 where id = 2; delete from a where id = 1; commit;
      truncate a`);
    await caughtUp(reading);
    expect(changes(reading.sink.seen)).toEqual([
      'begin',
      ['upsert', { id: 1, name: 'one' }],
      ['upsert', { id: 2, name: null }],
      'commit',
      'begin',
      ['upsert', { id: 1, name: 'uno' }],
      ['delete', { id: 2, name: null }],
      ['upsert', { id: 20, name: null }],
      ['delete', { id: 1, name: null }],
      'commit',
      'begin',
      'truncate',
      'commit',
    ]);
  });
});
