import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { identifying } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const at = (database: string): Container => ({ engine: 'big', fields: { database } });
const apart = { ledger: at('ledger'), connections: { shop: at('shop') }, stores: { main: at('store') } };

const lines = (prod: Parameters<typeof testModel>[0]['prod']) =>
  found(testModel({ ...(prod && { prod }) }), identifying);

test('a store in the database of its source, whatever the case of its name', () => {
  expect(lines({ ...apart, stores: { main: at('SHOP') } })).toEqual([
    "error same-database environment:prod: connection 'shop' of environment 'prod' and store 'main' of environment 'prod' are one database, so freehold would write where it should only read.",
  ]);
});

test('a replica in its store', () => {
  const replicas = { bi: { on: [at('store')], serves: ['reports'] } } as const;
  expect(lines({ ...apart, replicas })).toEqual([
    "error same-database environment:prod: store 'main' of environment 'prod' and replica 'bi' of environment 'prod' are one database, so each would find tables of the other in its place.",
  ]);
});

test('databases of their own', () => {
  expect(lines(apart)).toEqual([]);
});
