import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from '../../../base/file-lock.ts';
import { must } from '../../../base/must.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../../../base/process.ts';

/**
 * What we remember of a server, in the directory `<data directory>.freehold` beside its data, ours alone (0700):
 *
 *   lock/                  held by whoever starts or stops the server
 *   holders/<identity>     one empty file for each process that uses the server
 *   watchdog               identity of the process that stops the server when no holder is left
 *   password               the superuser's, made once (0600)
 *   server.json            where the server listens now, for other processes and people; no secret
 *   log                    what the server and its watchdog wrote
 */
export type State = { readonly directory: string; readonly data: string };

export function stateOf(data: string): State {
  return { directory: `${data}.freehold`, data };
}

export function lockOf(state: State): string {
  return join(state.directory, 'lock');
}

export function logOf(state: State): string {
  return join(state.directory, 'log');
}

export async function makeState(state: State): Promise<void> {
  await mkdir(join(state.directory, 'holders'), { recursive: true, mode: 0o700 });
}

export async function hold(state: State): Promise<void> {
  await writeFile(join(state.directory, 'holders', self()), '');
}

export async function letGo(state: State): Promise<void> {
  await rm(join(state.directory, 'holders', self()), { force: true });
}

/** Is any holder alive? The dead are cleared away. */
export async function isHeld(state: State): Promise<boolean> {
  const directory = join(state.directory, 'holders');
  let held = false;
  for (const holder of await namesIn(directory)) {
    if (isAlive(holder)) held = true;
    else await rm(join(directory, holder), { force: true });
  }
  return held;
}

export async function readState(state: State, file: 'password' | 'watchdog' | 'server.json'): Promise<string | null> {
  try {
    return await readFile(join(state.directory, file), 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Written beside, then renamed: readers see the old or the new, whole. */
export async function writeState(
  state: State,
  file: 'password' | 'watchdog' | 'server.json',
  text: string,
): Promise<void> {
  const draft = join(state.directory, `${file}.draft`);
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, join(state.directory, file));
}

export async function dropState(state: State, file: 'watchdog' | 'server.json'): Promise<void> {
  await rm(join(state.directory, file), { force: true });
}

function self(): ProcessIdentity {
  return must(identityOf(process.pid), 'own process identity');
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}
