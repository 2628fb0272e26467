import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const text = { type: { kind: 'text' }, nullable: true } as const;

test('a new column has the name that a renamed one had first', () => {
  const columns = { full_name: { ...text, formerly: ['name'] }, name: text };
  expect(found(testModel({ columns }))).toEqual([
    "error name-taken retail/sales/orders.customers#name: column 'retail/sales/orders.customers#name' has the name that column 'full_name' had first, under which its rows are kept, so the two cannot be told apart.",
  ]);
});

test('two say that they were the same one', () => {
  const columns = { a: { ...text, formerly: ['x'] }, b: { ...text, formerly: ['x', 'y'] } };
  expect(found(testModel({ columns }))).toEqual([
    "error name-taken retail/sales/orders.customers#b: column 'retail/sales/orders.customers#b' says that it was 'x', the name that column 'a' had first, under which its rows are kept, so the two cannot be told apart.",
  ]);
});

test('a dataset alike; a swap, and a name in the middle of a list, are no harm', () => {
  const dataset = { key: ['id'], columns: { id: { type: { kind: 'int', bits: 32 } } } } as const;
  const orders = { datasets: { people: dataset, persons: { ...dataset, from: 'x', formerly: ['people'] } } };
  expect(found(testModel({ orders })).map((line) => line.split(':')[0])).toEqual([
    'error name-taken retail/sales/orders.people',
  ]);
  const columns = {
    a: { ...text, formerly: ['b'] },
    b: { ...text, formerly: ['a'] },
    c: { ...text, formerly: ['x', 'y'] },
    y: text,
  };
  expect(found(testModel({ columns }))).toEqual([]);
});
