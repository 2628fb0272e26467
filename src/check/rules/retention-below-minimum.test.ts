import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const regulators = { bafin: { minimumRetention: '5y' }, gentle: { within: 'own:eu' } };
const mesh = { vendors: { own: ['eu'] }, regulators };
const prod = { stores: { main: { ...container(), at: 'own:eu' } } };
const audit = { history: 'full', regulator: 'bafin' } as const;

test('a shorter retention than the regulator demands, or none', () => {
  expect(found(testModel({ mesh, dashboard: { ...audit, retention: '260w' } }))).toEqual([
    "error retention-below-minimum retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' answers to regulator 'bafin', who demands a retention of 5y, but its retention is 260w.",
  ]);
  expect(found(testModel({ mesh, dashboard: audit }))).toEqual([
    "error retention-below-minimum retail/insight/reporting.dashboard: group 'retail/insight/reporting.dashboard' answers to regulator 'bafin', who demands a retention of 5y, but says none.",
  ]);
});

test('as long, longer, or a regulator who demands no retention', () => {
  for (const retention of ['5y', '7y'])
    expect(found(testModel({ mesh, dashboard: { ...audit, retention } }))).toEqual([]);
  expect(found(testModel({ mesh, prod, dashboard: { regulator: 'gentle' } }))).toEqual([]);
});

test('a length of time that is none is the finding of another rule', () => {
  const rules = found(testModel({ mesh, dashboard: { ...audit, retention: '7Y' } })).map((line) => line.split(' ')[1]);
  expect(rules).toEqual(['bad-duration']);
});
