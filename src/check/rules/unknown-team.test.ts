import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a datastore and a workspace belong to a team of their zone', () => {
  const model = testModel({
    orders: { address: 'retail/sale/orders' },
    dashboard: { read: [{ from: 'retail/sale/orders.*' }] },
  });
  expect(found(model)).toEqual([
    "error unknown-team retail/sale/orders: datastore 'retail/sale/orders' is of team 'sale', but zone 'retail' has no such team, so nobody owns it.",
  ]);
});
