import { afterEach } from 'vitest';
import type { ChangeLog, OpenLog, SourceTable } from '../../../../engine/capture.ts';
import type { Connection } from '../../../../engine/connection.ts';
import type { Access } from '../../../../engine/engine.ts';
import { type Sql, sql } from '../../../../sql/sql.ts';
import type { Type } from '../../../../types/type.ts';
import { connect } from '../../connection.ts';
import { testServer } from '../../testing/server.ts';
import { postgresLog } from '../log.ts';
import { type Collector, collector } from './collect.ts';

export const int: Type = { kind: 'int', bits: 32 };
export const text: Type = { kind: 'text' };

export function table(
  name: string,
  columns: Readonly<Record<string, Type>>,
  key: readonly string[] = ['id'],
): SourceTable {
  return {
    address: `retail/sales/shop.${name}`,
    schema: 'public',
    table: name,
    key,
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, from: column, type, nullable: true })),
  };
}

export type Source = AsyncDisposable & { access: Access; session: Connection; log: ChangeLog; name: string };
export type Reading = AsyncDisposable & { log: OpenLog; sink: Collector; done: Promise<void> };

/** What a test opened; closed after it, last first. */
export const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A source database with one statement run in it; its slot is dropped at the end. */
export async function source(setup: Sql): Promise<Source> {
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

export async function read(
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
export async function caughtUp(reading: Reading): Promise<void> {
  const end = await reading.log.end();
  await Promise.race([
    reading.sink.until(() => reading.sink.positions.idle >= end || reading.sink.positions.committed >= end),
    reading.done.then(() => Promise.reject(new Error('the log ended'))),
  ]);
}
