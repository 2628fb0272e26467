import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('what is listed and not defined, and what holds nothing, is a warning', () => {
  const model = testModel({
    mesh: {
      zones: {
        retail: { kind: 'approvers', host: 'github.com', users: [1] },
        risk: { kind: 'approvers', host: 'github.com', users: [1] },
      },
    },
    orders: { datasets: {} },
    dashboard: { read: [{ from: 'retail/sales/orders.*' }] },
    workspaces: [{ address: 'retail/insight/none', groups: {} }],
  });
  expect(found(model)).toEqual([
    "warning nothing-inside mesh: mesh 'acme' lists zone 'risk', but no file defines it.",
    "warning nothing-inside retail/insight/none: workspace 'retail/insight/none' has no group, so nobody can read anything through it.",
    "warning nothing-inside retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' reads 'retail/sales/orders.*', which matches no dataset: the datastore is empty.",
    "warning nothing-inside retail/sales/orders: datastore 'retail/sales/orders' has no dataset, so nothing is read from its source.",
  ]);
});

test('a dataset without columns is a warning', () => {
  const log = { appendOnly: true, columns: {} };
  expect(found(testModel({ orders: { datasets: { log } } }))).toEqual([
    "warning nothing-inside retail/sales/orders.log: dataset 'log' has no column, so it has nothing to show.",
  ]);
});

test('what is left of a datastore that is gone, its tombstones, is no such thing, and needs no connection', () => {
  const tombstones = [{ name: 'customers', removed: '2026-01-01' }];
  const left = testModel({
    orders: { source: 'gone', datasets: {}, tombstones },
    reporting: { groups: {} },
  });
  expect(found(left)).toEqual([expect.stringContaining("workspace 'retail/insight/reporting' has no group")]);
});
