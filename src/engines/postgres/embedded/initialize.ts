import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isCode } from '../../../base/file-lock.ts';
import { EngineError } from '../../../engine/connection.ts';
import { type Account, spawnAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { runProgram } from './program.ts';
import { readState, type State, writeState } from './state.ts';

export const superuser = 'freehold';

/**
 * Makes the data directory where there is none; the superuser's password. Called under the server's lock. The directory
 * is made beside and renamed, after the password is kept: cut anywhere, the next call makes another from the start.
 * Errors: what lies there is no data directory, or another major version's, or another account's. Nothing is touched then.
 */
export async function initialized(state: State, programs: Binaries, account: Account): Promise<string> {
  const entries = await entriesOf(state.data);
  if (entries === null || entries.length === 0) return initialize(state, programs, account);
  await mustBeOurs(state.data, entries, programs, account);
  const password = await readState(state, 'password');
  if (password !== null) return password;
  throw new EngineError(
    'missing',
    `the password of the embedded PostgreSQL in '${state.data}' is gone: '${state.directory}/password' is missing. ` +
      'Put it back, or remove the data directory to begin anew',
  );
}

async function mustBeOurs(data: string, entries: readonly string[], programs: Binaries, account: Account) {
  if (!entries.includes('PG_VERSION')) {
    throw new EngineError(
      'denied',
      `'${data}' holds files that are not PostgreSQL's, so no server is made there; nothing was touched. Choose an empty directory`,
    );
  }
  const major = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  if (major !== String(programs.major)) {
    throw new EngineError(
      'denied',
      `the data directory '${data}' was made by PostgreSQL ${major}, and the embedded one is PostgreSQL ${programs.major}, ` +
        'which cannot read it; nothing was touched. ' +
        `Move it away to begin anew, or serve it by a PostgreSQL ${major} of your own and give its address:  --postgres URL`,
    );
  }
  const { uid } = await stat(data);
  if (uid !== account.uid) {
    throw new EngineError(
      'denied',
      `the data directory '${data}' belongs to uid ${uid}, and the server would run as '${account.name}' (uid ${account.uid}); ` +
        'nothing was touched. Run as the user who made it, or choose another directory',
    );
  }
}

/** Fresh data directories on their way to the disk. */
const flushing = new Map<string, Promise<void>>();

/** Resolves when a data directory that this process made is on the disk as a whole, or has gone. */
export async function flushed(data: string): Promise<void> {
  await flushing.get(data);
  flushing.delete(data);
}

async function initialize(state: State, programs: Binaries, account: Account): Promise<string> {
  const room = dirname(state.data);
  const prefix = `${basename(state.data)}.making-`;
  // Left by processes that were killed here; we hold the lock, so nobody is at work in them.
  for (const name of await readdir(room)) {
    if (name.startsWith(prefix)) await rm(join(room, name), { recursive: true, force: true });
  }
  const draft = join(room, `${prefix}${randomUUID().slice(0, 8)}`);
  const password = randomBytes(24).toString('base64url');
  try {
    await mkdir(draft, { mode: 0o700 });
    const passwordFile = join(draft, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account.drop) {
      await chown(draft, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await runProgram(
      join(programs.bin, 'initdb'),
      [
        ...['-D', join(draft, 'data'), '-U', superuser, '-E', 'UTF8', '-A', 'scram-sha-256', '--pwfile', passwordFile],
        // To the disk while the server starts and is filled: see `flushed`.
        '--no-sync',
        ...(process.platform === 'darwin'
          ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
          : ['--locale=C.UTF-8']),
      ],
      spawnAs(account),
    );
    await writeState(state, 'password', password);
    await rmdir(state.data).catch((error) => {
      if (!isCode(error, 'ENOENT')) throw error;
    });
    await rename(join(draft, 'data'), state.data);
    const flush = runProgram(join(programs.bin, 'initdb'), ['--sync-only', '-D', state.data], spawnAs(account));
    flushing.set(
      state.data,
      flush.then(
        () => {},
        () => {},
      ),
    );
    return password;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(
      isCode(cause, 'ENOSPC') ? 'space' : 'denied',
      `no PostgreSQL data directory can be made at '${state.data}': ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function entriesOf(directory: string): Promise<string[] | null> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw new EngineError('denied', `'${directory}' cannot be read as a data directory: ${String(error)}`, {
      cause: error,
    });
  }
}
