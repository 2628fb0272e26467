import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { postmasterOf, processesOf } from './cpu.ts';
import type { Server } from './server.ts';

/**
 * The first half of the machine's processors for the source and its clients, the other for all else, as if they were two
 * machines; all for all again when disposed. Null, with nothing done, where the machine has one processor or no `taskset`.
 */
export async function apart(
  source: Server,
  store: Server,
): Promise<(AsyncDisposable & { readonly first: string }) | null> {
  const count = cpus().length;
  const half = Math.floor(count / 2);
  const [first, second, all] = [`0-${half - 1}`, `${half}-${count - 1}`, `0-${count - 1}`];
  if (count < 2 || !hasTaskset()) return null;
  const pin = async (sourceOn: string, othersOn: string) => {
    await pinServer(source, sourceOn);
    await pinServer(store, othersOn);
    // What we start from now on is where we are.
    set(String(process.pid), othersOn);
  };
  await pin(first, second);
  return { first, [Symbol.asyncDispose]: () => pin(all, all) };
}

async function pinServer(server: Server, processors: string): Promise<void> {
  const postmaster = await postmasterOf(server);
  // Whom the postmaster starts from now on is where it is.
  set(postmaster, processors);
  for (const pid of processesOf(postmaster)) set(pid, processors);
}

function set(pid: string, processors: string): void {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', processors, pid], { stdio: 'ignore' });
  } catch {
    // It ended while we looked.
  }
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
