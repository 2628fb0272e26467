import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../embedded/account.ts';
import { initialized, superuser } from '../embedded/initialize.ts';
import { startPostmaster } from '../embedded/postmaster.ts';
import { ensureWatchdog, leave } from '../embedded/server.ts';
import { hold, makeState, stateOf } from '../embedded/state.ts';
import { reachedThrough, type TestServer } from './server.ts';

const bin = '/usr/lib/postgresql/15/bin';

/** Is the oldest version that we try on this machine? Tests of it are skipped with this reason where it is not. */
export const noPostgres15 = existsSync(join(bin, 'postgres')) ? null : `PostgreSQL 15 is not in ${bin}`;

/** Has it the plugin that tells its log as JSON (Debian's postgresql-15-wal2json)? */
export const noWal2json = existsSync(join(bin, '../lib/wal2json.so')) ? null : 'wal2json is not in PostgreSQL 15';

/** A PostgreSQL 15 of the operating system, with a data directory of its own; gone when disposed. */
export async function postgres15(): Promise<TestServer & AsyncDisposable> {
  const account = serverAccount();
  const room = await mkdtemp(join(tmpdir(), 'freehold-15-'));
  // As root the server runs as another account, which must pass.
  await chmod(room, 0o755);
  const state = stateOf(join(room, 'postgres'));
  const programs = { bin, version: '15', major: 15 };
  await makeState(state);
  await hold(state);
  await ensureWatchdog(state);
  const password = await initialized(state, programs, account);
  const postmaster = await startPostmaster(state, programs, account, null);
  const server = {
    host: '127.0.0.1',
    port: postmaster.port,
    user: superuser,
    password,
    dataDirectory: state.data,
  } as const;
  return {
    ...reachedThrough(server),
    async [Symbol.asyncDispose]() {
      await leave(state);
      await rm(room, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
