import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

test('a transformer whose rows nobody keeps', () => {
  expect(found(testModel({ transformers: [testTransformer] }))).toEqual([
    "error transformer-without-output retail/sales/make_daily: transformer 'retail/sales/make_daily' writes no datastore, so what it makes goes nowhere.",
  ]);
});

test('one that a datastore is the output of', () => {
  expect(found(testModel({ datastores: [testOutput], transformers: [testTransformer] }))).toEqual([]);
});
