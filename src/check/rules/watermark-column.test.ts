import { expect, test } from 'vitest';
import type { Changes, Column, Model } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const orders = { changes: { mode: 'watermark', column: 'updated_at' } } as const;
const withColumn = (updated_at: Column) => testModel({ orders, columns: { updated_at } });

const by = (updated_at: Column, more: Partial<Changes>) =>
  testModel({ orders: { changes: { ...orders.changes, ...more } }, columns: { updated_at } });
const messages = (model: Model) => found(model).map((line) => line.split(': ')[1]);

test('every dataset needs the column, of a type with an order; where it may be null, that is a warning', () => {
  expect(messages(withColumn({ type: { kind: 'timestamptz', precision: 6 } }))).toEqual([]);
  expect(messages(withColumn({ type: { kind: 'text' } }))).toEqual([
    "column 'updated_at' of dataset 'customers' is text, which says nothing about what came later, so changes read by watermark() would be missed.",
  ]);
  expect(messages(withColumn({ type: { kind: 'timestamptz', precision: 6 }, nullable: true }))).toEqual([
    "column 'updated_at' of dataset 'customers' may be null. Rows where it is null are read each time and compared, since nothing says when they changed.",
  ]);
  expect(messages(testModel({ orders }))).toEqual([
    "dataset 'customers' has no column 'updated_at', which its datastore's watermark() reads changes by, so a change to its rows would never be seen.",
  ]);
});

test('how late a row may come is said in the measure of the column', () => {
  const number: Column = { type: { kind: 'int', bits: 64 } };
  const time: Column = { type: { kind: 'date' } };
  expect(messages(by(number, { late: 1000 }))).toEqual([]);
  expect(messages(by(time, { late: '2d' }))).toEqual([]);
  expect(messages(by(number, {}))).toEqual([
    "column 'updated_at' of dataset 'customers' holds numbers, and watermark() does not say how far below the greatest number read one may still come to be seen. Transactions commit in another order than they take numbers, so changes would be missed.",
  ]);
  expect(messages(by(number, { late: '10m' }))).toEqual([
    "column 'updated_at' of dataset 'customers' holds numbers, and 'late' is the duration '10m' and does not say how far below the greatest number read one may still come to be seen. Transactions commit in another order than they take numbers, so changes would be missed.",
  ]);
  expect(messages(by(time, { late: 5 }))).toEqual([
    "column 'updated_at' of dataset 'customers' holds times, and 'late' is the number 5, so nobody knows how long a change may take to be seen.",
  ]);
  expect(messages(by(time, { sweep: '0s' }))).toEqual([
    "'0s' is no time at all, so how often all keys are compared could never be kept.",
  ]);
});
