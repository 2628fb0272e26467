import { expect, test } from 'vitest';
import type { Check } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const saying = (...quality: readonly Check[]) =>
  found(testModel({ customers: { quality } })).map((line) => line.slice(line.indexOf(': ') + 2));

test('diverting where there is no row to divert', () => {
  expect(
    saying(
      { test: 'present', columns: ['name'], otherwise: 'divert' },
      { test: 'present', columns: ['name'], share: 0.9, otherwise: 'divert' },
      { test: 'rows', min: 1, otherwise: 'divert' },
    ),
  ).toEqual([
    "check present(name, 90%) of dataset 'customers' is of all rows together, so there is no row that could be diverted when it fails.",
    "check rows(1..) of dataset 'customers' is of all rows together, so there is no row that could be diverted when it fails.",
  ]);
});

test('diverting where rows have no key', () => {
  const customers = {
    key: [],
    appendOnly: true,
    quality: [{ test: 'present', columns: ['name'], otherwise: 'divert' }],
  } as const;
  expect(found(testModel({ customers })).map((line) => line.split(' ')[1])).toEqual(['unfit-otherwise']);
});
