import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { ChangeLog, LoggedTable, Loss, OpenLog, SourceTable } from '../../../../engine/capture.ts';
import type { Connection } from '../../../../engine/connection.ts';
import type { Access } from '../../../../engine/engine.ts';
import { type Sql, sql } from '../../../../sql/sql.ts';
import type { Type } from '../../../../types/type.ts';
import { connect } from '../../connection.ts';
import { type TestServer, testServer } from '../../testing/server.ts';
import { postgresLog } from '../log.ts';
import type { Large } from '../read.ts';
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

export type Source = AsyncDisposable & {
  access: Access;
  session: Connection;
  log: ChangeLog;
  name: string;
  directory: string;
};
export type Reading = AsyncDisposable & { log: OpenLog; sink: Collector; done: Promise<void> };

/** What a test opened; closed after it, last first. */
export const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A source database with one statement run in it; its slot is dropped at the end. */
export async function source(
  setup: Sql,
  more: { readonly server?: TestServer; readonly large?: Large } = {},
): Promise<Source> {
  const server = more.server ?? (await testServer());
  const database = await server.createDatabase('log');
  const access = server.access(database);
  const session = await connect(access, 'test');
  await session.execute(sql`set search_path = public`);
  await session.execute(setup);
  const log = postgresLog(connect, more.large);
  const directory = await mkdtemp(join(tmpdir(), 'freehold-log-'));
  const made: Source = {
    access,
    session,
    log,
    name: `freehold_${database}`,
    directory,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await log.drop(access, made.name);
      await rm(directory, { recursive: true });
    },
  };
  open.push(made);
  return made;
}

/** Opens the log of tables whose rows are here with these marks; null: none are. Fails where it is lost. */
export async function openLog(
  from: Source,
  tables: readonly SourceTable[],
  mark: string | readonly string[] | null = null,
): Promise<OpenLog> {
  const opening = await from.log.open(from.access, from.name, logged(tables, mark), from.directory);
  if (opening.kind === 'lost') throw new Error(`lost: ${opening.loss.cause}`);
  return opening.log;
}

export function logged(tables: readonly SourceTable[], mark: string | readonly string[] | null): LoggedTable[] {
  return tables.map((one, i) => ({
    ...one,
    mark: Array.isArray(mark) ? (mark[i] ?? null) : mark === null ? null : String(mark),
  }));
}

/** What the whole log has lost. */
export async function lossOfAll(from: Source, tables: readonly SourceTable[], mark = ''): Promise<Loss> {
  const opening = await from.log.open(from.access, from.name, logged(tables, mark), from.directory);
  if (opening.kind === 'lost') return opening.loss;
  await opening.log[Symbol.asyncDispose]();
  throw new Error('the log was opened');
}

export async function read(
  from: Source,
  tables: readonly SourceTable[],
  mark: string | null = null,
  sink = collector(),
): Promise<Reading> {
  const log = await openLog(from, tables, mark);
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
