import { expect, test } from 'vitest';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const reading = (from: string) => testModel({ dashboard: { read: [{ from }] } });
const begin = "error unknown-dataset retail/insight/reporting.dashboard: group 'dashboard' reads ";

test('a reference that leads nowhere is found, and says how far it leads', () => {
  expect(found(reading('retail/sales/orders.customer'))).toEqual([
    `${begin}'retail/sales/orders.customer', but datastore 'retail/sales/orders' has no dataset 'customer'.`,
  ]);
  expect(found(reading('retail/sales/order.customers'))).toEqual([
    `${begin}'retail/sales/order.customers', but there is no datastore 'retail/sales/order'.`,
  ]);
  expect(found(reading('retail/sales/orders'))).toEqual([
    `${begin}'retail/sales/orders', but that names a whole datastore, not a dataset.`,
  ]);
  expect(found(reading('customers'))).toEqual([`${begin}'customers', but that is no address of a dataset.`]);
});

test('the near name is asked for', () => {
  const [only] = check(reading('retail/sales/orders.customer'), testFacts, { asOfMs: 0, places: {} });
  expect(only?.help).toBe("Name one of its datasets. Did you mean 'retail/sales/orders.customers'?");
});
