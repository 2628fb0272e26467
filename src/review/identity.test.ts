import { describe, expect, test } from 'vitest';
import { testModel } from '../check/testing/model.ts';
import { testOffer } from '../check/testing/offer.ts';
import { canonicalModel } from '../model/canonical.ts';
import { identityOf } from '../model/identity.ts';
import type { Column, Dataset, Datastore, Model, Tombstone } from '../model/model.ts';
import { lostIdentities, missingTombstones, unmarkedDatastore } from './identity.ts';
import { noOrigin } from './origin.ts';
import { approvedBy, propose } from './testing/propose.ts';

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

const proposalOf = (base: Model, head: Model, origin = noOrigin) =>
  propose(canonicalModel(base), canonicalModel(head), origin);

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

test('one that says that it was what is still there is told so', () => {
  const proposal = proposalOf(model({ a: column() }), model({ a: column(), b: column('a') }));
  expect(lostIdentities(proposal, 0).map(({ message }) => message)).toEqual([
    `column '${people}#b' says that it was 'a', and dataset '${people}' has another column that was.`,
  ]);
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

describe('a datastore that is removed as a whole', () => {
  const orders = 'retail/sales/orders';
  const without = (base: Model): Model => ({ ...base, datastores: {} });
  const unmarked = (base: Model, head: Model) => {
    const proposal = proposalOf(base, head, approvedBy(5));
    return proposal.changes.flatMap((change) => unmarkedDatastore(proposal, change, Date.parse('2026-01-01')) ?? []);
  };
  const store = (datasets: Readonly<Record<string, Dataset>>, more: Partial<Datastore> = {}) =>
    testModel({ orders: { production: true, datasets, ...more } });
  const base = store({ people: { columns: { a: column() }, formerly: ['persons'] } }, gone('x'));

  test('needs the word of its zone, or stays as the tombstones of what was in it', () => {
    const [one, ...others] = unmarked(base, without(base));
    expect(others).toEqual([]);
    expect(one?.needs).toEqual(['retail']);
    expect(one?.finding).toMatchObject({
      rule: 'tombstone-missing',
      severity: 'error',
      address: orders,
      owner: 'approvers user 4',
      message: `datastore '${orders}' is removed and leaves no tombstones, so another one that is declared at its address would be shown its kept rows.`,
      help: "Leave it there with  datasets: {}, tombstones: [{ name: 'x', removed: '2026-01-01' }, { name: 'persons', removed: '2026-01-01' }] . Or its zone sees to it that the address is not used again.",
    });
  });

  test('does what the help says, and nothing is found; another of its name is then another', () => {
    const left = store({}, gone('x', 'persons'));
    expect(problems(base, left)).toEqual([]);
    expect(unmarked(base, left)).toEqual([]);
    const again = store({ persons: { columns: { b: column() } } }, gone('x', 'persons'));
    expect(problems(left, again)).toEqual([]);
    expect(identities(again)).toEqual(['persons 2']);
  });

  test('what is left of one is asked for as well, when it goes', () => {
    const left = store({}, gone('x'));
    expect(unmarked(left, without(left)).map(({ needs }) => needs)).toEqual([['retail']]);
  });

  test('outside of production, and of one that never held anything, nothing is asked', () => {
    expect(unmarked(store({}), without(base))).toEqual([]);
    const free = testModel({ orders: { datasets: { people: { columns: { a: column() } } } } });
    expect(unmarked(free, without(free))).toEqual([]);
  });

  test('that moves to whom it was offered is a warning: what it says is elsewhere, as it was', () => {
    const offer = testOffer(orders, { as: 'retail/insight/orders' }, base);
    const { datastores } = base;
    const moved = Object.fromEntries(
      Object.values(datastores).map((one) => ['retail/insight/orders', { ...one, address: 'retail/insight/orders' }]),
    );
    expect(unmarked({ ...base, offers: { gift: offer } }, { ...base, datastores: moved })).toMatchObject([
      { needs: [], finding: { severity: 'warning', help: 'Declare no other at the address that it leaves.' } },
    ]);
  });

  test('of a zone that base does not have, it is a warning: nobody could consent', () => {
    const nobodys = { ...base, mesh: { ...base.mesh, zones: {} } };
    expect(unmarked(nobodys, without(nobodys))).toMatchObject([{ needs: [], finding: { severity: 'warning' } }]);
  });
});

function identities({ datastores }: Model): readonly string[] {
  return Object.values(datastores).flatMap(({ datasets, tombstones = [] }) =>
    Object.entries(datasets).map(([name, dataset]) => identityOf(name, dataset, tombstones)),
  );
}

test('outside of production, and of a datastore that is new or gone, nothing is asked', () => {
  const one = (columns: Readonly<Record<string, Column>>) => model(columns, {}, { production: false });
  expect(problems(one({ a: column(), b: column('x') }), one({ b: column() }))).toEqual([]);
  expect(problems(model({ a: column() }), { ...model({}), datastores: {} })).toEqual([]);
});
