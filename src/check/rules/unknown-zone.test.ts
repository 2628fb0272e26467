import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('an object of a zone that the mesh does not list is owned by nobody', () => {
  const groups = { audit: { read: [{ from: 'retail/sales/orders.*' }] } };
  const model = testModel({
    orders: { consumers: ['retial/insight/books.audit', 'retail/insight/reporting.dashboard'] },
    workspaces: [{ address: 'retial/insight/books', groups }],
  });
  expect(found(model)).toEqual([
    "error unknown-zone retial/insight/books: workspace 'retial/insight/books' is in zone 'retial', but mesh 'acme' lists no such zone, so nobody owns it.",
  ]);
});

test('a zone that is defined and not listed is found once, where it is defined', () => {
  expect(found(testModel({ mesh: { zones: {} } }))).toEqual([
    "error unknown-zone retail: zone 'retail' is defined here, but mesh 'acme' lists no such zone, so nobody owns it.",
  ]);
});
