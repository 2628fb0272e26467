import { expect, test } from 'vitest';
import type { Offer } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testOffer } from '../testing/offer.ts';

const offered = (address: string, parts: Partial<Offer>) => found(testModel({ offers: [testOffer(address, parts)] }));

test('an object goes to a free address of a team of the receiver', () => {
  expect(offered('retail/sales/orders', { as: 'retail/insight/orders' })).toEqual([]);
});

test('an object that does not say where it goes, and a party that says it, are found', () => {
  expect(offered('retail/sales/orders', {})).toEqual([
    "error offer-destination offer:gift: offer 'gift' is of 'retail/sales/orders' and does not say where it goes: its address names its team, and with another owner it is another.",
  ]);
  expect(offered('retail/sales', { as: 'retail/insight/orders' })).toEqual([
    "error offer-destination offer:gift: offer 'gift' is of team 'retail/sales' and says 'as: retail/insight/orders', but a zone, team or environment keeps its name: only its owner changes.",
  ]);
});

test('an address that is taken, or is not the receiver’s, is a warning: others decide on that', () => {
  expect(offered('retail/sales/orders', { as: 'retail/insight/reporting' })).toEqual([
    "warning offer-destination offer:gift: offer 'gift' moves 'retail/sales/orders' to 'retail/insight/reporting', which is taken: it cannot be accepted.",
  ]);
  expect(offered('retail/sales/orders', { as: 'retail/sales/other' })).toEqual([
    "warning offer-destination offer:gift: offer 'gift' is to approvers user 5 and moves it to 'retail/sales/other', but team 'retail/sales' is owned by approvers user 4: it cannot be accepted by the receiver alone.",
  ]);
  expect(offered('retail/sales/orders', { as: 'risk/x/other' })).toEqual([
    "warning offer-destination offer:gift: offer 'gift' is to approvers user 5 and moves it to 'risk/x/other', but team 'risk/x' is not declared: it cannot be accepted by the receiver alone.",
  ]);
});
