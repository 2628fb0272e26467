import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

const orders = { promises: { freshness: '10m' } };
const promised = (freshness: string) => ({ ...testOutput, promises: { freshness } });

test('a promise that is better than that of what it is made of', () => {
  expect(found(testModel({ orders, datastores: [promised('1m')], transformers: [testTransformer] }))).toEqual([
    "error promise-beyond-inputs retail/sales/daily: datastore 'retail/sales/daily' promises a freshness of 1m, and is made of datastore 'retail/sales/orders', which promises 10m: it would be late by design.",
  ]);
  expect(found(testModel({ orders, datastores: [promised('10m')], transformers: [testTransformer] }))).toEqual([]);
});

test('also behind one that promises nothing', () => {
  const weekly = {
    ...promised('5m'),
    address: 'retail/sales/weekly',
    changes: { mode: 'output', transformer: 'retail/sales/make_weekly' },
  } as const;
  const makeWeekly = {
    ...testTransformer,
    address: 'retail/sales/make_weekly',
    reads: { customers: { from: 'retail/sales/daily.totals' } },
  };
  const model = testModel({ orders, datastores: [testOutput, weekly], transformers: [testTransformer, makeWeekly] });
  expect(found(model).map((line) => line.split(': ')[0])).toEqual(['error promise-beyond-inputs retail/sales/weekly']);
});
