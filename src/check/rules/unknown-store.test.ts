import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

test('an environment needs a store', () => {
  expect(found(testModel({ prod: { stores: {} } }))).toEqual([
    "error unknown-store environment:prod: environment 'prod' has no store, so nothing can be kept in it.",
  ]);
});

test('a route leads to a store of the environment', () => {
  expect(found(testModel({ prod: { route: [{ larger: '1GB', to: 'lake' }] } }))).toEqual([
    "error unknown-store environment:prod: a route of environment 'prod' leads to store 'lake', which the environment does not have.",
  ]);
});

test('where there are several stores, the route ends with a last word', () => {
  const stores = { oltp: container(), lake: container() };
  expect(found(testModel({ prod: { stores } }))).toEqual([
    "error unknown-store environment:prod: environment 'prod' has the stores 'oltp' and 'lake', and no route says which one a dataset goes to.",
  ]);
  expect(found(testModel({ prod: { stores, route: [{ larger: '1GB', to: 'lake' }] } }))).toHaveLength(1);
  expect(found(testModel({ prod: { stores, route: [{ larger: '1GB', to: 'lake' }, { to: 'oltp' }] } }))).toEqual([]);
});

test('an engine that cannot be a store or a replica is none', () => {
  const replicas = { sql: { on: [container('sink')], serves: ['lookup'] } } as const;
  expect(found(testModel({ prod: { stores: { main: container('small') }, replicas } }))).toEqual([
    "error unknown-store environment:prod: environment 'prod' names Sink as a replica, but it cannot be one.",
    "error unknown-store environment:prod: environment 'prod' names Small as a store, but it cannot be one.",
  ]);
});
