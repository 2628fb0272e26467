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

test.each([
  `first line\n${'ghp_'}${'a'.repeat(36)}`,
  `first line\n${'AKIA'}${'A'.repeat(16)}\nlast line`,
  `${'glpat-'}${'a'.repeat(20)}`,
  ['Server=db', 'Password=geheim99'].join(';'),
  ['Server=db', 'Pwd = geheim99', 'User=ana'].join(';'),
  ['host=db', 'password=geheim99', 'user=ana'].join(' '),
  ['To connect:', 'password=geheim99', 'and the rest is known'].join('\n'),
])('wherever in a text it stands: %#', (doc) => {
  expect(found(testModel({ orders: { doc } }))).toEqual([
    expect.stringMatching(/^error credential-in-text retail\/sales\/orders: here stands a/),
  ]);
  const deep = { columns: { name: { type: { kind: 'text' }, nullable: true, doc } as const } };
  expect(found(testModel(deep))).toEqual([
    expect.stringMatching(/^error credential-in-text retail\/sales\/orders.customers#name: here stands a/),
  ]);
});

test('what only speaks of credentials is none', () => {
  const doc = 'The password = what you were given; see https://wiki/x:y and ana@db, postgres://db/shop.';
  expect(found(testModel({ orders: { doc } }))).toEqual([]);
  for (const sql of [
    'select 1 from a join b on a.pwd = b.pwd',
    'select a.password=b.password',
    'password = old_password',
  ])
    expect(found(testModel({ orders: { doc: sql } }))).toEqual([]);
});
