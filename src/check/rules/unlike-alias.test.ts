import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mesh = { classification: { levels: ['public'], labels: { pii: {} } } };
const lines = (labels: readonly string[]) => {
  const columns = {
    name: { type: { kind: 'text' }, labels: ['pii'] },
    alias: { type: { kind: 'text' }, from: 'name', labels },
  } as const;
  return found(testModel({ mesh, columns })).filter((line) => line.includes('unlike-alias'));
};

test('two columns of one column of the source, one of which says less', () => {
  expect(lines([])).toEqual([
    "error unlike-alias retail/sales/orders.customers#alias: columns 'name' and 'alias' of dataset 'customers' both read 'name' of the source, and are classified unlike: who may not read one of them reads the other.",
  ]);
});

test('two names for one thing, as while it is renamed', () => {
  expect(lines(['pii'])).toEqual([]);
});

test('columns that swap names are two', () => {
  const columns = {
    id: { type: { kind: 'int', bits: 32 }, from: 'name' },
    name: { type: { kind: 'text' }, from: 'id', labels: ['pii'] },
  } as const;
  expect(found(testModel({ mesh, columns })).filter((line) => line.includes('unlike-alias'))).toEqual([]);
});
