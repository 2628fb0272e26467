import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testColumns, testDatastore, testModel } from '../testing/model.ts';

const dataset = { key: ['id'], columns: testColumns };

test('a table that two datasets read is found at the second by address', () => {
  const crm = testDatastore('retail/sales/crm', { datasets: { people: { ...dataset, from: 'public.Customers' } } });
  expect(found(testModel({ customers: { from: 'public.Customers' }, datastores: [crm] }))).toEqual([
    "error duplicate-source-table retail/sales/orders.customers: dataset 'retail/sales/orders.customers' reads table 'public.Customers' of connection 'shop', which is already dataset 'retail/sales/crm.people': a source table has one owner.",
  ]);
});

test('the same table of another connection is another table', () => {
  const crm = testDatastore('retail/sales/crm', { source: 'crm', datasets: { customers: dataset } });
  expect(found(testModel({ datastores: [crm] })).filter((l) => l.includes('duplicate'))).toEqual([]);
});
