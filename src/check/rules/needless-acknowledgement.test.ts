import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testDatastore, testModel } from '../testing/model.ts';

const deprecated = { removal: '2026-12-31' };
const stock = testDatastore('retail/sales/stock', {
  deprecated,
  datasets: { parts: { key: ['id'], columns: { id: { type: { kind: 'int', bits: 32 } } } } },
});

test('what is acknowledged is there, deprecated and read', () => {
  const acknowledges = [
    'retail/sales/orders.customer',
    'retail/sales/orders',
    'retail/sales/stock',
    'retail/sales/orders.customers',
  ];
  const model = testModel({ customers: { deprecated }, datastores: [stock], reporting: { acknowledges } });
  const says = found(model).map((line) => line.split(" workspace 'retail/insight/reporting' acknowledges ")[1]);
  expect(says).toEqual([
    "'retail/sales/orders', but datastore 'retail/sales/orders' is not deprecated: it says nothing.",
    "'retail/sales/orders.customer', which is not there: it says nothing.",
    "'retail/sales/stock', but does not read this datastore: it says nothing.",
  ]);
});
