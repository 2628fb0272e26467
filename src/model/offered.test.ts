import { expect, test } from 'vitest';
import { testDatastore, testModel } from '../check/testing/model.ts';
import { canonicalModel } from './canonical.ts';
import { lookupIn } from './lookup.ts';
import type { Model } from './model.ts';
import { offeredDigest } from './offered.ts';

const digest = (model: Model, address: string) => offeredDigest(lookupIn(canonicalModel(model)), address);
const [five, six] = [5, 6].map((id) => ({ kind: 'approvers', host: 'github.com', users: [id] }) as const);
const model = testModel({});

test('what can be offered has a digest, and nothing else', () => {
  for (const address of [
    'mesh',
    'retail',
    'retail/sales',
    'environment:prod',
    'retail/sales/orders',
    'retail/insight/reporting',
  ])
    expect(digest(model, address)).toMatch(/^[0-9a-f]{64}$/);
  for (const address of [
    'risk',
    'retail/none',
    'environment:uat',
    'retail/sales/none',
    'retail/sales/orders.customers',
    '',
  ])
    expect(digest(model, address)).toBe(null);
});

test('of an object it is its content and its owner, wherever it stands', () => {
  const stock = testDatastore('retail/sales/stock', { doc: 'Stock.' });
  const same = testDatastore('retail/sales/moved', { doc: 'Stock.' });
  const other = testDatastore('retail/insight/stock', { doc: 'Stock.' });
  const whole = testModel({ datastores: [stock, same, other] });
  expect(digest(whole, 'retail/sales/stock')).toBe(digest(whole, 'retail/sales/moved'));
  expect(digest(whole, 'retail/sales/stock')).not.toBe(digest(whole, 'retail/insight/stock'));
  expect(digest(whole, 'retail/insight/stock')).not.toBe(
    digest(testModel({ datastores: [other], insight: { owner: six ?? model.mesh.owner } }), 'retail/insight/stock'),
  );
});

test('of a party it is its declaration and its owner', () => {
  const before = digest(testModel({ insight: { owner: five ?? model.mesh.owner } }), 'retail/insight');
  expect(before).toBe(digest(model, 'retail/insight'));
  expect(before).not.toBe(digest(testModel({ insight: { doc: 'changed' } }), 'retail/insight'));
  expect(before).not.toBe(digest(testModel({ insight: { owner: six ?? model.mesh.owner } }), 'retail/insight'));
  // What its team owns is not of the declaration.
  expect(before).toBe(digest(testModel({ reporting: { doc: 'changed' } }), 'retail/insight'));
});
