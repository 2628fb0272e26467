import { expect, test } from 'vitest';
import type { Check } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const saying = (...quality: readonly Check[]) =>
  found(testModel({ customers: { quality } })).map((line) => line.slice(line.indexOf(': ') + 2));

test('what more than so many must pass is below all of them, and what may fail is a number of rows', () => {
  const present: Check = { test: 'present', columns: ['name'] };
  const wrong = [{ above: 1 }, { above: -0.1 }, { exceptions: -1 }, { exceptions: 0.5 }, { share: 0.9, exceptions: 1 }];
  const right = [{ above: 0 }, { above: 0.99 }, { exceptions: 0 }, { exceptions: 7 }];
  expect(
    saying(...[...wrong, ...right].map((limit) => ({ ...present, ...limit }))).map(
      (line) => line.split("of dataset 'customers' ")[1],
    ),
  ).toEqual([
    'says how many rows must pass in more than one way: share, exceptions.',
    'says that more than -0.1 of the rows must pass, and no share of them is more than all or less than none.',
    'says that more than 1 of the rows must pass, and no share of them is more than all or less than none.',
    'lets -1 rows fail, which is no number of rows.',
    'lets 0.5 rows fail, which is no number of rows.',
  ]);
});

test('a share is above 0 and at most 1', () => {
  const share = (of: number): Check => ({ test: 'present', columns: ['name'], share: of });
  expect(saying(share(0.99), share(1), share(0), share(-1), share(99)).map((line) => line.split(' says ')[1])).toEqual([
    'that a share of -1 of the rows must pass, which is none between 0 and 1.',
    'that a share of 0 of the rows must pass, which is none between 0 and 1.',
    'that a share of 99 of the rows must pass, which is none between 0 and 1.',
  ]);
});
