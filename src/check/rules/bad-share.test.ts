import { expect, test } from 'vitest';
import type { Check } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const saying = (...quality: readonly Check[]) =>
  found(testModel({ customers: { quality } })).map((line) => line.slice(line.indexOf(': ') + 2));

test('a share is above 0 and at most 1', () => {
  const share = (of: number): Check => ({ test: 'present', columns: ['name'], share: of });
  expect(saying(share(0.99), share(1), share(0), share(-1), share(99)).map((line) => line.split(' says ')[1])).toEqual([
    'that a share of -1 of the rows must pass, which is none between 0 and 1.',
    'that a share of 0 of the rows must pass, which is none between 0 and 1.',
    'that a share of 99 of the rows must pass, which is none between 0 and 1.',
  ]);
});
