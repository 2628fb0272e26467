import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

test('a connection that says it, and a store on an engine that cannot', () => {
  const layout = 'history' as const;
  const connections = { shop: { ...container(), layout } };
  const stores = { main: { ...container(), layout }, other: { ...container('sink'), layout } };
  expect(found(testModel({ prod: { connections, stores } })).filter((line) => line.includes('layout'))).toEqual([
    "error layout-without-effect environment:prod: connection 'shop' of environment 'prod' says how versions are kept, which only a store is asked: nothing would come of it.",
    "error layout-without-effect environment:prod: store 'other' of environment 'prod' is to keep all versions in one table, which is not done on Sink: they would be kept as by layout 'split'.",
  ]);
});
