import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testOutput, testTransformer } from '../testing/made.ts';
import { testModel } from '../testing/model.ts';

const output = (name: string) => ({
  ...testOutput,
  address: `retail/sales/${name}`,
  changes: { mode: 'output', transformer: `retail/sales/make_${name}` } as const,
});
const making = (name: string, from: string) => ({
  ...testTransformer,
  address: `retail/sales/make_${name}`,
  reads: { customers: { from: `retail/sales/${from}.totals` } },
});

test('a transformer that reads its own output', () => {
  const model = testModel({ datastores: [output('daily')], transformers: [making('daily', 'daily')] });
  expect(found(model)).toEqual([
    "error transformer-cycle retail/sales/make_daily: transformer 'retail/sales/make_daily' reads what it makes itself, datastore 'retail/sales/daily'. No run of it would ever be the last.",
  ]);
});

test('a circle through others is found at each of them, with the way', () => {
  const datastores = [output('a'), output('b'), output('c')];
  const transformers = [making('a', 'c'), making('b', 'a'), making('c', 'b')];
  const lines = found(testModel({ datastores, transformers }));
  expect(lines.map((line) => line.split(': ').slice(0, 3).join(': ').split(' No run')[0])).toEqual([
    "error transformer-cycle retail/sales/make_a: transformer 'retail/sales/make_a' reads what it makes: 'retail/sales/a', 'retail/sales/b', 'retail/sales/c' and 'retail/sales/a', each made of the one before.",
    "error transformer-cycle retail/sales/make_b: transformer 'retail/sales/make_b' reads what it makes: 'retail/sales/b', 'retail/sales/c', 'retail/sales/a' and 'retail/sales/b', each made of the one before.",
    "error transformer-cycle retail/sales/make_c: transformer 'retail/sales/make_c' reads what it makes: 'retail/sales/c', 'retail/sales/a', 'retail/sales/b' and 'retail/sales/c', each made of the one before.",
  ]);
});

test('a transformer after another, and two that share an input, are no circle', () => {
  const first = { ...making('a', 'a'), reads: { customers: { from: 'retail/sales/orders.customers' } } };
  const model = testModel({
    datastores: [output('a'), output('b'), output('c')],
    transformers: [first, making('b', 'a'), making('c', 'a')],
  });
  expect(found(model)).toEqual([]);
});
