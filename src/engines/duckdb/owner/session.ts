import type { Socket } from 'node:net';
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { type CopyInFrame, type Frame, framesOfLiving, read, type StatementFrame, send } from './frames.ts';
import { openSpool, type Part } from './load.ts';
import { bound, csvLine, wired } from './values.ts';

/**
 * Serves one client until it is gone, on a connection of its own; a statement that still runs then is interrupted. What
 * was not committed is rolled back by closing the connection.
 */
export async function serve(socket: Socket, connection: DuckDBConnection, spool: string): Promise<void> {
  const frames = framesOfLiving(socket);
  let isGone = false;
  await send(socket, 'hello', {});
  let next = frames.next();
  for (;;) {
    const given = await next;
    if (given.done === true) return;
    const frame = given.value;
    if (frame.kind === 'copyIn') {
      await copyIn(socket, connection, spool, read<CopyInFrame>(frame), frames);
      next = frames.next();
      continue;
    }
    // Looking ahead is how we learn that the client cancels or is gone.
    let isCancelled = false;
    let isRunning = true;
    let interrupting: NodeJS.Timeout | undefined;
    next = frames.next();
    void next.then((ahead) => {
      isGone = ahead.done === true;
      isCancelled = isRunning && (isGone || ahead.value?.kind === 'cancel');
      // An interrupt that comes before the statement has really begun is forgotten: again, until it has ended.
      if (isCancelled) interrupting = setInterval(() => connection.interrupt(), interruptEveryMs);
    });
    await answer(socket, connection, frame, () => isCancelled);
    isRunning = false;
    clearInterval(interrupting);
    if (isGone) return;
  }
}

const interruptEveryMs = 20;

async function answer(
  socket: Socket,
  connection: DuckDBConnection,
  frame: Frame,
  isCancelled: () => boolean,
): Promise<void> {
  try {
    switch (frame.kind) {
      case 'query':
        return await query(socket, connection, read<StatementFrame>(frame));
      case 'execute': {
        const { text, parameters } = read<StatementFrame>(frame);
        const values = parameters.map(bound);
        const result =
          values.length === 0
            ? await connection.run(text)
            : await connection.run(
                text,
                values.map(({ value }) => value),
                values.map(({ type }) => type),
              );
        return await send(socket, 'done', { count: result.rowsChanged });
      }
      case 'copyOut':
        return await copyOut(socket, connection, read<StatementFrame>(frame), isCancelled);
      // A cancel that came too late.
      default:
        return;
    }
  } catch (failure) {
    await send(socket, 'failed', { message: messageOf(failure) });
  }
}

async function query(socket: Socket, connection: DuckDBConnection, { text, parameters }: StatementFrame) {
  // Run as one text, all but the last would be done and forgotten.
  if ((await connection.extractStatements(text)).count > 1) throw new Error('Parser Error: one statement at a time');
  const values = parameters.map(bound);
  const result =
    values.length === 0
      ? await connection.stream(text)
      : await connection.stream(
          text,
          values.map(({ value }) => value),
          values.map(({ type }) => type),
        );
  const columns = result.deduplicatedColumnNames();
  for await (const chunk of result) {
    await send(socket, 'rows', { columns, rows: chunk.getRows().map((row) => row.map(wired)) });
  }
  await send(socket, 'done', { count: 0 });
}

/** The rows as csv, written by DuckDB as one text a row: no value becomes an object here. */
async function copyOut(
  socket: Socket,
  connection: DuckDBConnection,
  { text, parameters }: StatementFrame,
  isCancelled: () => boolean,
) {
  const columns = await withPrepared(connection, text, (prepared) => prepared.columnCount);
  const names = Array.from({ length: columns }, (_, n) => `c${n}`).join(', ');
  const lines = `select ${csvLine(columns)} as line from (${text}) as copied(${names})`;
  const values = parameters.map(bound);
  const result = await connection.stream(
    lines,
    values.map(({ value }) => value),
    values.map(({ type }) => type),
  );
  for await (const chunk of result) {
    if (isCancelled()) break;
    const text = chunk.getColumnValues(0).join('\n');
    await send(socket, 'data', Buffer.from(`${text}\n`));
  }
  await send(socket, 'done', { count: 0 });
}

async function withPrepared<T>(
  connection: DuckDBConnection,
  text: string,
  use: (prepared: DuckDBPreparedStatement) => T,
): Promise<T> {
  const prepared = await connection.prepare(text);
  try {
    return use(prepared);
  } finally {
    prepared.destroySync();
  }
}

/** Loads the data frames that follow, up to `end`, in one transaction: the client's, or one of its own. */
async function copyIn(
  socket: Socket,
  connection: DuckDBConnection,
  stem: string,
  { table, columns, isolated }: CopyInFrame,
  frames: AsyncGenerator<Frame, void>,
): Promise<void> {
  const spool = openSpool(stem, async (part) => {
    const result = await connection.run(`copy ${table} (${columns}) from ${quoted(part.file)} (${options(part)})`);
    return result.rowsChanged;
  });
  let failure: { readonly message: string } | null = null;
  let isOpen = false;
  const fail = async (error: unknown) => {
    failure = { message: messageOf(error) };
    await send(socket, 'failed', failure);
  };
  try {
    if (isolated) {
      await connection.run('begin transaction');
      isOpen = true;
    }
  } catch (error) {
    await fail(error);
  }
  try {
    for (;;) {
      const given = await frames.next();
      if (given.done === true || given.value.kind === 'abort') {
        if (given.done !== true && failure === null) await fail(new Error('the rows ended in a failure'));
        return;
      }
      try {
        if (failure !== null) {
          // Told already: the rest is thrown away.
          if (given.value.kind === 'end') return;
        } else if (given.value.kind === 'data') await spool.write(given.value.payload);
        else {
          const count = await spool.end();
          if (isOpen) await connection.run('commit');
          isOpen = false;
          await send(socket, 'done', { count });
          return;
        }
      } catch (error) {
        await fail(error);
        if (given.value.kind === 'end') return;
      }
    }
  } finally {
    await spool.close();
    if (isOpen) await connection.run('rollback').catch(() => undefined);
  }
}

/** Everything is said, so that nothing is guessed from the rows. The row's bound is ours: DuckDB's own is 2 MB. */
function options({ longestRow }: Part): string {
  const longest = Math.max(longestRow + 1024, 1 << 20);
  return [
    `format csv, auto_detect false, header false, delimiter ',', quote '"', escape '"', new_line '\\n'`,
    `nullstr '', allow_quoted_nulls false, strict_mode true, null_padding false, ignore_errors false`,
    `max_line_size ${longest}, buffer_size ${Math.max(longest * 2, 8 << 20)}`,
  ].join(', ');
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
