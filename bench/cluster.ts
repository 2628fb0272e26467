import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { connect } from '../src/engines/postgres/connection.ts';
import { releaseEmbedded, startEmbedded } from '../src/engines/postgres/embedded/server.ts';
import { noPostgres15, postgres15 } from '../src/engines/postgres/testing/installed.ts';
import { reachedThrough, type TestServer } from '../src/engines/postgres/testing/server.ts';
import { run } from '../src/flow/testing/fixture.ts';
import { name, sql, words } from '../src/sql/sql.ts';

/** The one server that floor and ours share, with the same settings; gone when disposed. */
export type Cluster = TestServer & AsyncDisposable & { readonly about: string };

/**
 * Debian's PostgreSQL 15 where it is installed, since its psql is the floor; else the embedded server. `isSmoke`: nothing
 * waits for the disk.
 */
export async function openCluster(isSmoke: boolean): Promise<Cluster> {
  const server = noPostgres15 === null ? await postgres15() : await embedded();
  const database = await server.createDatabase('settings');
  await using c = await connect(server.access(database), 'bench');
  // Nothing runs in the background of one measurement and not of another; both sides analyze and vacuum by themselves.
  await run(c, 'alter system set autovacuum = off');
  await run(c, "alter system set max_wal_size = '8GB'");
  // How long a subscription that is switched on again waits for its worker.
  await run(c, "alter system set wal_retrieve_retry_interval = '10ms'");
  if (isSmoke) await run(c, 'alter system set fsync = off');
  await run(c, 'select pg_reload_conf()');
  const [version] = await c.query(sql`show server_version`);
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const about = `${machine}, Node ${process.versions.node}, PostgreSQL ${String(version?.server_version)}`;
  return { ...server, about };
}

async function embedded(): Promise<TestServer & AsyncDisposable> {
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

/** Null where psql is on the path; else why the floors that need it are left out. */
export const noPsql = (() => {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'psql is not on the path (Debian: postgresql-client)';
  }
})();

/**
 * `psql | psql`: a COPY to standard output in one database into statements in another, one session, of which one is the
 * COPY from standard input. Rejects with what psql said.
 */
export function pipe(
  server: TestServer,
  from: { readonly database: string; readonly copy: string },
  to: { readonly database: string; readonly statements: readonly string[] },
): Promise<void> {
  const script = 'set -o pipefail; psql -qX "$FROM" -c "$OUT" | psql -qX -v ON_ERROR_STOP=1 "$TO" "$@"';
  const statements = to.statements.flatMap((statement) => ['-c', statement]);
  const child = spawn('bash', ['-c', script, 'pipe', ...statements], {
    env: {
      ...process.env,
      FROM: withoutPassword(server.url(from.database)),
      TO: withoutPassword(server.url(to.database)),
      OUT: from.copy,
      PGPASSWORD: new URL(server.url(from.database)).password,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve() : reject(new Error(`psql failed: ${said}`))));
  });
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.href;
}

export async function countOf(server: TestServer, database: string, table: string): Promise<number> {
  await using c = await connect(server.access(database), 'bench');
  const [row] = await c.query(sql`select count(*) as rows from ${words(table)}`);
  return Number(row?.rows);
}

/** Gives the space back. */
export async function drop(server: TestServer, database: string): Promise<void> {
  await using c = await connect(server.access('postgres'), 'bench');
  await c.execute(sql`drop database ${name(database)} with (force)`);
}
