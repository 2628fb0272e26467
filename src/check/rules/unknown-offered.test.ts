import { expect, test } from 'vitest';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testOffer } from '../testing/offer.ts';

test('an offer of nothing that the model has is found, with the near name', () => {
  for (const address of ['retial', 'retail/sales/order', 'retail/sales/orders.customers', 'offer:gift'])
    expect(found(testModel({ offers: [testOffer(address)] }))).toEqual([
      `error unknown-offered offer:gift: offer 'gift' is of '${address}', which is neither a zone, team or environment of the mesh nor a datastore, workspace or transformer: nobody can accept it.`,
    ]);
});

test('what is there, and is nobody’s since the mesh lists its zone no more, is no near name of itself', () => {
  for (const address of ['retail', 'retail/sales/orders']) {
    const model = testModel({ mesh: { zones: {} }, offers: [testOffer(address, { as: 'retail/insight/orders' })] });
    const finding = check(model, testFacts, { asOfMs: 0, places: {} }).find(({ rule }) => rule === 'unknown-offered');
    expect(finding?.help).toBe('Name one of them, or take the offer out.');
  }
});

test('zones, teams, environments and the mesh are offered as they are', () => {
  for (const address of ['mesh', 'retail', 'retail/sales', 'environment:prod'])
    expect(found(testModel({ offers: [testOffer(address)] }))).toEqual([]);
});
