import { expect, test } from 'vitest';
import { distinctNames, modelName } from './names.ts';

test('a source name becomes a name of the model', () => {
  expect(['Order Details', 'customerID', 'Grüße', '2fa', '商品', 'already_fine', '__x__'].map(modelName)).toEqual([
    'order_details',
    'customer_id',
    'grusse',
    'x_2fa',
    'x',
    'already_fine',
    'x',
  ]);
});

test('names that would be the same are numbered', () => {
  expect(distinctNames(['a', 'b', 'a', 'a', 'a_2'])).toEqual(['a', 'b', 'a_2', 'a_3', 'a_2_2']);
});
