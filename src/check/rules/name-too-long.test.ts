import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const type = { kind: 'text' } as const;
const small = { on: [container('small')], serves: ['lookup'] } as const;

test('a name fits whole into every engine that may hold it', () => {
  const columns = { a_column_of_21_letters: { type } };
  expect(found(testModel({ columns }))).toEqual([]);
  expect(found(testModel({ columns, prod: { replicas: { small } } }))).toEqual([
    "error name-too-long retail/sales/orders.customers#a_column_of_21_letters: column 'a_column_of_21_letters' has 22 characters, and Small keeps only 20 of a name.",
  ]);
});
