import { expect, test } from 'vitest';
import { testFacts } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const orders = { changes: { mode: 'cdc' } } as const;

test('an engine that cannot be read that way is found in each environment', () => {
  expect(found(testModel({ orders, prod: { connections: { shop: container('small') } } }))).toEqual([
    "error unsupported-capture retail/sales/orders: datastore 'retail/sales/orders' reads changes by cdc(), but its source 'shop' is bound to Small in environment 'prod', which cannot be read that way.",
  ]);
});

test('a way that no engine of the release has is not runnable yet', () => {
  const { small } = testFacts;
  expect(small).toBeDefined();
  const facts = small === undefined ? {} : { small: { ...small, store: true } };
  const prod = {
    ledger: container('small'),
    connections: { shop: container('small') },
    stores: { main: container('small') },
  };
  expect(found(testModel({ orders, prod }), facts)).toEqual([
    "error unsupported-capture retail/sales/orders: datastore 'retail/sales/orders' reads changes by cdc(), which is not runnable yet: no engine of this release has it.",
  ]);
});
