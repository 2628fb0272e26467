import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestText } from '../../base/digest.ts';

/** As many are kept; a machine judges a model's branches in turns. */
const mostValues = 32;

/** The value kept under a key, in a file that says its key and the digest of its content; made and kept where there is none. */
export async function valueIn<T>(directory: string, key: string, make: () => Promise<T>): Promise<T> {
  const path = join(directory, `${key.slice(0, 32)}.json`);
  const text = await readFile(path, 'utf8').catch(() => '');
  const [head = '', content = ''] = text.split(/\n(.*)/s);
  // Ours, whole: what it holds is what was written.
  if (head === headOf(key, content)) return JSON.parse(content);
  const value = await make();
  await keep(directory, path, key, JSON.stringify(value)).catch(() => {
    // Nowhere to keep it: the next run makes it again.
  });
  return value;
}

function headOf(key: string, content: string): string {
  return `freehold value 1 ${key} ${digestText(content)}`;
}

async function keep(directory: string, path: string, key: string, content: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const draft = `${path}.${process.pid}-${randomUUID()}.draft`;
  await writeFile(draft, `${headOf(key, content)}\n${content}`);
  await rename(draft, path);
  const names = await readdir(directory);
  if (names.length <= mostValues) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, ms: (await stat(join(directory, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  aged.sort((a, b) => b.ms - a.ms);
  for (const { name } of aged.slice(mostValues)) await rm(join(directory, name), { force: true });
}
