import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

test('a query for a dataset that the output does not have', () => {
  const queries = { totals: 'select id from customers', more: 'select id from customers' };
  const transformer = { ...testTransformer, code: { kind: 'sql', dialect: 'postgres', queries } } as const;
  expect(found(testModel({ datastores: [testOutput], transformers: [transformer] }))).toEqual([
    "error unknown-output retail/sales/make_daily: transformer 'retail/sales/make_daily' has a query for 'more', but datastore 'retail/sales/daily', which it writes, has no such dataset, so its rows go nowhere.",
  ]);
});
