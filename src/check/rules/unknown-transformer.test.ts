import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

test('an output names a transformer that is there', () => {
  expect(found(testModel({ datastores: [testOutput], transformers: [testTransformer] }))).toEqual([]);
  expect(found(testModel({ datastores: [testOutput] }))).toEqual([
    "error unknown-transformer retail/sales/daily: datastore 'retail/sales/daily' is the output of 'retail/sales/make_daily', but there is no such transformer, so it would stay empty.",
  ]);
});
