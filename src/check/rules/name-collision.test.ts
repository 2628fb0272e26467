import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testColumns, testDatastore, testModel } from '../testing/model.ts';

const dataset = { key: ['id'], columns: testColumns };

test('a dataset may not take the name of the view of a history', () => {
  const datasets = { customers: dataset, customers_history: { ...dataset } };
  expect(found(testModel({ orders: { datasets }, dashboard: { history: 'full' } }))).toEqual([
    "error name-collision retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' reads dataset 'retail/sales/orders.customers_history' and the history of 'retail/sales/orders.customers', which would both be view 'customers_history'.",
  ]);
  expect(found(testModel({ orders: { datasets } }))).toEqual([]);
});

test('groups of two workspaces of one name would share a schema', () => {
  const group = { read: [{ from: 'retail/sales/orders.*' }] };
  const other = { address: 'retail/sales/reporting', groups: { dashboard: group } };
  expect(found(testModel({ workspaces: [other] }))).toEqual([
    "error name-collision retail/sales/reporting.dashboard: groups 'retail/sales/reporting.dashboard' and 'retail/insight/reporting.dashboard' would both be schema 'reporting_dashboard', since a schema is called after the workspace and the group.",
  ]);
});

test('two datasets of one name in a group have views of their own', () => {
  const crm = testDatastore('retail/sales/crm', { datasets: { customers: { ...dataset, from: 'crm.customers' } } });
  const read = [{ from: 'retail/sales/orders.*' }, { from: 'retail/sales/crm.customers' }];
  expect(found(testModel({ datastores: [crm], dashboard: { read } }))).toEqual([]);
});

test('a schema of readers has not the name of one that holds tables', () => {
  const group = { read: [{ from: 'retail/sales/orders.*' }] };
  const other = { address: 'retail/sales/retail', groups: { _sales__orders: group } };
  const lines = found(testModel({ workspaces: [other] }));
  expect(lines.filter((line) => line.includes('name-collision'))).toEqual([
    "error name-collision retail/sales/retail._sales__orders: group 'retail/sales/retail._sales__orders' would be schema 'retail__sales__orders', which holds the tables of datastore 'retail/sales/orders' where both are in one database.",
  ]);
});
