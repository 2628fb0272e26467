import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testColumns, testDatastore, testModel } from '../testing/model.ts';

test('a name in an address is lower case, and the better name is shown', () => {
  const column = { type: { kind: 'text' } } as const;
  expect(found(testModel({ columns: { firstName: column } }))).toEqual([
    "error bad-name retail/sales/orders.customers#firstName: column 'firstName' is no name: names are parts of addresses and of views, so they are lower-case letters, digits and _, and begin with a letter.",
  ]);
});

test('an address without its three parts is found', () => {
  const lines = found(
    testModel({ datastores: [testDatastore('crm', { datasets: { c: { key: ['id'], columns: testColumns } } })] }),
  );
  expect(lines).toEqual([
    "error bad-name crm: datastore 'crm' has no address of the form zone/team/name, so nobody owns it and nothing can refer to it.",
  ]);
});
