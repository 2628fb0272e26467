import { expect, test } from 'vitest';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const columns = { took: { type: { kind: 'interval' } } } as const;
const small = { on: [container('small'), container('small')], serves: ['reports'] } as const;

test('a store holds every column', () => {
  const facts = Object.fromEntries(
    Object.entries(testFacts).map(([name, engine]) => [name, { ...engine, store: true }]),
  );
  expect(found(testModel({ columns, prod: { stores: { main: container('small') } } }), facts)).toEqual([
    "error unsupported-type retail/sales/orders.customers#took: column 'took' of dataset 'customers' is interval, which store 'main' of environment 'prod' cannot hold (Small: it has no intervals).",
  ]);
});

test('a group that no replica for its purpose can hold is served from the store, with a warning', () => {
  expect(found(testModel({ columns, prod: { replicas: { small } }, dashboard: { for: 'reports' } }))).toEqual([
    "warning unsupported-type retail/insight/reporting.dashboard: no replica of environment 'prod' that serves reports can hold what group 'retail/insight/reporting.dashboard' reads, so it is served from the store: column 'took' of 'retail/sales/orders.customers' is interval (Small: it has no intervals).",
  ]);
});

test('one replica that holds it is enough, and so is not to read the column', () => {
  const replicas = { small, big: { on: [container('big')], serves: ['reports'] } } as const;
  const read = [{ from: 'retail/sales/orders.customers', columns: ['id'] }];
  expect(found(testModel({ columns, prod: { replicas }, dashboard: { for: 'reports' } }))).toEqual([]);
  expect(found(testModel({ columns, prod: { replicas: { small } }, dashboard: { for: 'reports', read } }))).toEqual([]);
  expect(found(testModel({ columns, prod: { replicas: { small } } }))).toEqual([]);
});
