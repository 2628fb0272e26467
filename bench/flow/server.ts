import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/engines/postgres/connection.ts';
import { releaseEmbedded, startEmbedded } from '../../src/engines/postgres/embedded/server.ts';
import { noPostgres15, postgres15 } from '../../src/engines/postgres/testing/installed.ts';
import { reachedThrough, type TestServer } from '../../src/engines/postgres/testing/server.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { list, name, sql, words } from '../../src/sql/sql.ts';

/** A cluster of the bench's own; gone when disposed. */
export type Server = TestServer & AsyncDisposable;

/**
 * Debian's PostgreSQL 15 where it is installed, since its programs are floors; else the embedded server. `isSmoke`: nothing
 * waits for the disk.
 */
export async function openServer(isSmoke: boolean): Promise<Server> {
  const server = noPostgres15 === null ? await postgres15() : await embedded();
  await using c = await connect(server.access('postgres'), 'bench');
  // Nothing runs in the background of one measurement and not of another; both sides analyze and vacuum by themselves.
  await run(c, 'alter system set autovacuum = off');
  await run(c, "alter system set max_wal_size = '8GB'");
  // How long a subscription that is switched on again waits for its worker.
  await run(c, "alter system set wal_retrieve_retry_interval = '10ms'");
  if (isSmoke) await run(c, 'alter system set fsync = off');
  await run(c, 'select pg_reload_conf()');
  return server;
}

/** Machine and versions, for the first line. */
export async function aboutMachine(server: Server): Promise<string> {
  await using c = await connect(server.access('postgres'), 'bench');
  const [version] = await c.query(sql`show server_version`);
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GB`;
  return `${machine}, Node ${process.versions.node}, PostgreSQL ${String(version?.server_version)}`;
}

async function embedded(): Promise<Server> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
  await chmod(room, 0o755);
  const server = await startEmbedded(join(room, 'postgres'));
  return {
    ...reachedThrough(server),
    async [Symbol.asyncDispose]() {
      await releaseEmbedded(server);
      await rm(room, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Null where the floors' programs are on the path; else why what needs them is left out. */
export const noPrograms = (() => {
  try {
    for (const program of ['psql', 'pg_dump', 'pg_restore']) execFileSync(program, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'psql, pg_dump and pg_restore are not on the path (Debian: postgresql-client)';
  }
})();

/** A shell script of floors' programs; `$FROM` and `$TO` are databases. Rejects with what they said. */
export function shell(
  script: string,
  from: { readonly server: Server; readonly database: string },
  to: { readonly server: Server; readonly database: string },
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn('bash', ['-c', `set -eo pipefail; ${script}`], {
    env: {
      ...process.env,
      FROM: from.server.url(from.database),
      TO: to.server.url(to.database),
      ...more,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(`${script} failed: ${said}`))));
  });
}

/** How many rows a table has, and a sum over all their values: equal when and only when the rows are, but for luck. */
export async function contentOf(
  server: Server,
  database: string,
  table: string,
  columns: readonly string[],
): Promise<string> {
  await using c = await connect(server.access(database), 'bench');
  const [row] = await c.query(sql`select count(*) || ' rows, sum '
    || coalesce(sum(hashtextextended(row(${list(columns.map((column) => name(column)))})::text, 0)), 0) as content
    from ${words(table)}`);
  return String(row?.content);
}

/** A database with the files of another, which nobody may be using; its name. */
export async function copyDatabase(server: Server, template: string): Promise<string> {
  await using c = await connect(server.access('postgres'), 'bench');
  const database = `${template}_${randomBytes(4).toString('hex')}`;
  await c.execute(sql`create database ${name(database)} template ${name(template)} strategy file_copy`);
  return database;
}

/** What is dirty is written now, and not in the middle of a measurement. */
export async function settle(...servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    await using c = await connect(server.access('postgres'), 'bench');
    await run(c, 'checkpoint');
  }
}

/** Gives the space back. */
export async function drop(server: Server, database: string): Promise<void> {
  await using c = await connect(server.access('postgres'), 'bench');
  await c.execute(sql`drop database ${name(database)} with (force)`);
}
