import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const shop = (...teams: string[]) => ({ prod: { connections: { shop: { ...container(), teams } } } });

test('a source that is given to other teams, or to nobody', () => {
  expect(found(testModel(shop('retail/insight')))).toEqual([
    "error foreign-connection retail/sales/orders: datastore 'retail/sales/orders' reads connection 'shop', which environment 'prod' gives to 'retail/insight', and not to team 'retail/sales'.",
  ]);
  expect(found(testModel(shop()))).toEqual([
    "error foreign-connection retail/sales/orders: datastore 'retail/sales/orders' reads connection 'shop', which environment 'prod' gives to nobody, and not to team 'retail/sales'.",
  ]);
});

test('a source that is given to the team, or to anybody', () => {
  expect(found(testModel(shop('retail/insight', 'retail/sales')))).toEqual([]);
  expect(found(testModel({}))).toEqual([]);
});
