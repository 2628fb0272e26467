import { expect, test } from 'vitest';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const facts = Object.fromEntries(
  Object.entries(testFacts).map(([name, engine]) => [name, { ...engine, emptyTextIsNull: name === 'big' }]),
);

test('required text on an engine to which nothing is null', () => {
  const columns = { note: { type: { kind: 'varchar', length: 10 } } } as const;
  expect(found(testModel({ columns }), facts)).toEqual([
    "error empty-text-is-null retail/sales/orders.customers#note: column 'note' of dataset 'customers' is required text, and Big takes '' for null, so store 'main' of environment 'prod' would refuse rows that the source has.",
  ]);
  expect(found(testModel({ columns }))).toEqual([]);
});

test('text that may be null, and an enum without the empty value', () => {
  expect(found(testModel({ columns: { state: { type: { kind: 'enum', values: ['a'] } } } }), facts)).toEqual([]);
});
