import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a dataset with a key that calls itself append-only contradicts itself', () => {
  expect(found(testModel({ customers: { appendOnly: true } }))).toEqual([
    "error append-only-with-key retail/sales/orders.customers: dataset 'customers' is append-only and has the key 'id': append-only means that there is no key, so one of the two is a mistake.",
  ]);
});
