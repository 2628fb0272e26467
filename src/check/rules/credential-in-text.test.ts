import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const url = ['postgres', '//ana', 'open-sesame@db/shop'].join(':');

test('a credential anywhere in the model is found, and not printed', () => {
  const container = { engine: 'big', fields: { database: url } };
  expect(found(testModel({ prod: { connections: { shop: container } } }))).toEqual([
    'error credential-in-text environment:prod: here stands a URL with a password. Everybody who can read the model has it, and its history keeps it.',
  ]);
  const aws = `key ${'AKIA'}${'A'.repeat(16)}`;
  expect(found(testModel({ orders: { doc: aws } }))).toEqual([
    'error credential-in-text retail/sales/orders: here stands an access key of AWS. Everybody who can read the model has it, and its history keeps it.',
  ]);
});

test('what only speaks of credentials is none', () => {
  const doc = 'The password = what you were given; see https://wiki/x:y and ana@db, postgres://db/shop.';
  expect(found(testModel({ orders: { doc } }))).toEqual([]);
});
