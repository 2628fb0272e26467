import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('levels that stand twice, and labels that differ only in case', () => {
  const mesh = { classification: { levels: ['public', 'secret', 'public'], labels: { pii: {}, PII: {} } } };
  expect(found(testModel({ mesh, orders: { classification: 'public' } }))).toEqual([
    "error duplicate-word mesh: labels 'pii' and 'PII' differ only in how they are written: who means one will write the other.",
    "error duplicate-word mesh: level 'public' stands twice, so it is not clear which place counts.",
  ]);
});

test('terms of a zone', () => {
  expect(found(testModel({ zone: { terms: { Sale: 'one', sale: 'two' } } }))).toEqual([
    "error duplicate-word retail: terms 'Sale' and 'sale' differ only in how they are written: who means one will write the other.",
  ]);
});
