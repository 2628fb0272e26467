import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const real: Container = { ...container(), grade: 'production' };
const trial: Container = { ...container(), grade: 'test' };
const orders = { production: true };

test('a source for tests, beside a store for production', () => {
  expect(found(testModel({ orders, prod: { connections: { shop: trial }, stores: { main: real } } }))).toEqual([
    "error production-on-test-grade environment:prod: connection 'shop' of environment 'prod' is of grade 'test', and datastore 'retail/sales/orders', which is in production, needs it; store 'main' of environment 'prod' is of grade 'production', so this is no environment for tests.",
  ]);
});

test('rows of production rest in a store for tests', () => {
  const lines = found(testModel({ orders, prod: { connections: { shop: real }, stores: { main: trial } } }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("store 'main' of environment 'prod' is of grade 'test'");
});

test('an environment where all is for tests, or where nothing is in production', () => {
  expect(found(testModel({ orders, prod: { connections: { shop: trial }, stores: { main: trial } } }))).toEqual([]);
  expect(found(testModel({ prod: { connections: { shop: trial }, stores: { main: real } } }))).toEqual([]);
});

test('a connection for tests that no production datastore reads', () => {
  const connections = { shop: real, lab: trial };
  expect(found(testModel({ orders, prod: { connections, stores: { main: real } } }))).toEqual([]);
});
