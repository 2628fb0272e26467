import { Readable } from 'node:stream';
import { type Connection, EngineError, type Row } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { render } from '../../sql/render.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { duckdbDialect } from './dialect.ts';
import { engineError } from './errors.ts';
import {
  aliveEveryMs,
  type DoneFrame,
  type FailedFrame,
  type Frame,
  type RowsFrame,
  read,
  send,
} from './owner/frames.ts';
import { reachOwner } from './owner/reach.ts';
import { duckdbTypes } from './types.ts';
import { unwired, wire } from './wire.ts';

/** Opens a session with the file's owner, which is started where none runs. Errors: EngineError. */
export async function connect(access: Access): Promise<Connection> {
  const { file, memory_limit = '1GB', threads = 2 } = access.fields;
  if (typeof file !== 'string' || file === '') {
    throw new EngineError('statement', `${access.label}: the container has no file. Add it.`);
  }
  const { label } = access;
  const reached = await reachOwner({ file, memoryLimit: String(memory_limit), threads: Number(threads), label });
  return session(reached.socket, reached.frames, label);
}

type SessionSocket = Awaited<ReturnType<typeof reachOwner>>['socket'];

function session(socket: SessionSocket, frames: AsyncGenerator<Frame, void>, label: string): Connection {
  let last: Promise<unknown> = Promise.resolve();
  let isInTransaction = false;
  let isClosed = false;

  const gone = () =>
    new EngineError(
      'unreachable',
      isClosed
        ? `${label}: the session was closed`
        : `the process that owns ${label} is gone; a new session starts it anew`,
    );

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      if (isClosed || socket.destroyed) throw gone();
      return work();
    });
    last = turn.catch(() => undefined);
    return turn;
  };

  /** The next frame of an answer. Errors: EngineError, also where the owner says that it failed. */
  const answer = async (): Promise<Frame> => {
    const given = await frames.next();
    if (given.done === true) {
      socket.destroy();
      throw gone();
    }
    if (given.value.kind === 'failed') throw engineError(read<FailedFrame>(given.value).message, label);
    return given.value;
  };

  const statement = (kind: 'query' | 'execute', given: Sql, use: (rows: RowsFrame) => void): Promise<number> => {
    const { text, parameters } = render(given, duckdbDialect);
    const asked = { text, parameters: parameters.map(wire) };
    return inTurn(async () => {
      await send(socket, kind, asked);
      for (;;) {
        const frame = await answer();
        if (frame.kind === 'done') return read<DoneFrame>(frame).count;
        use(read<RowsFrame>(frame));
      }
    });
  };

  const run = (given: Sql) => statement('execute', given, () => undefined);

  // Frames are written whole, so that it may come between any two.
  const living = setInterval(() => void send(socket, 'alive', {}), aliveEveryMs);
  living.unref();
  socket.once('close', () => clearInterval(living));

  const close = async () => {
    isClosed = true;
    socket.destroy();
  };

  return {
    dialect: duckdbDialect,
    types: duckdbTypes,
    async query(given) {
      const rows: Row[] = [];
      await statement('query', given, (frame) => {
        for (const row of frame.rows) {
          rows.push(Object.fromEntries(frame.columns.map((column, n) => [column, unwired(row[n] ?? null)])));
        }
      });
      return rows;
    },
    execute: run,
    /** DuckDB reads one snapshot in every transaction, so that there is one isolation to have. */
    async transaction(work, options = {}) {
      if (isInTransaction) throw new Error('bug: a transaction inside a transaction of the same connection');
      isInTransaction = true;
      try {
        await run(options.readOnly === true ? sql`begin transaction read only` : sql`begin transaction`);
        try {
          const result = await work();
          await run(sql`commit`);
          return result;
        } catch (failure) {
          // The first failure is the one to tell; after a commit that failed there is nothing to roll back.
          await run(sql`rollback`).catch(() => undefined);
          throw failure;
        }
      } finally {
        isInTransaction = false;
      }
    },
    copyOut(rows, transport) {
      if (transport !== 'csv') throw new Error(`bug: DuckDB has no transport ${transport}`);
      const { text, parameters } = render(rows, duckdbDialect);
      return Readable.from(copied(), { objectMode: false });

      async function* copied(): AsyncGenerator<Uint8Array> {
        const done = await takeTurn(inTurn);
        let isRunning = true;
        try {
          await send(socket, 'copyOut', { text, parameters: parameters.map(wire) });
          for (;;) {
            const frame = await answer().catch((failure: unknown) => {
              isRunning = false;
              throw failure;
            });
            if (frame.kind === 'done') break;
            yield frame.payload;
          }
          isRunning = false;
        } finally {
          if (isRunning) await cancelled();
          done();
        }
      }

      /** Left by its reader: the rest is on its way and is read over. */
      async function cancelled(): Promise<void> {
        await send(socket, 'cancel', {});
        try {
          while ((await answer()).kind !== 'done');
        } catch {
          // Interrupted, as we asked; or gone, as the next statement will say.
        }
      }
    },
    async copyIn(table, columns, rows, transport) {
      if (transport !== 'csv') throw new Error(`bug: DuckDB has no transport ${transport}`);
      const to = render(sql`${name(...table)}`, duckdbDialect).text;
      const into = render(sql`${list(columns.map((column) => name(column)))}`, duckdbDialect).text;
      return inTurn(async () => {
        await send(socket, 'copyIn', { table: to, columns: into, isolated: !isInTransaction });
        let isAnswered = false;
        const answered = answer().finally(() => {
          isAnswered = true;
        });
        // Heard below; a failure before that must not count as unheard.
        answered.catch(() => undefined);
        try {
          for await (const part of rows) {
            if (isAnswered) break;
            if (part.length > 0) await send(socket, 'data', part);
          }
        } catch (failure) {
          await send(socket, 'abort', {});
          await answered.catch(() => undefined);
          throw failure;
        }
        await send(socket, isAnswered ? 'abort' : 'end', {});
        return read<DoneFrame>(await answered).count;
      });
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Resolves when it is our turn; others wait until the function it gives is called. */
function takeTurn(inTurn: (work: () => Promise<void>) => Promise<void>): Promise<() => void> {
  return new Promise((resolve, reject) => {
    inTurn(() => new Promise<void>((done) => resolve(done))).catch(reject);
  });
}
