import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';

test('a text that is no duration is found wherever a duration stands', () => {
  const model = testModel({
    mesh: { regulators: { BaFin: { minimumRetention: '5 years' } } },
    orders: { promises: { freshness: '10' } },
    dashboard: { latency: 'soon', retention: '7Y' },
  });
  expect(
    found(model)
      .filter((line) => line.startsWith('error bad-duration'))
      .map((line) => line.split(': ')[1]),
  ).toEqual([
    "'5 years' is no duration, so what regulator 'BaFin' demands cannot be kept or measured.",
    "'7Y' is no duration, so the group's retention cannot be kept or measured.",
    "'soon' is no duration, so the group's latency cannot be kept or measured.",
    "'10' is no duration, so the datastore's freshness cannot be kept or measured.",
  ]);
});

test('no time at all cannot be kept', () => {
  expect(found(testModel({ dashboard: { latency: '0s' } }))).toEqual([
    "error bad-duration retail/insight/reporting.dashboard: '0s' is no time at all, so the group's latency could never be kept.",
  ]);
});

test('fractions and every unit are durations', () => {
  for (const latency of ['500ms', '1.5s', '10m', '1h', '7d', '2w', '1y'])
    expect(found(testModel({ dashboard: { latency } }))).toEqual([]);
});
