import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

test('a dataset that no query of its transformer makes', () => {
  const { totals } = testOutput.datasets;
  const output = { ...testOutput, datasets: { totals: { ...totals, columns: {} }, more: { ...totals, columns: {} } } };
  const lines = found(testModel({ datastores: [output], transformers: [testTransformer] }));
  expect(lines.filter((line) => line.includes('without-query'))).toEqual([
    "error dataset-without-query retail/sales/daily.more: dataset 'more' is made by transformer 'retail/sales/make_daily', which has no query for it, so it would stay empty.",
  ]);
});

test('an image makes whatever it makes', () => {
  const code = { kind: 'image', image: `registry/daily@sha256:${'a'.repeat(64)}` } as const;
  expect(found(testModel({ datastores: [testOutput], transformers: [{ ...testTransformer, code }] }))).toEqual([]);
});
