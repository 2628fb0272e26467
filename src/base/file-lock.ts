import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { must } from './must.ts';
import { identityOf, isAlive } from './process.ts';

/**
 * Runs `work` while no other holder of the same lock directory runs: in this process or another on this machine. A holder
 * that dies leaves the lock to the next.
 *
 * The directory holds numbered files; the highest names the holder or says `free`, and is never removed while it is the
 * highest. Who finds it free, or its holder dead, links the next number (which only one can), looks whether a higher one
 * came meanwhile (then it was late: it removes its own and tries again), and clears the lower ones.
 */
export async function withFileLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const held = await take(directory);
  try {
    return await work();
  } finally {
    await put(directory, held, 'free');
  }
}

async function take(directory: string): Promise<number> {
  const self = must(identityOf(process.pid), 'own process identity');
  for (;;) {
    const highest = (await numbers(directory)).at(-1);
    if (highest === undefined || !(await isHeld(join(directory, String(highest))))) {
      const mine = (highest ?? 0) + 1;
      if (await linked(directory, mine, self)) {
        const now = await numbers(directory);
        if (now.at(-1) === mine) {
          await Promise.all(now.slice(0, -1).map((n) => removed(join(directory, String(n)))));
          return mine;
        }
        await removed(join(directory, String(mine)));
      }
      continue;
    }
    await systemClock.sleep(20 + Math.random() * 20);
  }
}

async function numbers(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function isHeld(file: string): Promise<boolean> {
  try {
    return isAlive((await readFile(file, 'utf8')).trim());
  } catch (error) {
    // Cleared between the look and the read: look again.
    if (isCode(error, 'ENOENT')) return true;
    throw error;
  }
}

/** Makes the numbered file with its content at once; false where another was first. */
async function linked(directory: string, number: number, content: string): Promise<boolean> {
  const draft = join(directory, `draft-${randomUUID()}`);
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, join(directory, String(number)));
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await removed(draft);
  }
}

async function put(directory: string, number: number, content: string): Promise<void> {
  const draft = join(directory, `draft-${randomUUID()}`);
  try {
    await writeFile(draft, content, { mode: 0o600 });
    await rename(draft, join(directory, String(number)));
  } catch (error) {
    // The directory was removed under us: nobody waits on it.
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

async function removed(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
