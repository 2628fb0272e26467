import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('production reads production', () => {
  const reporting = { production: true };
  expect(found(testModel({ reporting, orders: { production: true } }))).toEqual([]);
  expect(found(testModel({ reporting }))).toEqual([
    "error production-reads-nonproduction retail/insight/reporting.dashboard: workspace 'retail/insight/reporting' is in production and reads datastore 'retail/sales/orders', which is not: it may change or go without notice.",
  ]);
});

test('what is not in production reads anything', () => {
  expect(found(testModel({ orders: { production: true } }))).toEqual([]);
});
