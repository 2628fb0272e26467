import { expect, test } from 'vitest';
import { testDatastore, testModel } from '../check/testing/model.ts';
import { deprecatedIn, deprecatedReads, isPastRemoval, noticeOf, readingParts, thingAt } from './deprecated.ts';
import { lookupIn } from './lookup.ts';
import type { Reference } from './model.ts';

const removal = '2026-12-31';
const orders = testDatastore('retail/sales/orders', {
  datasets: {
    customers: {
      key: ['id'],
      columns: {
        id: { type: { kind: 'int', bits: 32 } },
        fax: { type: { kind: 'text' }, deprecated: { removal } },
      },
    },
    baskets: { key: ['id'], deprecated: { removal }, columns: { id: { type: { kind: 'int', bits: 32 } } } },
  },
});
const stock = testDatastore('retail/sales/stock', { deprecated: { removal }, datasets: { parts: { columns: {} } } });
const lookup = lookupIn(testModel({ orders, datastores: [stock] }));

function readsOf(...read: readonly Reference[]): string[] {
  return deprecatedReads((address) => lookup.object('datastore', address), read).map(
    ({ what, address, reference }) => `${what} ${address} by ${reference.from}`,
  );
}

test('a datastore, its datasets and their columns are each deprecated alone', () => {
  expect(deprecatedIn(orders).map(({ what, address }) => `${what} ${address}`)).toEqual([
    'column retail/sales/orders.customers#fax',
    'dataset retail/sales/orders.baskets',
  ]);
});

test('a reference reads the deprecated things that it reaches, and no other', () => {
  expect(readsOf({ from: 'retail/sales/orders.*' })).toEqual([
    'dataset retail/sales/orders.baskets by retail/sales/orders.*',
    'column retail/sales/orders.customers#fax by retail/sales/orders.*',
  ]);
  expect(readsOf({ from: 'retail/sales/orders.customers', columns: ['id'] })).toEqual([]);
  expect(readsOf({ from: 'retail/sales/orders.customers', columns: ['fax'] })).toHaveLength(1);
  expect(readsOf({ from: 'retail/sales/stock.parts' })).toEqual([
    'datastore retail/sales/stock by retail/sales/stock.parts',
  ]);
  expect(readsOf({ from: 'retail/sales/nothing.*' }, { from: 'nonsense' })).toEqual([]);
});

test('a reference to one dataset outweighs a wildcard', () => {
  const narrow = { from: 'retail/sales/orders.customers', columns: ['id'] };
  expect(readsOf({ from: 'retail/sales/orders.*' }, narrow)).toEqual([
    'dataset retail/sales/orders.baskets by retail/sales/orders.*',
  ]);
});

test('a condition on rows reads the columns that it names, not the text in it', () => {
  const rows = (condition: string) =>
    readsOf({ from: 'retail/sales/orders.customers', columns: ['id'], rows: condition });
  expect(rows('Fax is null')).toEqual(['column retail/sales/orders.customers#fax by retail/sales/orders.customers']);
  expect(rows(`"fax" is null`)).toHaveLength(1);
  expect(rows(`id = 'fax'`)).toEqual([]);
});

test('what stands at an address, deprecated or not', () => {
  const at = (address: string) => {
    const thing = thingAt(lookup, address);
    return thing === null ? null : `${thing.what} ${thing.deprecation?.removal ?? 'stays'}`;
  };
  expect(at('retail/sales/stock')).toBe(`datastore ${removal}`);
  expect(at('retail/sales/orders')).toBe('datastore stays');
  expect(at('retail/sales/orders.baskets')).toBe(`dataset ${removal}`);
  expect(at('retail/sales/orders.customers#fax')).toBe(`column ${removal}`);
  expect(at('retail/sales/orders.customers#id')).toBe('column stays');
  for (const none of [
    '',
    '#',
    '.',
    'retail/sales/orders.*',
    'retail/sales/orders.constructor',
    'retail/sales/orders#id',
  ])
    expect(at(none), none).toBeNull();
});

test('groups read, and so do transformers', () => {
  const [reporting] = Object.values(testModel({}).workspaces);
  expect(reporting === undefined ? [] : readingParts(reporting)).toEqual([
    { what: 'group', address: 'retail/insight/reporting.dashboard', read: [{ from: 'retail/sales/orders.*' }] },
  ]);
  const code = { kind: 'image', image: 'x@sha256:0' } as const;
  const reads = { a: { from: 'retail/sales/orders.baskets' } };
  expect(readingParts({ address: 'retail/sales/make', reads, code })).toEqual([
    { what: 'transformer', address: 'retail/sales/make', read: [reads.a] },
  ]);
});

test('the day of removal begins in UTC, and a zone that says nothing gives 30 days', () => {
  expect(isPastRemoval({ removal }, Date.parse('2026-12-30T23:59:59.999Z'))).toBe(false);
  expect(isPastRemoval({ removal }, Date.parse('2026-12-31T00:00:00Z'))).toBe(true);
  expect(noticeOf(null)).toEqual({ text: '30d', ms: 30 * 86_400_000 });
  expect(noticeOf({ name: 'retail', teams: {}, notice: '2w' })).toEqual({ text: '2w', ms: 14 * 86_400_000 });
});
