import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testOffer } from '../testing/offer.ts';

const stale = (address: string) =>
  `warning stale-offer offer:gift: offer 'gift' is of '${address}' as it was, and it is no longer that: it cannot be accepted.`;

test('an offer of what changed since is a warning', () => {
  const offers = [testOffer('retail/sales/orders', { as: 'retail/insight/orders' })];
  expect(found(testModel({ offers }))).toEqual([]);
  expect(found(testModel({ offers, orders: { doc: 'Orders.', datasets: {} } }))).toContain(
    stale('retail/sales/orders'),
  );
});

test('an offer of what is another’s by now is a warning', () => {
  const owner = { kind: 'approvers', host: 'github.com', users: [9] } as const;
  expect(found(testModel({ offers: [testOffer('retail/sales')], sales: { owner } }))).toEqual([stale('retail/sales')]);
});
