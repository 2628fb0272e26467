import { expect, test } from 'vitest';
import type { Column, Model } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const orders = { changes: { mode: 'watermark', column: 'updated_at' } } as const;
const withColumn = (updated_at: Column) => testModel({ orders, columns: { updated_at } });

test('every dataset needs the column, of a type with an order, never null', () => {
  const messages = (model: Model) => found(model).map((line) => line.split(': ')[1]);
  expect(messages(withColumn({ type: { kind: 'timestamptz', precision: 6 } }))).toEqual([]);
  expect(messages(withColumn({ type: { kind: 'text' } }))).toEqual([
    "column 'updated_at' of dataset 'customers' is text, which says nothing about what came later, so changes read by watermark() would be missed.",
  ]);
  expect(messages(withColumn({ type: { kind: 'timestamptz', precision: 6 }, nullable: true }))).toEqual([
    "column 'updated_at' of dataset 'customers' may be null, so changes read by watermark() would be missed.",
  ]);
  expect(messages(testModel({ orders }))).toEqual([
    "dataset 'customers' has no column 'updated_at', which its datastore's watermark() reads changes by, so a change to its rows would never be seen.",
  ]);
});
