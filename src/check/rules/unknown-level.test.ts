import { expect, test } from 'vitest';
import type { Model } from '../../model/model.ts';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const mesh = { classification: { levels: ['public', 'secret'], labels: { pii: {} } } };

test('levels and labels are words of the mesh, wherever they stand', () => {
  const model = testModel({
    mesh,
    insight: { may: { clearance: 'topsecret', labels: ['pi'] } },
    orders: {
      classification: 'open',
      datasets: { c: { key: ['id'], columns: { id: { type: { kind: 'uuid' }, level: 'pubic', labels: ['PII'] } } } },
    },
    reporting: { clearance: 'sekret', labels: ['pij'] },
  });
  const words = found(model)
    .filter((line) => line.includes('unknown-level'))
    .map((line) => /'(\w+)' is no (\w+)/.exec(line)?.slice(1).join(' '));
  expect(new Set(words)).toEqual(
    new Set(['PII label', 'open level', 'pi label', 'pij label', 'pubic level', 'sekret level', 'topsecret level']),
  );
});

test('a mesh without classification has no words for it', () => {
  expect(found(testModel({ orders: { classification: 'public', datasets: {} } }))[0]).toBe(
    "error unknown-level retail/sales/orders: 'public' is no level of mesh 'acme', so it would protect nothing.",
  );
});

test('what to do is said where the mesh has no words yet, and where the word is of a contract', () => {
  const helps = (model: Model) =>
    check(model, testFacts, { asOfMs: 0, places: {} })
      .filter(({ rule }) => rule === 'unknown-level')
      .map(({ help }) => help);
  expect(helps(testModel({ orders: { classification: 'public', datasets: {} } }))).toEqual([
    "The mesh has none: leave it out, or ask the owner of the mesh for them,  classification: { levels: ['public', 'internal'] }.",
  ]);
  const columns = { id: { type: { kind: 'uuid' }, level: 'restricted' } } as const;
  const orders = { contract: {}, datasets: { c: { key: ['id'], columns } } };
  expect(helps(testModel({ mesh, orders }))).toEqual([
    "Use one of 'public' and 'secret', or ask the owner of the mesh to add it to  classification. Where the contract calls them otherwise:  fromContract(file, { levels: { 'restricted': '...' } })",
  ]);
});
