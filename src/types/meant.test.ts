import { expect, test } from 'vitest';
import { typeMeant } from './meant.ts';

test.each([
  ['INTEGER', 'int32'],
  ['bigint', 'int64'],
  ['int65', 'int32'],
  ['numeric(10, 2)', 'decimal(10, 2)'],
  ['varchar', 'text'],
  ['Varchar(40)', 'varchar(40)'],
  ['bool', 'boolean'],
  ['string(20)', 'text'],
  ["enumOf('A','b')", "enum('A','b')"],
])('%s means %s', (text, type) => {
  expect(typeMeant(text)).toBe(type);
});

test.each(['', 'money', 'constructor', 'timestamp(9)', 'text?x', '((('])(
  'what means nothing is offered nothing: %s',
  (text) => {
    expect(typeMeant(text)).toBeNull();
  },
);
