import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('what is no version', () => {
  expect(found(testModel({ orders: { version: 'latest' } }))).toEqual([
    "error bad-version retail/sales/orders: 'latest' is no version, so nobody can tell whether datastore 'retail/sales/orders' is before or after another state of it.",
  ]);
});

test('versions', () => {
  for (const version of ['2', '2.1', 'v2.1.0', '2.1.0-rc.1', '2026.11.26'])
    expect(found(testModel({ orders: { version } }))).toEqual([]);
});
