import { expect, test } from 'vitest';
import { didYouMean, nearName } from './near-name.ts';

test('a slip of the keyboard finds the name that was meant', () => {
  expect(nearName('ordres', ['customers', 'orders', 'products'])).toBe('orders');
  expect(nearName('custmer', ['customers', 'customer'])).toBe('customer');
});

test('a name that is like none suggests none', () => {
  expect(nearName('invoice', ['customers', 'orders'])).toBeNull();
  expect(nearName('a', ['b', 'cc'])).toBe('b');
  expect(nearName('x', [])).toBeNull();
});

test('the question ends a sentence, or is nothing at all', () => {
  expect(didYouMean('id_', ['id'])).toBe(" Did you mean 'id'?");
  expect(didYouMean('total', ['id'])).toBe('');
});
