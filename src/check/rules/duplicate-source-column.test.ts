import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('two columns that read one column of the source', () => {
  const columns = { email: { type: { kind: 'text' }, from: 'name' } } as const;
  expect(found(testModel({ columns }))).toEqual([
    "error duplicate-source-column retail/sales/orders.customers#email: column 'email' of dataset 'customers' reads 'name' of the source, which is already column 'name': masks and labels of one would not hold for the other.",
  ]);
});

test('columns that swap names', () => {
  const columns = {
    id: { type: { kind: 'int', bits: 32 }, from: 'name' },
    name: { type: { kind: 'text' }, from: 'id' },
  } as const;
  expect(found(testModel({ columns }))).toEqual([]);
});
