import './keep-marks.ts';
import { chmod, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { must } from '../../../base/must.ts';
import { attendance } from './attendance.ts';
import { databaseName, noteOf, type OwnerNote, type OwnerReport, spoolOf } from './place.ts';
import { quoted, serve } from './session.ts';

/**
 * A program: `main <file> <memory limit> <threads>`. Owns one database file and serves sessions over a socket until the
 * last client has gone. Reports once on standard output: ready, or why not. Its clients' terminal and signals are not
 * its own: it ends when they do.
 */
const [, , file = '', memoryLimit = '', threads = ''] = process.argv;

process.umask(0o077);
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Who started us may be gone already.
process.stdout.on('error', () => undefined);

const spool = spoolOf(file);
let instance: DuckDBInstance;
try {
  instance = await openFile();
} catch (failure) {
  report({ kind: 'failed', message: failure instanceof Error ? failure.message : String(failure) });
  process.exit(1);
}

// From here on the file's lock is ours: what a dead owner left beside it is nobody's.
await rm(spool, { recursive: true, force: true });
await mkdir(spool, { recursive: true, mode: 0o700 });
const room = await mkdtemp(join(tmpdir(), 'fh-'));
await chmod(room, 0o700);
const socketPath = join(room, 's');

let opened = 0;
const server = createServer({ pauseOnConnect: false }, (socket) => {
  socket.on('error', () => undefined);
  if (!clients.enter()) {
    socket.destroy();
    return;
  }
  void session().finally(() => {
    socket.destroy();
    clients.exit();
  });

  async function session() {
    const connection = await instance.connect();
    try {
      await connection.run(`use ${databaseName}`);
      await serve(socket, connection, join(spool, String(opened++)));
    } finally {
      connection.closeSync();
    }
  }
});

const clients = attendance(() => void leave());
server.listen(socketPath, () => {
  void (async () => {
    const note: OwnerNote = { pid: process.pid, socket: socketPath };
    await writeFile(noteOf(file), JSON.stringify(note), { mode: 0o600 });
    report({ kind: 'ready' });
  })();
});
process.on('SIGTERM', clients.leave);

/** The note goes first, so that nobody finds the way here; the file's lock last. */
async function leave(): Promise<void> {
  await unlink(noteOf(file)).catch(() => undefined);
  server.close();
  await rm(spool, { recursive: true, force: true }).catch(() => undefined);
  await rm(room, { recursive: true, force: true }).catch(() => undefined);
  if (clients.count() === 0) instance.closeSync();
  process.exit(0);
}

/**
 * The database is attached under a name of its own: DuckDB would name it by its file, and a file `freehold.duckdb` with a
 * schema `freehold` in it makes every name of the schema ambiguous.
 */
async function openFile(): Promise<DuckDBInstance> {
  const made = await DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    threads: must(threads, 'threads'),
    temp_directory: `${file}.tmp`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Rows come and go by key, never by place; and order would be bought with memory.
    preserve_insertion_order: 'false',
  });
  const connection = await made.connect();
  await connection.run(`set global TimeZone = 'UTC'`);
  await leaveRoom(connection);
  await connection.run(`attach ${quoted(file)} as ${databaseName}`);
  connection.closeSync();
  return made;
}

/**
 * What DuckDB does not count is taken off its limit: this program and rows on their way (64 MiB), its allocator's slack and
 * what its operators hold beside the buffers (a quarter, measured while 10M rows were loaded and merged); at most half.
 */
async function leaveRoom(connection: DuckDBConnection): Promise<void> {
  const result = await connection.run(`select current_setting('memory_limit') as v`);
  const [, digits, unit] = /^([\d.]+) ([KMGT])iB$/.exec(String((await result.getRows())[0]?.[0])) ?? [];
  if (digits === undefined || unit === undefined) return;
  const mebibytes = Number(digits) * 1024 ** ('KMGT'.indexOf(unit) - 1);
  await connection.run(`set global memory_limit = '${Math.floor(Math.max(mebibytes / 2, mebibytes * 0.75 - 64))}MiB'`);
}

function report(said: OwnerReport): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
