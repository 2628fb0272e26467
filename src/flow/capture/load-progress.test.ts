import { expect, test } from 'vitest';
import { progressOf } from './load-progress.ts';

const part = (bytes: number, estimated: number | null, rows = 0, readMs: number | null = null) => ({
  bytes,
  estimated,
  rows,
  readMs,
});

test('what is read is counted, what is left is estimated, and the time left is that of the last parts', () => {
  const tables = [
    {
      address: 'a',
      parts: [part(100, 10, 12, 1_000), part(100, 10, 11, 2_000), part(100, 10, 10, 3_000), part(100, 10)],
    },
    { address: 'b', parts: [part(50, null, 7, 3_500), part(50, null)] },
  ];
  expect(progressOf(tables, false)).toEqual({
    phase: 'reading',
    datasets: [
      { address: 'a', rows: 33, ofRows: 43, bytes: 300, ofBytes: 400 },
      { address: 'b', rows: 7, ofRows: null, bytes: 50, ofBytes: 100 },
    ],
    // 250 bytes after the first part, in 2.5 s.
    bytesPerS: 100,
    leftMs: 1_500,
  });
});

test.each([
  ['nothing was read', [part(100, 10), part(100, 10)]],
  ['one part was read', [part(100, 10, 9, 5_000), part(100, 10)]],
  ['it stood still before the last part', [part(100, 10, 9, 5_000), part(100, 10, 9, 905_000), part(100, 10)]],
])('there is no rate where %s', (_, parts) => {
  expect(progressOf([{ address: 'a', parts }], false)).toMatchObject({ bytesPerS: null, leftMs: null });
});

test('where all parts are in, nothing is left to read', () => {
  const parts = [part(100, 10, 9, 5_000), part(100, 10, 9, 6_000)];
  expect(progressOf([{ address: 'a', parts }], true)).toMatchObject({ phase: 'converging', leftMs: 0 });
});
