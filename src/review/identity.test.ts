import { expect, test } from 'vitest';
import { testModel } from '../check/testing/model.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Column, Dataset, Datastore, Model, Tombstone } from '../model/model.ts';
import { lostIdentities, missingTombstones } from './identity.ts';
import { noOrigin } from './origin.ts';
import { propose } from './testing/propose.ts';

const column = (...formerly: string[]): Column => ({
  type: { kind: 'text' },
  ...(formerly.length === 0 ? {} : { formerly }),
});
const gone = (...names: string[]): { readonly tombstones: readonly Tombstone[] } => ({
  tombstones: names.map((name) => ({ name, removed: '2026-01-01' })),
});

function model(
  columns: Readonly<Record<string, Column>>,
  dataset: Partial<Dataset> = {},
  orders: Partial<Datastore> = {},
) {
  return testModel({ orders: { production: true, datasets: { people: { columns, ...dataset } }, ...orders } });
}

function problems(base: Model, head: Model, asOf = '2026-01-01'): readonly string[] {
  const proposal = proposalOf(base, head);
  const at = Date.parse(`${asOf}T12:00:00Z`);
  const found = [
    ...lostIdentities(proposal, at),
    ...proposal.changes.flatMap((change) => missingTombstones(proposal, change, at)),
  ];
  return found.map(({ rule, address, help }) => `${rule} ${address}: ${help}`);
}

const people = 'retail/sales/orders.people';

const proposalOf = (base: Model, head: Model) => propose(canonicalModel(base), canonicalModel(head), noOrigin);

test('a column that is removed leaves a tombstone, and the finding says which', () => {
  expect(problems(model({ a: column(), b: column() }), model({ b: column() }))).toEqual([
    `tombstone-missing ${people}#a: Add  tombstones: [{ name: 'a', removed: '2026-01-01' }]  to dataset '${people}'. Was it renamed, say so on the new name:  formerly .`,
  ]);
  expect(problems(model({ a: column(), b: column() }), model({ b: column() }, gone('a')))).toEqual([]);
});

test('a renamed one that is removed leaves it under its first name', () => {
  expect(problems(model({ c: column('a', 'b'), x: column() }), model({ x: column() }))).toEqual([
    `tombstone-missing ${people}#c: Add  tombstones: [{ name: 'a', removed: '2026-01-01' }]  to dataset '${people}'. Was it renamed, say so on the new name:  formerly .`,
  ]);
  expect(problems(model({ c: column('a', 'b'), x: column() }), model({ x: column() }, gone('a')))).toEqual([]);
});

test('a rename appends the old name; swaps, chains, two at once and there and back are renames', () => {
  const two = model({ a: column(), b: column() });
  expect(problems(two, model({ c: column('a'), b: column() }))).toEqual([]);
  expect(problems(two, model({ a: column('b'), b: column('a') }))).toEqual([]);
  expect(problems(two, model({ b: column('a'), c: column('b') }))).toEqual([]);
  expect(problems(two, model({ d: column('a', 'c'), b: column() }))).toEqual([]);
  expect(problems(two, model({ a: column('a', 'c'), b: column() }))).toEqual([]);
  expect(
    problems(model({ a: column('b'), b: column('a') }), model({ a: column('a', 'b'), b: column('b', 'a') })),
  ).toEqual([]);
});

test('a list of names that lost one is told what it must be', () => {
  const base = model({ c: column('a', 'b') });
  expect(problems(base, model({ c: column() }))).toEqual([
    `identity-lost ${people}#c: Write  .formerly('a', 'b')  on it: names are only ever added, behind those that are there.`,
  ]);
  expect(problems(base, model({ c: column('a') }))).toEqual([
    `identity-lost ${people}#c: Write  .formerly('a', 'b')  on it: names are only ever added, behind those that are there.`,
  ]);
  expect(problems(base, model({ d: column('c') }))).toEqual([
    `identity-lost ${people}#d: Write  .formerly('a', 'b', 'c')  on it: names are only ever added, behind those that are there.`,
  ]);
  expect(problems(base, model({ d: column('a', 'b') }))).toEqual([
    `identity-lost ${people}#d: Write  .formerly('a', 'b', 'c')  on it: names are only ever added, behind those that are there.`,
  ]);
});

test('a name that never was, is none that a thing had', () => {
  expect(problems(model({ a: column() }), model({ a: column(), c: column('b') }))).toEqual([
    `identity-lost ${people}#c: Correct the name, or take  formerly  out: then it is a new column.`,
  ]);
  expect(problems(model({ a: column() }), model({ a: column('b') }))).toEqual([
    `identity-lost ${people}#a: Correct the name, or take  formerly  out: then it is a new column.`,
  ]);
});

test('tombstones are only added, and not before their day', () => {
  expect(problems(model({ a: column() }, gone('x', 'x')), model({ a: column() }, gone('x')))).toEqual([
    `identity-lost ${people}: Write  { name: 'x', removed: '2026-01-01' }  among its tombstones again: they are only ever added.`,
  ]);
  const base = model({ a: column(), b: column() });
  const head = model({ b: column() }, gone('a'));
  expect(problems(base, head, '2025-12-31')).toEqual([]);
  expect(problems(base, head, '2025-12-30')).toEqual([
    `tombstone-missing ${people}: Write the day of this change:  removed: '2025-12-30' .`,
  ]);
});

test('datasets alike', () => {
  const store = (datasets: Readonly<Record<string, Dataset>>, more: Partial<Datastore> = {}) =>
    testModel({ orders: { production: true, datasets, ...more } });
  const one: Dataset = { columns: { a: column() } };
  expect(problems(store({ people: one, x: one }), store({ x: one }))).toEqual([
    `tombstone-missing ${people}: Add  tombstones: [{ name: 'people', removed: '2026-01-01' }]  to datastore 'retail/sales/orders'. Was it renamed, say so on the new name:  formerly .`,
  ]);
  expect(problems(store({ people: one, x: one }), store({ x: one }, gone('people')))).toEqual([]);
  expect(problems(store({ people: one }), store({ persons: { ...one, formerly: ['people'] } }))).toEqual([]);
  expect(problems(store({ people: { ...one, formerly: ['x'] } }), store({ people: one }))).toEqual([
    `identity-lost ${people}: Write  formerly: ['x']  in it: names are only ever added, behind those that are there.`,
  ]);
});

test('outside of production, and of a datastore that is new or gone, nothing is asked', () => {
  const one = (columns: Readonly<Record<string, Column>>) => model(columns, {}, { production: false });
  expect(problems(one({ a: column(), b: column('x') }), one({ b: column() }))).toEqual([]);
  expect(problems(model({ a: column() }), { ...model({}), datastores: {} })).toEqual([]);
});
