import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a key names columns of its dataset, each once', () => {
  expect(found(testModel({ customers: { key: ['ID', 'id', 'id'] } })).map((line) => line.split(': ')[1])).toEqual([
    "the key of dataset 'customers' names column 'ID', which the dataset does not have, so its rows cannot be told apart.",
    "the key of dataset 'customers' names column 'id' twice.",
  ]);
});
