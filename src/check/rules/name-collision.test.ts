import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testColumns, testDatastore, testModel } from '../testing/model.ts';

const dataset = { key: ['id'], columns: testColumns };
const crm = testDatastore('retail/sales/crm', {
  source: 'shop',
  datasets: { customers: { ...dataset, from: 'crm.c' } },
});

test('two datasets of one name in a group would be one view', () => {
  const read = [{ from: 'retail/sales/orders.*' }, { from: 'retail/sales/crm.customers' }];
  expect(found(testModel({ datastores: [crm], dashboard: { read } }))).toEqual([
    "error name-collision retail/insight/reporting.dashboard: view 'customers' of 'retail/sales/orders.customers' and view 'customers' of 'retail/sales/crm.customers' would both be 'customers' in Big, so one would hide the other.",
  ]);
});

test('a dataset may not take the name of the view of a history', () => {
  const datasets = { customers: dataset, customers_history: { ...dataset } };
  const model = testModel({ orders: { datasets }, dashboard: { history: 'full' } });
  expect(found(model)).toEqual([
    "error name-collision retail/insight/reporting.dashboard: view 'customers_history' of 'retail/sales/orders.customers_history' and view 'customers_history' of 'retail/sales/orders.customers' would both be 'customers_history' in Big, so one would hide the other.",
  ]);
  expect(found(testModel({ orders: { datasets } }))).toEqual([]);
});

test('names that differ beyond the limit of an engine are one name there', () => {
  const datasets = { customers_of_the_north_1: dataset, customers_of_the_north_2: dataset };
  const small = { sql: { on: [container('small')], serves: ['lookup'] } } as const;
  expect(found(testModel({ orders: { datasets } }))).toEqual([]);
  expect(found(testModel({ orders: { datasets }, prod: { replicas: small } }))).toEqual([
    "error name-collision retail/insight/reporting.dashboard: view 'customers_of_the_north_2' of 'retail/sales/orders.customers_of_the_north_2' and view 'customers_of_the_north_1' of 'retail/sales/orders.customers_of_the_north_1' would both be 'customers_of_the_nor' in Small, so one would hide the other.",
  ]);
});

test('groups of two workspaces of one name would share a schema', () => {
  const group = { read: [{ from: 'retail/sales/orders.*' }] };
  const other = { address: 'retail/sales/reporting', groups: { dashboard: group } };
  expect(found(testModel({ workspaces: [other] }))).toEqual([
    "error name-collision retail/sales/reporting.dashboard: the schema of group 'retail/sales/reporting.dashboard' and the schema of group 'retail/insight/reporting.dashboard' would both be 'reporting_dashboard' in Big, so one would hide the other.",
  ]);
});

test('a dataset that two references reach is one view', () => {
  const read = [{ from: 'retail/sales/orders.*' }, { from: 'retail/sales/orders.customers', columns: ['id'] }];
  expect(found(testModel({ dashboard: { read } }))).toEqual([]);
});
