import { expect, test } from 'vitest';
import type { Container } from '../../model/model.ts';
import { identifying } from '../testing/facts.ts';
import { found } from '../testing/found.ts';
import { testColumns, testDatastore, testModel } from '../testing/model.ts';

const at = (database: string): Container => ({ engine: 'big', fields: { database } });
const apart = { ledger: at('ledger'), connections: { shop: at('shop') }, stores: { main: at('store') } };

const crm = (from: string) =>
  testDatastore('retail/insight/crm', {
    source: 'crm',
    datasets: { people: { key: ['id'], from, columns: testColumns } },
  });
const twice = { ...apart, connections: { shop: at('shop'), crm: at('Shop') } };

test('a table that two datasets read under two names of its database', () => {
  expect(found(testModel({ prod: twice, datastores: [crm('public.customers')] }), identifying)).toEqual([
    "error one-table-two-connections environment:prod: connections 'shop' and 'crm' of environment 'prod' are one database, and datasets 'retail/sales/orders.customers' and 'retail/insight/crm.people' read its table 'public.customers': a source table has one owner.",
  ]);
});

test('other tables of it, and the same table of another database', () => {
  expect(found(testModel({ prod: twice, datastores: [crm('crm.customers')] }), identifying)).toEqual([]);
  const prod = { ...apart, connections: { shop: at('shop'), crm: at('crm') } };
  expect(found(testModel({ prod, datastores: [crm('public.customers')] }), identifying)).toEqual([]);
});
