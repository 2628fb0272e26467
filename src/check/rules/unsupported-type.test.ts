import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const columns = { took: { type: { kind: 'interval' } } } as const;
const replicas = { sql: { on: [container('small'), container('small')], serves: ['reports'] } } as const;
const prod = { replicas };

test('a replica that will hold a column must be able to, and says so once for each engine', () => {
  expect(found(testModel({ columns, prod, dashboard: { for: 'reports' } }))).toEqual([
    "error unsupported-type retail/sales/orders.customers#took: column 'took' of dataset 'customers' is interval, which Small cannot hold (it has no intervals), and replica 'sql' of environment 'prod' is of it.",
  ]);
});

test('a replica that nobody reads the dataset from holds no column of it', () => {
  expect(found(testModel({ columns, prod, dashboard: { for: 'lookup' } }))).toEqual([]);
});
