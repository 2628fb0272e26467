import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a regulator that demands nothing', () => {
  expect(found(testModel({ mesh: { regulators: { bafin: {}, sec: { minimumRetention: '5y' } } } }))).toEqual([
    "error empty-regulator mesh: regulator 'bafin' demands nothing, so a group that names it is kept from nothing.",
  ]);
});
