import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Connection as Client, FieldPacket } from 'mysql2';
import { type Connection, EngineError, type Row } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { render } from '../../sql/render.ts';
import { empty, type Sql, sql } from '../../sql/sql.ts';
import { connectionOptions } from './access.ts';
import { mysqlDialect } from './dialect.ts';
import { loadDriver } from './driver.ts';
import { engineError } from './errors.ts';
import { patience, settings } from './settings.ts';
import { mysqlTypes } from './types.ts';
import { csvRows } from './wire/rows.ts';
import { type Tap, tapOf } from './wire/tap.ts';

/** Opens a session with settings of our own, whatever the server's or account's. Errors: EngineError. */
export async function connect(access: Access, purpose: string): Promise<Connection> {
  const { client, fail } = await login(access, purpose);
  return session(client, tapOf(Reflect.get(client, 'stream'), access.label), fail, access);
}

/** A session that is about to be taken from the driver for good. */
export type OpenClient = {
  /** The values of the first row. */
  ask(text: string): Promise<readonly unknown[]>;
  readonly stream: unknown;
  cut(): void;
};

export async function openClient(access: Access, purpose: string): Promise<OpenClient> {
  const { client, fail } = await login(access, purpose);
  return {
    async ask(text) {
      const { rows } = await ask(client, text, []).catch((failure: unknown) => Promise.reject(fail(failure)));
      const first: unknown = Array.isArray(rows) ? rows[0] : [];
      return Array.isArray(first) ? first : [];
    },
    stream: Reflect.get(client, 'stream'),
    cut: () => cutOff(client),
  };
}

/** Logs in by the driver, with our settings. Failures between statements are kept for the one that follows. */
async function login(access: Access, purpose: string) {
  const driver = await loadDriver();
  let broken: unknown = null;
  const fail = (failure: unknown) => engineError(broken ?? failure, access);
  let client: Client | null = null;
  try {
    const opened = driver.createConnection(connectionOptions(access, purpose));
    client = opened;
    opened.on('error', (failure) => {
      broken ??= failure;
    });
    await new Promise<void>((resolve, reject) => {
      opened.connect((failure) => (failure === null ? resolve() : reject(failure)));
    });
    for (const setting of settings) await ask(opened, setting, []);
    for (const setting of patience) await ask(opened, setting, []).catch(passing);
    return { client: opened, fail };
  } catch (failure) {
    if (client !== null) cutOff(client);
    throw fail(failure);
  }
}

/** Lets pass that one of the two servers has not. 1193: unknown variable. */
function passing(failure: unknown): void {
  if (!(failure instanceof Error && 'errno' in failure && failure.errno === 1193)) throw failure;
}

type Answer = { readonly rows: unknown; readonly fields: readonly FieldPacket[] };

/** Text protocol without parameters, else a prepared statement: values never become part of the text. */
function ask(client: Client, text: string, parameters: readonly unknown[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answer = (failure: unknown, rows: unknown, fields: readonly FieldPacket[] | undefined) =>
      failure === null ? resolve({ rows, fields: fields ?? [] }) : reject(failure);
    if (parameters.length === 0) client.query(text, answer);
    else client.execute(text, parameters.map(parameterOf), answer);
  });
}

type Parameter = string | number | Buffer | null;

function parameterOf(value: unknown): Parameter {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  throw new Error(`bug: a parameter that is ${typeof value}`);
}

