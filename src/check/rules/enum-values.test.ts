import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const valued = (...values: string[]) => found(testModel({ columns: { state: { type: { kind: 'enum', values } } } }));

test('a value that stands twice, that is nothing, or that is another in other letters', () => {
  expect(valued('new', 'paid', 'new')).toEqual([
    "error enum-values retail/sales/orders.customers#state: column 'state' of dataset 'customers' is an enum that lists 'new' twice.",
  ]);
  expect(valued('new', ' ')).toEqual([
    "error enum-values retail/sales/orders.customers#state: column 'state' of dataset 'customers' is an enum with the value ' ', which readers cannot tell from none.",
  ]);
  expect(valued('new', 'New')).toEqual([
    "error enum-values retail/sales/orders.customers#state: column 'state' of dataset 'customers' is an enum with the values 'new' and 'New', which some engines and most readers take for one.",
  ]);
});

test('values that differ', () => {
  expect(valued('new', 'paid')).toEqual([]);
});
