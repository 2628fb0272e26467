import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { identifying } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testEnvironment, testModel } from '../testing/model.ts';

const at = (database: string): Container => ({ engine: 'big', fields: { database } });
const apart = { ledger: at('ledger'), connections: { shop: at('shop') }, stores: { main: at('store') } };

test('a store of two environments', () => {
  const uat = testEnvironment('uat', { ...apart, ledger: at('uat') });
  expect(found(testModel({ prod: apart, environments: [uat] }), identifying)).toEqual([
    "error environments-share-database environment:uat: store 'main' of environment 'uat' and store 'main' of environment 'prod' are one database, so what is done in one environment is done in the other.",
  ]);
});

test('a source of two environments', () => {
  const uat = testEnvironment('uat', { ...apart, ledger: at('uat'), stores: { main: at('uat_store') } });
  expect(found(testModel({ prod: apart, environments: [uat] }), identifying)).toEqual([]);
});
