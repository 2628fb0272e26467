import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a key of types whose values have no one form', () => {
  const columns = { at: { type: { kind: 'float', bits: 64 } }, doc: { type: { kind: 'json' } } } as const;
  const lines = found(testModel({ columns, customers: { key: ['id', 'at', 'doc'] } }));
  expect(lines.map((line) => line.split(': ')[1])).toEqual([
    "column 'at' is part of the key of dataset 'customers' and is float64, which is rounded where it is written and read, and may be no number",
    "column 'doc' is part of the key of dataset 'customers' and is json, whose values engines compare each in their own way, or not at all",
  ]);
});

test('outside of a key they are fine', () => {
  expect(found(testModel({ columns: { doc: { type: { kind: 'json' }, nullable: true } } }))).toEqual([]);
});
