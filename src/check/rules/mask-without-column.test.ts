import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testTransformer } from '../testing/people.ts';

const from = 'retail/sales/orders.customers';
const lines = (model: Parameters<typeof testModel>[0]) =>
  found(testModel(model)).filter((line) => line.includes('mask-without-column'));

test('a mask over a column that is read is fine', () => {
  expect(lines({ dashboard: { read: [{ from, mask: { name: 'hash' } }] } })).toEqual([]);
});

test('a mask over a column that is not read, or not there, hides nothing', () => {
  expect(lines({ dashboard: { read: [{ from, columns: ['id'], mask: { name: 'hash', nme: 'null' } }] } })).toEqual([
    "error mask-without-column retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' masks column 'name' of 'retail/sales/orders.customers', which it does not read: the mask hides nothing.",
    "error mask-without-column retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' masks column 'nme' of 'retail/sales/orders.customers', which is not there: the mask hides nothing.",
  ]);
  expect(lines({ transformers: [testTransformer({ reads: { c: { from, mask: { nme: 'null' } } } })] })).toHaveLength(1);
});
