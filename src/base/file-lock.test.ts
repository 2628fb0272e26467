import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { withFileLock } from './file-lock.ts';

test('one at a time holds a lock, and nothing heaps up', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'freehold-lock-'));
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      withFileLock(directory, async () => {
        inside++;
        most = Math.max(most, inside);
        await systemClock.sleep(3);
        order.push(i);
        inside--;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(order).toHaveLength(12);
  expect(await readdir(directory)).toHaveLength(1);
  await rm(directory, { recursive: true });
});

test('a lock of a dead process, or of an earlier process with the same id, is free', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'freehold-lock-'));
  await writeFile(join(directory, '7'), `${process.pid}.0b00000000`);
  expect(await withFileLock(directory, async () => 'done')).toBe('done');
  await rm(directory, { recursive: true });
});

test('work that fails frees the lock', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'freehold-lock-'));
  await expect(withFileLock(directory, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withFileLock(directory, async () => 'done')).toBe('done');
  await rm(directory, { recursive: true });
});
