import { expect, test } from 'vitest';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const facts = Object.fromEntries(
  Object.entries(testFacts).map(([name, engine]) => [name, { ...engine, caseInsensitiveKeys: name === 'sink' }]),
);
const columns = { code: { type: { kind: 'text' } } } as const;
const customers = { key: ['id', 'code'] };
const stores = { main: container('sink') };

test('text of a key that goes from where case counts to where it does not', () => {
  expect(found(testModel({ columns, customers, prod: { stores } }), facts)).toEqual([
    "error key-collation retail/sales/orders.customers#code: column 'code' is part of the key of dataset 'customers', and store 'main' of environment 'prod' takes 'a' and 'A' for one, which the source does not: two of its rows would become one.",
  ]);
});

test('between engines that agree, and outside of the key', () => {
  expect(found(testModel({ columns, customers }), facts)).toEqual([]);
  expect(found(testModel({ columns, prod: { stores } }), facts)).toEqual([]);
});
