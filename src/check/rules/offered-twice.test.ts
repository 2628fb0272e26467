import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testOffer } from '../testing/offer.ts';

test('a second offer of one thing is found, at the second by name', () => {
  const offers = [
    testOffer('retail/sales'),
    testOffer('retail/sales', { name: 'another' }),
    testOffer('retail', { name: 'zone' }),
  ];
  expect(found(testModel({ offers }))).toEqual([
    "error offered-twice offer:gift: 'retail/sales' is offered twice, by 'gift' and by 'another': whoever accepts first would leave the other with nothing.",
  ]);
});
