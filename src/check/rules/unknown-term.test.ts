import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const zone = { terms: { sale: 'Goods that were handed over.', nothing: ' ' } };
const named = (term: string) => ({ name: { type: { kind: 'text' }, nullable: true, term } }) as const;

test('a term that the glossary does not have, and one that says nothing', () => {
  expect(found(testModel({ zone, columns: named('sail') }))).toEqual([
    "error unknown-term retail: term 'nothing' of zone 'retail' says nothing, so a column that names it is not explained.",
    "error unknown-term retail/sales/orders.customers#name: column 'name' of dataset 'customers' names the term 'sail', which the glossary of zone 'retail' does not have.",
  ]);
});

test('a term of the glossary', () => {
  expect(found(testModel({ zone: { terms: { sale: 'Goods.' } }, columns: named('sale') }))).toEqual([]);
});