/** One session: statements run one after the other, in the order they were given. */
function session(client: Client, tap: Tap, fail: (failure: unknown) => EngineError, access: Access): Connection {
  let last: Promise<unknown> = Promise.resolve();
  let isInTransaction = false;
  /** The server rolled the transaction back by itself: what follows would be no part of it. */
  let isUndone = false;
  let isRunning = false;
  let isClosed = false;
  let onClose: (failure: Error) => void = () => {};
  const closed = new Promise<never>((_, reject) => {
    onClose = reject;
  });
  closed.catch(() => undefined);
  const gone = () => new Error('it was closed by us');

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      try {
        if (isClosed) throw gone();
        isRunning = true;
        return await Promise.race([work(), closed]);
      } catch (failure) {
        const told = fail(failure);
        // Deadlock: all of the transaction is undone; of other failures only the statement is.
        if (told.kind === 'unreachable' || told.code === 'ER_LOCK_DEADLOCK') isUndone = true;
        throw told;
      } finally {
        isRunning = false;
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  const run = (statement: Sql): Promise<Answer> => {
    const { text, parameters } = statementOf(statement);
    return inTurn(() => {
      if (isInTransaction && isUndone) throw undone();
      return ask(client, text, parameters);
    });
  };

  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    if (isRunning) {
      onClose(gone());
      cutOff(client);
      await stopStatement(access, Number(client.threadId));
      return;
    }
    await farewell(client);
  };

  return {
    dialect: mysqlDialect,
    types: mysqlTypes,
    query: async (statement) => rowsOf(await run(statement)),
    execute: async (statement) => {
      const { rows } = await run(statement);
      if (Array.isArray(rows)) return rows.length;
      return typeof rows === 'object' && rows !== null ? Number(Reflect.get(rows, 'affectedRows')) : 0;
    },
    async transaction(work, options = {}) {
      if (isInTransaction) throw new Error('bug: a transaction inside a transaction of the same connection');
      isInTransaction = true;
      isUndone = false;
      try {
        const isRepeatable = options.isolation === 'repeatable read';
        if (isRepeatable) await run(sql`set transaction isolation level repeatable read`);
        const view = isRepeatable ? sql` with consistent snapshot` : empty;
        const comma = isRepeatable && options.readOnly === true ? sql`,` : empty;
        await run(sql`start transaction${view}${comma}${options.readOnly === true ? sql` read only` : empty}`);
        try {
          const result = await work();
          await run(sql`commit`);
          return result;
        } catch (failure) {
          isUndone = false;
          // The first failure is the one to tell; a rollback that fails means a connection that broke.
          await run(sql`rollback`).catch(() => undefined);
          throw failure;
        }
      } finally {
        isInTransaction = false;
      }
    },
    copyOut(rows, transport) {
      if (transport !== 'csv') throw new Error(`bug: MySQL has no transport ${transport}`);
      const { text, parameters } = statementOf(rows);
      if (parameters.length > 0) throw new Error('bug: a copy takes literal(), not value()');
      return Readable.from(copied(), { objectMode: false, highWaterMark: 1 << 19 });

      async function* copied(): AsyncGenerator<Uint8Array> {
        const done = await takeTurn(inTurn);
        const packets = tap.take();
        let isAtRest = false;
        try {
          const { warnings, failure } = yield* csvRows(packets, text, access.label);
          isAtRest = true;
          packets.giveBack();
          if (failure !== null) throw failure;
          if (warnings > 0) refuseCut(await ask(client, 'show warnings', []));
        } catch (failure) {
          throw fail(failure);
        } finally {
          done();
          // The rest of an abandoned copy is still on its way: nothing else can be read from this session.
          if (!isAtRest) await close();
        }
      }
    },
    async copyIn() {
      throw new EngineError('statement', `${access.label} is a source: freehold writes no rows there.`);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Says goodbye; a peer that does not answer is left after three seconds. */
async function farewell(client: Client): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 3_000);
    client.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  cutOff(client);
}

/** The driver's own way waits for what the server still has to say. */
function cutOff(client: Client): void {
  client.destroy();
  const stream: unknown = Reflect.get(client, 'stream');
  if (stream instanceof Socket) stream.destroy();
}

/** The server goes on with a statement whose client is gone until it has something to send: it is told to stop. */
async function stopStatement(access: Access, thread: number): Promise<void> {
  try {
    const { client } = await login(access, 'freehold close');
    await ask(client, `kill ${thread}`, []).catch(() => undefined);
    await farewell(client);
  } catch {
    // It ends by itself, or with the server.
  }
}

function statementOf(statement: Sql) {
  return render(statement, mysqlDialect);
}

/** Rows by the names of their columns; a name that comes again gets a number, so that no column is lost. */
function rowsOf({ rows, fields }: Answer): Row[] {
  if (!Array.isArray(rows)) return [];
  const names: string[] = [];
  for (const { name: given } of fields) {
    let own = given;
    for (let n = 2; names.includes(own); n++) own = `${given}_${n}`;
    names.push(own);
  }
  return rows.map((row: unknown) =>
    Object.fromEntries(names.map((column, i): [string, unknown] => [column, Array.isArray(row) ? row[i] : null])),
  );
}

/** The server gives null where a function's result is larger than max_allowed_packet, and only warns. */
function refuseCut({ rows }: Answer): void {
  const cut = Array.isArray(rows) ? rows.find((row) => Array.isArray(row) && Number(row[1]) === 1301) : undefined;
  if (Array.isArray(cut))
    throw new EngineError('statement', `a value is lost: ${String(cut[2])}. Raise max_allowed_packet.`);
}

function undone(): EngineError {
  return new EngineError('statement', 'nothing was committed: the server rolled the transaction back');
}

/** Resolves when it is our turn; others wait until the function it gives is called. */
function takeTurn(inTurn: (work: () => Promise<void>) => Promise<void>): Promise<() => void> {
  return new Promise((resolve, reject) => {
    inTurn(() => new Promise<void>((done) => resolve(done))).catch(reject);
  });
}
