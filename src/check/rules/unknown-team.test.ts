import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testTransformer } from '../testing/made.ts';
import { container, testModel } from '../testing/model.ts';

test('a datastore and a workspace belong to a team of their zone', () => {
  const model = testModel({
    orders: { address: 'retail/sale/orders' },
    dashboard: { read: [{ from: 'retail/sale/orders.*' }] },
  });
  expect(found(model)).toEqual([
    "error unknown-team retail/sale/orders: datastore 'retail/sale/orders' is of team 'sale', but zone 'retail' has no such team, so nobody owns it.",
  ]);
});

test('a connection that is given to a team that is not there', () => {
  const shop = { ...container(), teams: ['retail/sales', 'retail/sale'] };
  expect(found(testModel({ prod: { connections: { shop } } }))).toEqual([
    "error unknown-team environment:prod: connection 'shop' of environment 'prod' is given to team 'retail/sale', but no zone has such a team: whoever takes that name later would be let in.",
  ]);
});

test('a transformer of a team that is not there', () => {
  const transformer = { ...testTransformer, address: 'retail/ghosts/make' };
  const lines = found(testModel({ transformers: [transformer] }));
  expect(lines.filter((line) => line.includes('unknown-team'))).toEqual([
    "error unknown-team retail/ghosts/make: transformer 'retail/ghosts/make' is of team 'ghosts', but zone 'retail' has no such team, so nobody owns it.",
  ]);
});
