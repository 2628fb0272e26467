import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const mesh = { vendors: { own: ['eu'] }, regulators: { bafin: { within: 'own:eu' } } };
const prod = { stores: { main: { ...container(), at: 'own:eu' } } };

test('a regulator that the mesh does not have would demand nothing', () => {
  expect(found(testModel({ mesh, dashboard: { regulator: 'bafim' } }))).toEqual([
    "error unknown-regulator retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' names regulator 'bafim', which mesh 'acme' does not have, so it would demand nothing.",
  ]);
  expect(found(testModel({ dashboard: { regulator: 'constructor' } }))).toHaveLength(1);
});

test('one that it has is no finding', () => {
  expect(found(testModel({ mesh, prod, dashboard: { regulator: 'bafin' } }))).toEqual([]);
});
