import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('each nullable column of a key is found', () => {
  expect(found(testModel({ customers: { key: ['id', 'name'] } }))).toEqual([
    "error nullable-key-column retail/sales/orders.customers#name: column 'name' is part of the key of dataset 'customers' and nullable, but a row without a key cannot be found again when it changes.",
  ]);
});
