import { expect, test } from 'vitest';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const facts = { ...testFacts, big: { ...testFacts.big, columnLimit: 3, keyLimit: 1 } } as typeof testFacts;
const columns = { a: { type: { kind: 'text' } }, b: { type: { kind: 'text' } } } as const;

test('more columns than an engine holds, and a wider key', () => {
  expect(found(testModel({ columns, customers: { key: ['id', 'a'] } }), facts)).toEqual([
    "error too-many-columns retail/sales/orders.customers: dataset 'customers' has 4 columns, and Big, where its rows may rest, holds at most 3.",
    "error too-many-columns retail/sales/orders.customers: the key of dataset 'customers' has 2 columns, and Big, where its rows may rest, holds at most 1.",
  ]);
});

test('as many as it holds', () => {
  expect(found(testModel({ columns: { a: columns.a } }), facts)).toEqual([]);
});
