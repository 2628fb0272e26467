import { describe, expect, test } from 'vitest';
import { testModel } from '../check/testing/model.ts';
import { lookupIn } from './lookup.ts';
import { ownerOfParty, parentOf, partyAt } from './party.ts';

const lookup = lookupIn(testModel({}));

describe('an address is of a party, which has an owner or none', () => {
  test.each([
    ['mesh', 'mesh', 1],
    ['retail', 'retail', 2],
    ['environment:prod', 'environment:prod', 3],
    ['retail/sales', 'retail/sales', 4],
    ['retail/sales/orders', 'retail/sales', 4],
    ['retail/sales/orders.customers#name', 'retail/sales', 4],
    ['retail/insight/reporting.dashboard', 'retail/insight', 5],
    ['retail/unknown/x', 'retail/unknown', null],
    ['unknown/sales/x', 'unknown/sales', null],
    ['environment:unknown', 'environment:unknown', null],
    ['constructor', 'constructor', null],
    ['retail/constructor', 'retail/constructor', null],
    ['', '', null],
  ])("'%s' is of '%s', user %s", (address, party, user) => {
    expect(partyAt(address)).toBe(party);
    const owner = ownerOfParty(lookup, party);
    expect(owner?.kind === 'approvers' ? owner.users : owner).toEqual(user === null ? null : [user]);
  });
});

test('an object is no party', () => {
  expect(ownerOfParty(lookup, 'retail/sales/orders')).toBe(null);
});

test('of a zone that the mesh does not declare nobody owns anything', () => {
  const model = testModel({ mesh: { zones: {} } });
  expect(['retail', 'retail/sales'].map((party) => ownerOfParty(lookupIn(model), party))).toEqual([null, null]);
});

test('each party is declared by the one around it', () => {
  expect(['retail/sales', 'retail', 'environment:prod', 'mesh'].map(parentOf)).toEqual([
    'retail',
    'mesh',
    'mesh',
    null,
  ]);
});
