import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a column that the dataset does not have is found', () => {
  const read = [{ from: 'retail/sales/orders.customers', columns: ['id', 'nam'] }];
  expect(found(testModel({ dashboard: { read } }))).toEqual([
    "error unknown-column retail/insight/reporting.dashboard: group 'dashboard' reads column 'nam' of 'retail/sales/orders.customers', which has no such column.",
  ]);
});

test('columns of a wildcard must be in every dataset that it reaches', () => {
  const read = [{ from: 'retail/sales/orders.*', columns: ['phone'] }];
  expect(found(testModel({ dashboard: { read } }))).toHaveLength(1);
});
