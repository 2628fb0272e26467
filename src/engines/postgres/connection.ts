import { Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, QueryArrayResult, QueryResult } from 'pg';
import { type Connection, EngineError, type Row, type Transport } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { Dialect } from '../../sql/dialect.ts';
import { render } from '../../sql/render.ts';
import { empty, list, name, type Sql, sql } from '../../sql/sql.ts';
import { clientConfig } from './access.ts';
import { type Awaited, type SilenceWatch, watchSilence } from './connection-silence.ts';
import { dialectOf, postgresDialect } from './dialect.ts';
import { engineError } from './errors.ts';
import { noticeClosing, settings } from './settings.ts';
import { postgresTypes } from './types.ts';

/** Opens a session with settings of our own, whatever the server's or role's. Errors: EngineError. */
export async function connect(access: Access, purpose: string): Promise<Connection> {
  const driver = await loadDriver();
  const socket = new Socket();
  const client = new driver.pg.Client({
    ...clientConfig(access, purpose),
    stream: () => socket,
    types: { getTypeParser: (oid, format) => (parsed.has(oid) ? driver.pg.types.getTypeParser(oid, format) : asText) },
  });
  // Failures between statements: the statement that follows rejects with them. Unheard, they would end the process.
  let broken: unknown = null;
  client.on('error', (failure) => {
    broken ??= failure;
  });
  const fail = (failure: unknown) => engineError(broken ?? failure, access);
  const late = setTimeout(() => socket.destroy(new Error('Connection terminated: timeout expired')), openingMs);
  try {
    await client.connect();
    const set = await client.query<Row>(settings);
    await client.query(noticeClosing).catch(passing);
    const pid = Number(set.rows[0]?.pid);
    const isDirect = pid === Reflect.get(client, 'processID');
    // Behind a pooler the process that answers is another from time to time.
    const silence: SilenceWatch = isDirect ? watchSilence(socket, pid, access) : { begin: () => () => undefined };
    const opened = session(client, dialectOf(Number(set.rows[0]?.version)), driver.copy, fail, silence, () =>
      endOf(client, socket),
    );
    if (!isDirect) pooled.add(opened);
    return opened;
  } catch (failure) {
    socket.destroy();
    throw engineError(failure, access);
  } finally {
    clearTimeout(late);
  }
}

/** From the first word to the first statement's turn. */
const openingMs = 60_000;

/** Does a pooler stand between? Then the process that greeted us is not the one that answers. */
export function isPooled(connection: Connection): boolean {
  return pooled.has(connection);
}

const pooled = new WeakSet<Connection>();

/**
 * Types whose values are JavaScript's own, by oid: boolean, bytea, int2, int4, oid, float4, float8, and arrays of
 * boolean, bytea, name, int2, int4, text, varchar, int8 (strings), oid. All others are the server's text.
 */
const parsed = new Set<number>([16, 17, 21, 23, 26, 700, 701, 1000, 1001, 1003, 1005, 1007, 1009, 1015, 1016, 1028]);
const asText = (given: string) => given;

/** Lets pass that a server has not, or refuses, what is only better to have. */
function passing(failure: unknown): void {
  if (isBroken(failure)) throw failure;
}

/** Says goodbye; a peer that does not answer is left after three seconds. A statement that runs is cut off. */
async function endOf(client: Client, socket: Socket): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), 3_000);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}

type CopyDriver = typeof import('pg-copy-streams');

