import { expect, test } from 'vitest';
import { saidOf } from '../testing/declassified.ts';

const said = (parts: Parameters<typeof saidOf>[0]) =>
  saidOf(parts, 'unknown-declassified').map((line) => line.split("'clean' ")[1]);

test('what is there can be declassified: a dataset, or a column of it', () => {
  expect(said({})).toEqual([]);
  expect(said({ of: ['retail/insight/people.people#name'], drops: ['pii'] })).toEqual([]);
});

test('a transformer, zone, label, dataset or column that is not there', () => {
  expect(said({ transformer: 'retail/insight/cleen' })).toEqual([
    "is about transformer 'retail/insight/cleen', which is not there, so it lets go of nothing.",
  ]);
  expect(said({ zone: 'retale' })).toEqual(["is the word of zone 'retale', which mesh 'acme' does not have."]);
  expect(said({ drops: ['secret'] })).toEqual(["drops 'secret', which is no label of mesh 'acme'."]);
  expect(said({ of: ['retail/insight/people.people#nme'] })).toEqual([
    "is of 'retail/insight/people.people#nme', which transformer 'retail/insight/clean' does not make.",
  ]);
  // What it reads is not what it makes.
  expect(said({ of: ['retail/sales/orders.customers'] })).toHaveLength(1);
});
