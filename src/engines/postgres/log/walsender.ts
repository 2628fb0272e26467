import type { Client, ClientConfig } from 'pg';
import type { EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { clientConfig } from '../access.ts';
import { engineError } from '../errors.ts';
import { settings } from '../settings.ts';
import { type FrameHandler, frames } from './frames.ts';

/** A replication session. https://www.postgresql.org/docs/current/protocol-replication.html */
export type Walsender = AsyncDisposable & {
  /** Runs a replication command or a statement; rows by column name. Errors: EngineError. */
  command(text: string): Promise<readonly Readonly<Record<string, string | null>>[]>;
  /**
   * Sends the command that turns the session into a stream in both directions, and gives the body of each CopyData message
   * to `each` until `signal` aborts or the stream ends. `pause` is asked between network reads. Rejects with EngineError
   * when the server ends it. The session can do nothing else afterwards.
   */
  stream(command: string, each: FrameHandler, pause: () => Promise<void> | null, signal: AbortSignal): Promise<void>;
  /** A CopyData message to the server while the stream runs. */
  send(body: Buffer): void;
};

/** Bytes received and not yet looked at, before the socket is paused. */
const queuedBytes = 1 << 20;

/**
 * A server that knows no encoding would refuse to send what is no UTF-8, and with it all of its log: as it is sent then, it is
 * the store that refuses the row.
 */
const asItIs = `select pg_catalog.set_config('client_encoding', 'SQL_ASCII', false)
  where pg_catalog.current_setting('server_encoding') = 'SQL_ASCII'`;

const message = { copyBoth: 0x57, copyData: 0x64, copyDone: 0x63, error: 0x45, complete: 0x43 };

export async function openWalsender(access: Access, purpose: string): Promise<Walsender> {
  const { default: pg } = await import('pg');
  // `replication` is known to the driver and not to its types.
  const config: ClientConfig & { readonly replication: 'database' } = {
    ...clientConfig(access, purpose),
    replication: 'database',
  };
  const client = new pg.Client(config);
  // Heard, so that a broken connection does not end the process; the command or stream under way rejects with it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(settings);
    await client.query(asItIs);
  } catch (failure) {
    throw engineError(failure, access);
  }
  return {
    command: async (text) => {
      try {
        return (await client.query<Record<string, string | null>>(text)).rows;
      } catch (failure) {
        throw engineError(failure, access);
      }
    },
    stream: (command, each, pause, signal) => stream(client, access, command, each, pause, signal),
    send(body) {
      const { stream: socket } = client.connection;
      if (socket.writable) socket.write(copyData(body));
    },
    async [Symbol.asyncDispose]() {
      const { stream: socket } = client.connection;
      const timer = setTimeout(() => socket.destroy(), 3_000);
      await client.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

async function stream(
  client: Client,
  access: Access,
  command: string,
  each: FrameHandler,
  pause: () => Promise<void> | null,
  signal: AbortSignal,
): Promise<void> {
  const { connection } = client;
  const { stream: socket } = connection;
  const queue: Buffer[] = [];
  let queued = 0;
  let ended: EngineError | null = null;
  let wake = () => {};
  const end = (failure: unknown) => {
    ended ??= engineError(failure, access);
    wake();
  };
  // From here on the bytes are ours: the driver would make an object of each message and could not be paused.
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    queue.push(chunk);
    queued += chunk.length;
    if (queued > queuedBytes) socket.pause();
    wake();
  });
  socket.on('error', end);
  socket.on('close', () => end({ code: '08006', message: 'the server closed the replication connection' }));
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  const cutter = frames();
  const onFrame: FrameHandler = (bytes, type, from, to) => {
    if (type === message.copyData) return signal.aborted ? null : each(bytes, type, from, to);
    if (type === message.error) throw engineError(errorOf(bytes, from, to), access);
    if (type === message.copyDone || type === message.complete)
      throw engineError({ code: '57P01', message: 'the server ended the log: it is shutting down' }, access);
    return null;
  };

  try {
    connection.query(command);
    for (;;) {
      if (signal.aborted) return;
      const chunk = queue.shift();
      if (chunk === undefined) {
        if (ended !== null) throw ended;
        socket.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = () => {};
        continue;
      }
      queued -= chunk.length;
      await cutter.push(chunk, onFrame);
      const waiting = pause();
      if (waiting !== null) {
        socket.pause();
        await Promise.race([waiting, aborted]);
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    await leave(client);
  }
}

/** Ends the stream so that the server lets go of the slot at once; what is still on its way is thrown away. */
async function leave(client: Client): Promise<void> {
  const { stream: socket } = client.connection;
  if (socket.destroyed) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.removeAllListeners('data');
  socket.on('data', () => undefined);
  socket.resume();
  // CopyDone, then Terminate.
  if (socket.writable) socket.end(Buffer.from([message.copyDone, 0, 0, 0, 4, 0x58, 0, 0, 0, 4]));
  // In the middle of a large transaction the server does not look: then the connection is cut.
  const timer = setTimeout(() => socket.destroy(), 1_000);
  await closed;
  clearTimeout(timer);
}

function copyData(body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = message.copyData;
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The fields of an ErrorResponse that matter to us. */
function errorOf(bytes: Buffer, from: number, to: number): { readonly code: string; readonly message: string } {
  const fields = new Map<string, string>();
  for (let at = from; at < to && bytes[at] !== 0; ) {
    const end = bytes.indexOf(0, at);
    fields.set(String.fromCharCode(bytes[at] ?? 0), bytes.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return { code: fields.get('C') ?? '', message: fields.get('M') ?? 'the server ended the log' };
}
