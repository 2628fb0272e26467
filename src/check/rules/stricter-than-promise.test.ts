import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

const orders = { promises: { freshness: '1m' } };

test('a group cannot be fresher than its producer promises', () => {
  expect(found(testModel({ orders, dashboard: { latency: '59s' } }))).toEqual([
    "error stricter-than-promise retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' asks for a latency of 59s, but datastore 'retail/sales/orders' promises a freshness of 1m, so the group would be late by design.",
  ]);
});

test('as fresh as promised is fine, in whatever unit, and without a promise anything is', () => {
  expect(found(testModel({ orders, dashboard: { latency: '60s' } }))).toEqual([]);
  expect(found(testModel({ dashboard: { latency: '1s' } }))).toEqual([]);
});
