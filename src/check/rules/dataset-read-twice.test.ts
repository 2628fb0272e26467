import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a dataset that a group reads in two ways', () => {
  const from = 'retail/sales/orders.customers';
  const read = [
    { from, columns: ['id'] },
    { from, columns: ['name'] },
  ];
  expect(found(testModel({ dashboard: { read } }))).toEqual([
    "error dataset-read-twice retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' reads 'retail/sales/orders.customers' twice, in different ways: its columns would add up, and it could not be told which masks and rows hold.",
  ]);
});

test('a wildcard, and one dataset of it in another way', () => {
  const read = [{ from: 'retail/sales/orders.*' }, { from: 'retail/sales/orders.customers', columns: ['id'] }];
  expect(found(testModel({ dashboard: { read } }))).toEqual([]);
});