/** One session: statements run one after the other, in the order they were given. */
function session(
  client: Client,
  dialect: Dialect,
  copy: CopyDriver,
  fail: (failure: unknown) => EngineError,
  silence: SilenceWatch,
  end: () => Promise<void>,
): Connection {
  let last: Promise<unknown> = Promise.resolve();
  let isInTransaction = false;
  let isClosed = false;

  const inTurn = <T>(work: () => Promise<T>, awaited: Awaited = { isOurTurn: false }): Promise<T> => {
    const turn = last.then(async () => {
      const answered = silence.begin(awaited);
      try {
        if (isClosed) throw new Error('Connection terminated: it was closed by us');
        return await work();
      } catch (failure) {
        throw fail(failure);
      } finally {
        answered();
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  const run = (statement: Sql): Promise<QueryResult<Row>> => {
    const { text, parameters } = statementOf(statement);
    return inTurn(async () => {
      return lastOf(await client.query<Row>({ text, values: [...parameters] }));
    });
  };

  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await end();
  };

  return {
    dialect,
    types: postgresTypes,
    query: async (statement) => {
      const { text, parameters } = statementOf(statement);
      // The extended protocol takes one statement: a second one behind a semicolon is refused, not run.
      const asked = { text, values: [...parameters], rowMode: 'array' as const, queryMode: 'extended' };
      return inTurn(async () => rowsOf(await client.query<unknown[]>(asked)));
    },
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
    async transaction(work, options = {}) {
      if (isInTransaction) throw new Error('bug: a transaction inside a transaction of the same connection');
      isInTransaction = true;
      try {
        const isolation = options.isolation === 'repeatable read' ? sql` isolation level repeatable read` : empty;
        await run(sql`begin${isolation}${options.readOnly === true ? sql` read only` : empty}`);
        try {
          const result = await work();
          // The server answers the commit of a failed transaction with a rollback, and calls that a success.
          const { command } = await run(sql`commit`);
          if (command !== 'COMMIT') throw new EngineError('statement', 'nothing was committed: a statement had failed');
          return result;
        } catch (failure) {
          // The first failure is the one to tell; a rollback that fails means a connection that broke.
          await run(sql`rollback`).catch(() => undefined);
          throw failure;
        }
      } finally {
        isInTransaction = false;
      }
    },
    copyOut(rows, transport) {
      const { text } = statementOf(
        sql`copy (${rows}) to stdout with (format ${format(transport)})`,
        'without parameters',
      );
      return Readable.from(copied(), { objectMode: false });

      async function* copied(): AsyncGenerator<Uint8Array> {
        const awaited = { isOurTurn: false };
        const done = await takeTurn((work) => inTurn(work, awaited));
        let isWhole = false;
        try {
          const stream = client.query(copy.to(text, { highWaterMark: 1 << 18 }));
          for await (const chunk of stream) {
            awaited.isOurTurn = true;
            yield chunk;
            awaited.isOurTurn = false;
          }
          isWhole = true;
        } catch (failure) {
          isWhole = !isBroken(failure);
          throw fail(failure);
        } finally {
          done();
          // The rest of an abandoned copy is still on its way: nothing else can be read from this session.
          if (!isWhole) await close();
        }
      }
    },
    async copyIn(table, columns, rows, transport) {
      const { text } = statementOf(
        sql`copy ${name(...table)} (${list(columns.map((column) => name(column)))}) from stdin with (format ${format(transport)})`,
      );
      const ours: unknown[] = [];
      const awaited = { isOurTurn: false };
      try {
        return await inTurn(async () => {
          const stream = client.query(copy.from(text, { highWaterMark: 1 << 18 }));
          await Promise.race([pipeline(watched(), stream), failureOf(stream)]);
          return stream.rowCount;
        }, awaited);
      } catch (failure) {
        throw ours.length === 0 ? failure : ours[0];
      }

      /** The rows; what fails in making them is the caller's own failure and no engine's. */
      async function* watched(): AsyncGenerator<Uint8Array> {
        try {
          awaited.isOurTurn = true;
          for await (const chunk of rows) {
            awaited.isOurTurn = false;
            yield chunk;
            awaited.isOurTurn = true;
          }
        } catch (failure) {
          ours.push(failure);
          throw failure;
        } finally {
          awaited.isOurTurn = false;
        }
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

function format(transport: Transport): Sql {
  return transport === 'binary' ? sql`binary` : transport === 'text' ? sql`text` : sql`csv`;
}

function statementOf(statement: Sql, without?: 'without parameters') {
  const rendered = render(statement, postgresDialect);
  if (without !== undefined && rendered.parameters.length > 0)
    throw new Error('bug: copy takes literal(), not value()');
  // The protocol ends the text at the first zero byte: the rest would be cut off unseen.
  if (rendered.text.includes('\0')) throw new EngineError('statement', 'a statement or name holds a zero byte');
  return rendered;
}

/** Several statements in one text give several results: the last one counts. */
/** Rows by the names of their columns; a name that comes again gets a number, so that no column is lost. */
function rowsOf(result: QueryArrayResult<unknown[]>): Row[] {
  const names: string[] = [];
  for (const { name: given } of result.fields) {
    let own = given;
    for (let n = 2; names.includes(own); n++) own = `${given}_${n}`;
    names.push(own);
  }
  return result.rows.map((row) => Object.fromEntries(names.map((column, i) => [column, row[i]])));
}

function lastOf(result: QueryResult<Row>): QueryResult<Row> {
  return Array.isArray(result) ? result.at(-1) : result;
}

/** Resolves when it is our turn; others wait until the function it gives is called. */
function takeTurn(inTurn: (work: () => Promise<void>) => Promise<void>): Promise<() => void> {
  return new Promise((resolve, reject) => {
    inTurn(() => new Promise<void>((done) => resolve(done))).catch(reject);
  });
}

/** Rejects when the stream fails: a pipeline would wait for a source that gives nothing more. */
function failureOf(stream: Writable): Promise<never> {
  return new Promise((_, reject) => stream.once('error', reject));
}

function isBroken(failure: unknown): boolean {
  return !(typeof failure === 'object' && failure !== null && 'severity' in failure && failure.severity === 'ERROR');
}

async function loadDriver() {
  try {
    const [pg, copy] = await Promise.all([import('pg'), import('pg-copy-streams')]);
    return { pg: pg.default, copy: copy.default };
  } catch (failure) {
    throw new EngineError(
      'driver-absent',
      'the driver of PostgreSQL is not installed. Run  npm install pg pg-copy-streams  and try again.',
      { cause: failure },
    );
  }
}
