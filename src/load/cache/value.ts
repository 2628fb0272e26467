import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestText } from '../../base/digest.ts';

/** As many are kept; a machine judges a model's branches in turns. */
const mostValues = 32;

/** What is kept under a key, in a file that says its key and the digest of its content; null where there is none. */
export async function readValue<T>(directory: string, key: string): Promise<T | null> {
  const text = await readFile(fileOf(directory, key), 'utf8').catch(() => '');
  const end = text.indexOf('\n');
  const content = text.slice(end + 1);
  // Ours, whole: what it holds is what was written.
  return end > 0 && text.slice(0, end) === headOf(key, content) ? JSON.parse(content) : null;
}

/** Keeps it, in place of what was kept under the key. Where nothing can be kept, the next run makes it again. */
export async function keepValue(directory: string, key: string, value: unknown): Promise<void> {
  try {
    const content = JSON.stringify(value);
    const path = fileOf(directory, key);
    await mkdir(directory, { recursive: true });
    const draft = `${path}.${process.pid}-${randomUUID()}.draft`;
    await writeFile(draft, `${headOf(key, content)}\n${content}`);
    await rename(draft, path);
    await removeOldest(directory);
  } catch {
    // As said.
  }
}

function fileOf(directory: string, key: string): string {
  return join(directory, `${key.slice(0, 32)}.json`);
}

function headOf(key: string, content: string): string {
  return `freehold value 1 ${key} ${digestText(content)}`;
}

async function removeOldest(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.length <= mostValues) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, ms: (await stat(join(directory, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  aged.sort((a, b) => b.ms - a.ms);
  for (const { name } of aged.slice(mostValues)) await rm(join(directory, name), { force: true });
}
