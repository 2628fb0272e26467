import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systemClock } from '../../../base/clock.ts';
import { withFileLock } from '../../../base/file-lock.ts';
import { must } from '../../../base/must.ts';
import { identityOf, isAlive, pidOf } from '../../../base/process.ts';
import { EngineError } from '../../../engine/connection.ts';
import { serverAccount } from './account.ts';
import { binaries } from './binaries.ts';
import { flushed, initialized, superuser } from './initialize.ts';
import { reachable } from './place.ts';
import { livingPostmaster, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { programEnvironment } from './program.ts';
import {
  dropState,
  hold,
  isHeld,
  letGo,
  lockOf,
  logOf,
  makeState,
  readState,
  type State,
  stateOf,
  writeState,
} from './state.ts';

export type EmbeddedServer = {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where the data really is: the wanted directory, or the one taken in its place. */
  readonly dataDirectory: string;
};

/** How often this process holds each server, by data directory. */
const held = new Map<string, number>();

/**
 * A real PostgreSQL whose data is in the wanted directory, made and started where it is not. Any number of processes may
 * call it, any number of times: all get the same server, and it stops when the last of them lets go or dies. The port
 * may differ from start to start; `<data directory>.freehold/server.json` tells it. Errors: EngineError.
 */
export async function startEmbedded(wanted: string): Promise<EmbeddedServer> {
  const account = serverAccount();
  const programs = await binaries(account);
  const state = stateOf(reachable(wanted, account));
  await makeState(state).catch((cause) => {
    throw new EngineError('denied', `the directory '${state.directory}' cannot be made: ${String(cause)}`, { cause });
  });
  return withFileLock(lockOf(state), async () => {
    const password = await initialized(state, programs, account);
    await hold(state);
    try {
      // The watchdog first: were we killed after the server's start, it would stop the server.
      await ensureWatchdog(state);
      const postmaster =
        (await settled(state.data)) ?? (await startPostmaster(state, programs, account, await formerPort(state)));
      await publish(state, postmaster);
      held.set(state.data, (held.get(state.data) ?? 0) + 1);
      return { host: '127.0.0.1', port: postmaster.port, user: superuser, password, dataDirectory: state.data };
    } catch (error) {
      if (!held.has(state.data)) await letGo(state);
      throw error;
    }
  });
}

/** One `startEmbedded` of this process less. Resolves when the server is down if that was the last of all. */
export async function releaseEmbedded(server: EmbeddedServer): Promise<void> {
  const state = stateOf(server.dataDirectory);
  const left = (held.get(state.data) ?? 0) - 1;
  if (left > 0) {
    held.set(state.data, left);
    return;
  }
  held.delete(state.data);
  await leave(state);
}

/** This process holds the server no more, unless it has started it again meanwhile; stops it where it was the last. */
export async function leave(state: State): Promise<void> {
  await withFileLock(lockOf(state), async () => {
    if (held.has(state.data)) return;
    await letGo(state);
    if (!(await isHeld(state))) await stopAll(state);
  });
}

/** Under the lock, nobody holds the server: stops it and its watchdog. */
async function stopAll(state: State): Promise<void> {
  const postmaster = await livingPostmaster(state.data);
  await flushed(state.data);
  if (postmaster !== null) await stopPostmaster(postmaster);
  await dropState(state, 'server.json');
  const watchdog = await readState(state, 'watchdog');
  await dropState(state, 'watchdog');
  if (watchdog === null || !isAlive(watchdog)) return;
  process.kill(must(pidOf(watchdog), 'watchdog pid'), 'SIGTERM');
  while (isAlive(watchdog)) await systemClock.sleep(10);
}

/** Makes the database where there is none. Errors: EngineError. */
export async function ensureDatabase(server: EmbeddedServer, database: string): Promise<void> {
  const { default: pg } = await import('pg');
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database: 'postgres', application_name: 'freehold' });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null;
    // Another made it at the same moment: duplicate_database, or the catalogue's own unique index.
    if (code === '42P04' || code === '23505') return;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(
      'unreachable',
      `the database '${database}' cannot be made on the embedded PostgreSQL: ${text}`,
      { code, cause },
    );
  } finally {
    await client.end();
  }
}

/** The living server once it is ready; null where there is none, or it went. */
async function settled(data: string): Promise<Postmaster | null> {
  for (;;) {
    const postmaster = await livingPostmaster(data);
    if (postmaster === null || postmaster.status === 'ready') return postmaster;
    await systemClock.sleep(20);
  }
}

/** Starts the process that stops the server when no holder is left, unless it is there. Called under the server's lock. */
export async function ensureWatchdog(state: State): Promise<void> {
  const former = await readState(state, 'watchdog');
  if (former !== null && isAlive(former)) return;
  const log = await open(logOf(state), 'a', 0o600);
  try {
    const script = new URL(import.meta.url.endsWith('.ts') ? './watchdog.ts' : './watchdog.js', import.meta.url);
    const child = spawn(process.execPath, [...loader(), fileURLToPath(script), state.data], {
      cwd: '/',
      env: programEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined)
      throw new EngineError('denied', `no watchdog process can be started ('${process.execPath}')`);
    await writeState(state, 'watchdog', identityOf(child.pid) ?? '');
  } finally {
    await log.close();
  }
}

/** Run from its TypeScript (tests, tsx), the watchdog needs the loader that built code does not. */
function loader(): string[] {
  if (!import.meta.url.endsWith('.ts')) return [];
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href];
}

async function publish(state: State, postmaster: Postmaster): Promise<void> {
  const text = `${JSON.stringify({ version: 1, host: '127.0.0.1', port: postmaster.port, user: superuser, pid: postmaster.pid })}\n`;
  if ((await readState(state, 'server.json')) !== text) await writeState(state, 'server.json', text);
}

async function formerPort(state: State): Promise<number | null> {
  const text = await readState(state, 'server.json');
  const port = text === null ? null : /"port":(\d+)/.exec(text)?.[1];
  return port === null || port === undefined ? null : Number(port);
}
