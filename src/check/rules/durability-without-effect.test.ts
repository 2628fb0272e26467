import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

test('a connection that says it, and an embedded store that waits for a standby', () => {
  const embedded = { ...container(), fields: { embedded: true, database: 'store' } };
  const connections = { shop: { ...container(), durability: 'standby' as const } };
  const stores = { main: { ...embedded, durability: 'standby' as const } };
  expect(found(testModel({ prod: { connections, stores } })).filter((line) => line.includes('durability'))).toEqual([
    "error durability-without-effect environment:prod: connection 'shop' of environment 'prod' says when sources may forget what it has, which only a store can: nothing would come of it.",
    "error durability-without-effect environment:prod: store 'main' of environment 'prod' is on the embedded server, which has no standby: its sources would keep their logs for ever.",
  ]);
  expect(
    found(testModel({ prod: { stores: { main: { ...embedded, durability: { keep: '1h' } } } } })),
  ).not.toContainEqual(expect.stringContaining('durability'));
});
