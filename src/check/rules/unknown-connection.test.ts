import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testEnvironment, testModel } from '../testing/model.ts';

test('a source that no environment binds can be read nowhere', () => {
  expect(found(testModel({ orders: { source: 'shopp' } }))).toEqual([
    "error unknown-connection retail/sales/orders: datastore 'retail/sales/orders' reads connection 'shopp', which no environment binds, so it can be read nowhere.",
  ]);
});

test('a source that only some environments bind is a warning', () => {
  const uat = testEnvironment('uat', { connections: {} });
  expect(found(testModel({ environments: [uat] }))).toEqual([
    "warning unknown-connection retail/sales/orders: datastore 'retail/sales/orders' reads connection 'shop', which 'uat' does not bind, so it is not deployed there.",
  ]);
});
