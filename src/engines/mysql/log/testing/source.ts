import { afterEach } from 'vitest';
import type { OpenLog, SourceTable } from '../../../../engine/capture.ts';
import type { Connection } from '../../../../engine/connection.ts';
import type { Access } from '../../../../engine/engine.ts';
import { words } from '../../../../sql/sql.ts';
import { typeOf } from '../../testing/all-types.ts';
import { type Mariadb, open as openSession } from '../../testing/server.ts';
import { mysqlLog } from '../log.ts';
import { type Collector, collector } from './collect.ts';

/** `{ id: 'int32', name: 'text' }`. */
export function table(
  schema: string,
  name: string,
  columns: Readonly<Record<string, string>>,
  key: readonly string[] = ['id'],
): SourceTable {
  return {
    address: `retail/sales/shop.${name}`,
    schema,
    table: name,
    key,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      from: column,
      type: typeOf({ type }),
      nullable: true,
    })),
  };
}

export type Source = AsyncDisposable & {
  readonly access: Access;
  readonly database: string;
  readonly session: Connection;
  /** Runs statements one after the other. */
  run(...statements: readonly string[]): Promise<void>;
};

export type Reading = AsyncDisposable & {
  readonly log: OpenLog;
  readonly sink: Collector;
  readonly done: Promise<void>;
};

/** What a test opened; closed after it, last first. */
export const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A database of its own, and a session in it. */
export async function source(server: Mariadb, ...setup: readonly string[]): Promise<Source> {
  const database = await server.createDatabase('log');
  const session = await openSession(server, database);
  const made: Source = {
    access: server.access(database),
    database,
    session,
    async run(...statements) {
      for (const statement of statements) await session.execute(words(statement));
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
  open.push(made);
  await made.run(...setup);
  return made;
}

/** Reads from where the log is now, or from `position`. */
export async function read(
  from: Source,
  tables: readonly SourceTable[],
  position: string | null = null,
  sink = collector(),
): Promise<Reading> {
  const log = await openLog(from.access, `freehold_${from.database}`, tables, position !== null);
  if (position !== null) log.acknowledge(position);
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
  // Heard by whoever waits for it.
  reading.done.catch(() => undefined);
  open.push(reading);
  return reading;
}

/** Waits until a table is stopped; why. */
export async function stopOf({ sink, done }: Reading) {
  await Promise.race([sink.until(() => sink.seen.some((s) => s.kind === 'stop')), done]);
  return sink.seen.find((s) => s.kind === 'stop');
}

/** The log of tables of which rows are loaded, or not. */
export async function openLog(
  access: Access,
  capture: string,
  tables: readonly SourceTable[],
  isLoaded: boolean,
  log = mysqlLog(),
): Promise<OpenLog> {
  const opening = await log.open(
    access,
    capture,
    tables.map((one) => ({ ...one, mark: isLoaded ? '' : null })),
    '',
  );
  if (opening.kind === 'lost') throw new Error(opening.loss.message);
  return opening.log;
}

/** Waits until the log was read up to its present end. */
export async function caughtUp(reading: Reading): Promise<void> {
  const end = await reading.log.end();
  await Promise.race([
    reading.sink.until(() => reading.sink.positions.idle >= end || reading.sink.positions.committed >= end),
    reading.done.then(() => Promise.reject(new Error('the log ended'))),
  ]);
}
