import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a table has a schema and a name, and a part that holds a dot is quoted', () => {
  expect(found(testModel({ customers: { from: 'shop.public.customers' } }))).toEqual([
    "error bad-source-name retail/sales/orders.customers: dataset 'customers' comes from 'shop.public.customers', which is no name of a table, so nothing can be read.",
  ]);
  for (const from of ['customers', 'public.Customers', 'Order Details', '"my.schema".customers'])
    expect(found(testModel({ customers: { from } }))).toEqual([]);
});
