import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a default that is no value of its column', () => {
  const columns = {
    at: { type: { kind: 'timestamp', precision: 6 }, default: 'now' },
    size: { type: { kind: 'int', bits: 8 }, default: 128 },
    name: { type: { kind: 'varchar', length: 3 }, default: 'abc' },
  } as const;
  expect(found(testModel({ columns }))).toEqual([
    "error bad-default retail/sales/orders.customers#at: column 'at' of dataset 'customers' has the default 'now', which is no value of timestamp.",
    "error bad-default retail/sales/orders.customers#size: column 'size' of dataset 'customers' has the default 128, which is no value of int8.",
  ]);
});
