import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a group that is not on the list of consumers is refused', () => {
  const other = { address: 'retail/insight/other', groups: { audit: { read: [{ from: 'retail/sales/orders.*' }] } } };
  const orders = { consumers: ['retail/insight/reporting.dashboard'] };
  expect(found(testModel({ orders, workspaces: [other] }))).toEqual([
    "error not-approved retail/insight/other.audit: group 'retail/insight/other.audit' reads datastore 'retail/sales/orders', which lists its consumers, and this group is not among them.",
  ]);
});

test('a transformer that is not on the list is refused, and one that is may read', () => {
  const transformer = {
    address: 'retail/insight/clean',
    reads: { c: { from: 'retail/sales/orders.customers' } },
    code: { kind: 'image', image: `clean@sha256:${'0'.repeat(64)}` },
  } as const;
  const withConsumers = (...consumers: string[]) =>
    found(testModel({ orders: { consumers }, transformers: [transformer] })).filter((l) => l.includes('not-approved'));
  expect(withConsumers('retail/insight/reporting.dashboard')).toEqual([
    "error not-approved retail/insight/clean: transformer 'retail/insight/clean' reads datastore 'retail/sales/orders', which lists its consumers, and this transformer is not among them.",
  ]);
  expect(withConsumers('retail/insight/reporting.dashboard', 'retail/insight/clean')).toEqual([]);
});

test('an empty list approves nobody', () => {
  expect(found(testModel({ orders: { consumers: [] } }))).toHaveLength(1);
});
