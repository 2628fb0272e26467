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

test('nothing crosses a zone unless its producer allows it', () => {
  const groups = { audit: { read: [{ from: 'retail/sales/orders.*' }] } };
  const model = testModel({ workspaces: [{ address: 'risk/audit/books', groups }] });
  expect(found(model).filter((line) => line.includes('not-approved'))).toEqual([
    "error not-approved risk/audit/books.audit: group 'risk/audit/books.audit' reads datastore 'retail/sales/orders' of another zone, which approves no consumers: nothing crosses a zone unless its producer allows it.",
  ]);
  const approved = testModel({
    orders: { consumers: ['risk/audit/books.audit', 'retail/insight/reporting.dashboard'] },
    workspaces: [{ address: 'risk/audit/books', groups }],
  });
  expect(found(approved).filter((line) => line.includes('not-approved'))).toEqual([]);
});

test('an empty list approves nobody', () => {
  expect(found(testModel({ orders: { consumers: [] } }))).toHaveLength(1);
});
