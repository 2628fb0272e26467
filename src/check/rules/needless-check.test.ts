import { expect, test } from 'vitest';
import type { Check } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const saying = (...quality: readonly Check[]) =>
  found(testModel({ customers: { quality } })).map((line) => line.slice(line.indexOf(': ') + 2));

test('checks that ask nothing, or say what has no effect', () => {
  expect(
    saying(
      { test: 'length', columns: ['name'] },
      { test: 'rows', min: 5, max: 2 },
      { test: 'present', columns: ['name'], every: '5m' },
      { test: 'present', columns: ['name'] },
      { test: 'present', columns: ['name'], share: 0.9, every: '5m' },
      { test: 'rows', change: '20%' },
    ).map((line) => line.split(': ').at(-1)),
  ).toEqual([
    'it has no bound.',
    "each row is judged as it comes, so 'every' is never asked.",
    'it stands here twice.',
    'its least is above its most, so that all fails.',
  ]);
});
