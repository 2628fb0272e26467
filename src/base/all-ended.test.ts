import { expect, test } from 'vitest';
import { allEnded } from './all-ended.ts';

test('gives what each gave, in their order', async () => {
  expect(await allEnded([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
  expect(await allEnded([])).toEqual([]);
});

test('tells of the first failure when it comes, and ends when the last has ended', async () => {
  const seen: string[] = [];
  let end = () => {};
  const other = new Promise<void>((resolve) => {
    end = resolve;
  }).then(() => void seen.push('the other ended'));
  const failing = Promise.reject(new Error('first'));
  const late = other.then(() => {
    throw new Error('second');
  });
  const all = allEnded([late, failing, other], () => {
    seen.push('told');
    setImmediate(end);
  });
  await expect(all).rejects.toThrow('first');
  expect(seen).toEqual(['told', 'the other ended']);
});
