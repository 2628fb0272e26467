import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const vendors = { own: ['eu/berlin'] };
const store = (at: string) => ({ stores: { main: { ...container(), at } } });

test('a container stands at a declared location, or below one', () => {
  for (const at of ['own:eu/berlin', 'own:eu/berlin/rack_7'])
    expect(found(testModel({ mesh: { vendors }, prod: store(at) }))).toEqual([]);
});

test.each(['own:eu', 'own:eu/berlin2', 'other:eu/berlin', '*:eu/berlin'])('%s is nowhere', (at) => {
  expect(found(testModel({ mesh: { vendors }, prod: store(at) }))).toEqual([
    `error unknown-location environment:prod: store 'main' of environment 'prod' is at '${at}', which no vendor of mesh 'acme' has, so nobody can tell in which region its rows rest.`,
  ]);
});

test('without a vendor it is no location at all', () => {
  expect(found(testModel({ prod: store('berlin') }))).toEqual([
    "error unknown-location environment:prod: store 'main' of environment 'prod' is at 'berlin', which is no location (vendor:path), so nobody can tell in which region its rows rest.",
  ]);
});

test('a region holds a declared location', () => {
  const regulated = (within: string) => found(testModel({ mesh: { vendors, regulators: { bafin: { within } } } }));
  for (const within of ['*:eu', 'own:eu', 'own:eu/berlin/rack_7']) expect(regulated(within)).toEqual([]);
  expect(regulated('*:us')).toEqual([
    "error unknown-location mesh: regulator 'bafin' wants rows within '*:us', which holds no location of mesh 'acme', so no row can rest there.",
  ]);
  expect(regulated('eu')).toHaveLength(1);
});
