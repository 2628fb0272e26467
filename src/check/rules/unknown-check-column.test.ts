import { expect, test } from 'vitest';
import type { Check } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const saying = (...quality: readonly Check[]) =>
  found(testModel({ customers: { quality } })).map((line) => line.slice(line.indexOf(': ') + 2));

test('columns that are not there, too many, or named twice', () => {
  expect(
    saying(
      { test: 'present', columns: ['nmae'] },
      { test: 'length', columns: ['name', 'id'], max: 3 },
      { test: 'unique', columns: ['name', 'name'] },
      { test: 'unique', columns: ['name', 'id'] },
      { test: 'declared' },
    ),
  ).toEqual([
    "check length(name, id, ..3) of dataset 'customers' cannot be asked of column 'id', which is int32.",
    "check length(name, id, ..3) of dataset 'customers' names 2 columns, and length takes 1.",
    "check present(nmae) of dataset 'customers' names column 'nmae', which the dataset does not have, so nothing could be judged.",
    "check unique(name, name) of dataset 'customers' names a column twice.",
  ]);
});

test('a reference to what is not there, or to another number of columns', () => {
  expect(
    saying(
      { test: 'refers', columns: ['id'], to: 'customer' },
      { test: 'refers', columns: ['id', 'name'], to: 'customers' },
    ),
  ).toEqual([
    "check refers(id -> customer) of dataset 'customers' refers to dataset 'customer', which datastore 'retail/sales/orders' does not have.",
    "check refers(id, name -> customers) of dataset 'customers' refers by 2 columns to 'customers', whose key has 1.",
  ]);
});

test('a reference between datasets that move each alone', () => {
  const customers = testModel({}).datastores['retail/sales/orders']?.datasets.customers ?? { columns: {} };
  const quality: readonly Check[] = [{ test: 'refers', columns: ['id'], to: 'customers' }];
  const datasets = { customers, lines: { ...customers, quality } };
  const lines = found(testModel({ orders: { together: false, datasets } }));
  expect(lines.map((line) => line.split(' ')[1])).toEqual(['unknown-check-column']);
});
