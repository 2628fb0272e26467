import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

test('a transformer that two datastores are the output of is found at the second by address', () => {
  const second = { ...testOutput, address: 'retail/sales/weekly' };
  expect(found(testModel({ datastores: [testOutput, second], transformers: [testTransformer] }))).toEqual([
    "error duplicate-output retail/sales/weekly: datastore 'retail/sales/weekly' is the output of transformer 'retail/sales/make_daily', which already writes datastore 'retail/sales/daily': a transformer writes one.",
  ]);
});
