import { expect, test } from 'vitest';
import type { Check } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const saying = (...quality: readonly Check[]) =>
  found(
    testModel({
      customers: { quality },
      columns: {
        total: { type: { kind: 'decimal', precision: 5, scale: 2 } },
        at: { type: { kind: 'timestamptz', precision: 6 } },
        doc: { type: { kind: 'json' } },
      },
    }),
  ).map((line) => line.slice(line.indexOf(': ') + 2));

test('tests that do not fit the type', () => {
  expect(
    saying(
      { test: 'between', columns: ['name'], min: 'a' },
      { test: 'length', columns: ['id'], max: 3 },
      { test: 'accepted', columns: ['doc'], values: ['{}'] },
      { test: 'fresh', columns: ['id'], within: '1h' },
      { test: 'compares', columns: ['name', 'total'], is: '<' },
    ).map((line) => line.split(' of dataset ')[1]?.slice("'customers' ".length)),
  ).toEqual([
    "cannot be asked of column 'doc', which is json.",
    "cannot be asked of column 'name', which is text.",
    'compares text with decimal(5,2), which engines do each in their own way.',
    "cannot be asked of column 'id', which is int32.",
    "cannot be asked of column 'id', which is int32.",
  ]);
});

test('constants of another type, and patterns beyond what engines have in common', () => {
  expect(
    saying(
      { test: 'accepted', columns: ['id'], values: [1, 'x'] },
      { test: 'excluded', columns: ['id'], values: [null, ''] },
      { test: 'between', columns: ['total'], max: 1000 },
      { test: 'between', columns: ['at'], min: '2026-01-31' },
      { test: 'matches', columns: ['name'], pattern: '(?=a)b' },
    ).map((line) => line.split(' of dataset ')[1]?.slice("'customers' ".length)),
  ).toEqual([
    "compares column 'id' with 'x', which is no value of int32.",
    "compares column 'at' with '2026-01-31', which is no value of timestamptz.",
    "compares column 'total' with 1000, which is no value of decimal(5,2).",
    "compares column 'id' with '', which is no value of int32.",
    "has a pattern that engines would not answer alike: '(?' is not known here.",
  ]);
});

test('what fits', () => {
  expect(
    saying(
      { test: 'between', columns: ['total'], min: 0, max: 999.99 },
      { test: 'between', columns: ['at'], min: '2026-01-31T00:00:00Z' },
      { test: 'matches', columns: ['name'], pattern: '[A-Z][a-z]+' },
      { test: 'compares', columns: ['id', 'total'], is: '<' },
      { test: 'excluded', columns: ['name'], values: [null, 'n/a'], exceptions: 3 },
    ),
  ).toEqual([]);
});
