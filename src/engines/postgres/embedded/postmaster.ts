import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { isCode } from '../../../base/file-lock.ts';
import { commandLineOf, identityOf, isAlive, type ProcessIdentity } from '../../../base/process.ts';
import { EngineError } from '../../../engine/connection.ts';
import { type Account, spawnAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { programEnvironment } from './program.ts';
import { logOf, type State } from './state.ts';

/** The server's first process, the parent of its sessions. `status`: PostgreSQL's own word, `starting`, `ready`, `stopping`. */
export type Postmaster = {
  readonly identity: ProcessIdentity;
  readonly pid: number;
  readonly port: number;
  readonly status: string;
};

/**
 * The living server of a data directory, by its postmaster.pid: the process must exist and have been started for this
 * directory, else the file is what a killed server left, or its id went to another process since.
 */
export async function livingPostmaster(data: string): Promise<Postmaster | null> {
  const lines = await pidFile(data);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const identity = identityOf(pid);
  const command = commandLineOf(pid);
  if (identity === null || command === null || !command.includes(data) || !command.includes('postgres')) return null;
  return { identity, pid, port: Number(lines[3]), status: (lines[7] ?? 'starting').trim() };
}

/** Starts the server and waits until it takes connections, however long it recovers. Called under the server's lock. */
export async function startPostmaster(
  state: State,
  programs: Binaries,
  account: Account,
  formerPort: number | null,
): Promise<Postmaster> {
  await dropForeignPidFile(state.data);
  let said = '';
  for (let attempt = 0; attempt < 20; attempt++) {
    // The former port while it may yet come free: clients of a killed server come back to it.
    const port = formerPort !== null && attempt < 10 && (await isFree(formerPort)) ? formerPort : await freePort();
    const outcome = await attemptStart(state, programs, account, port);
    if (typeof outcome !== 'string') return outcome;
    said = outcome;
    // Another took the port between our look and the server's; or sessions of a killed server are still leaving.
    const isPassing = /Address already in use|pre-existing shared memory block|is another postmaster/i.test(said);
    if (!isPassing) break;
    await systemClock.sleep(500);
  }
  const isFull = /No space left|could not resize shared memory/.test(said);
  throw new EngineError(
    isFull ? 'space' : 'unreachable',
    `the embedded PostgreSQL in '${state.data}' did not start:\n${said}`,
  );
}

/** Asks the server to end its sessions and stop; after a minute, insists. Resolves when it is gone. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  const { identity, pid } = postmaster;
  // SIGINT: fast shutdown with a checkpoint. SIGQUIT: at once, recovering at the next start.
  for (const [signal, patienceMs] of [
    ['SIGINT', 60_000],
    ['SIGQUIT', 20_000],
    ['SIGKILL', 20_000],
  ] as const) {
    if (!isAlive(identity)) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (isCode(error, 'ESRCH')) return;
      throw new EngineError('denied', `the server with pid ${pid} cannot be stopped: ${String(error)}`, {
        cause: error,
      });
    }
    for (const until = Date.now() + patienceMs; isAlive(identity) && Date.now() < until; ) await systemClock.sleep(20);
  }
}

/** The server when it is ready; else what it said before it ended. */
async function attemptStart(
  state: State,
  programs: Binaries,
  account: Account,
  port: number,
): Promise<Postmaster | string> {
  const log = await openLog(state);
  const { size: logStart } = await log.stat();
  let child: ChildProcess;
  try {
    child = spawn(join(programs.bin, 'postgres'), serverArguments(state.data, port), {
      ...spawnAs(account),
      env: programEnvironment(),
      // Its own session: Ctrl-C at our terminal is not for it.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
  } finally {
    await log.close();
  }
  let failure: Error | null = null;
  child.on('error', (error) => {
    failure = error;
  });
  child.unref();
  for (;;) {
    if (failure !== null) return String(failure);
    if (child.exitCode !== null || child.signalCode !== null) return await logFrom(state, logStart);
    const postmaster = await livingPostmaster(state.data);
    if (postmaster?.pid === child.pid && postmaster?.status === 'ready') return postmaster;
    await systemClock.sleep(20);
  }
}

function serverArguments(data: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    wal_level: 'logical',
    max_replication_slots: '50',
    max_wal_senders: '50',
    max_connections: '300',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  return [
    ...['-D', data, '-k', '', '-p', String(port)],
    ...Object.entries(settings).flatMap(([setting, to]) => ['-c', `${setting}=${to}`]),
  ];
}

/** A stale file whose process id now belongs to a stranger: PostgreSQL itself would take the stranger for a server. */
async function dropForeignPidFile(data: string): Promise<void> {
  const pid = Number((await pidFile(data))[0]);
  if (pid > 0 && identityOf(pid) !== null) await rm(join(data, 'postmaster.pid'), { force: true });
}

async function pidFile(data: string): Promise<string[]> {
  try {
    return (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function openLog(state: State) {
  const path = logOf(state);
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > 10_000_000) await rename(path, `${path}.old`);
  return open(path, 'a', 0o600);
}

async function logFrom(state: State, start: number): Promise<string> {
  const text = (await readFile(logOf(state))).subarray(start).toString('utf8').trim();
  return text.split('\n').slice(-8).join('\n');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
