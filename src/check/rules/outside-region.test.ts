import { describe, expect, test } from 'vitest';
import type { Container, Environment } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { container, testEnvironment, testModel } from '../testing/model.ts';

const mesh = { vendors: { own: ['eu/berlin', 'us/austin'] }, regulators: { bafin: { within: '*:eu' } } };
const regulated = { regulator: 'bafin', for: 'lookup' } as const;
const at = (place: string): Container => ({ ...container(), at: place });
const inside = { stores: { main: at('own:eu/berlin') } };
const of = (prod: Partial<Environment>, more: Parameters<typeof testModel>[0] = {}) =>
  found(testModel({ mesh, dashboard: regulated, prod, ...more }));

describe('rows of a regulated group', () => {
  test('rest within the region of their regulator', () => {
    const replicas = { sql: { on: [at('own:eu/berlin')], serves: ['lookup'] } } as const;
    expect(of({ ...inside, replicas })).toEqual([]);
  });

  test('and in no store or serving replica elsewhere, in any environment', () => {
    const replicas = { sql: { on: [at('own:eu/berlin'), at('own:us/austin')], serves: ['lookup'] } } as const;
    const uat = testEnvironment('uat', { stores: { main: at('own:us/austin') } });
    expect(of({ ...inside, replicas }, { environments: [uat] })).toEqual([
      "error outside-region retail/insight/reporting.dashboard: rows of group 'retail/insight/reporting.dashboard' may rest in replica 'sql' of environment 'prod', which is at 'own:us/austin', but regulator 'bafin' wants them within '*:eu'.",
      "error outside-region retail/insight/reporting.dashboard: rows of group 'retail/insight/reporting.dashboard' may rest in store 'main' of environment 'uat', which is at 'own:us/austin', but regulator 'bafin' wants them within '*:eu'.",
    ]);
  });

  test('a replica for other purposes is no matter, nor an environment that binds none of their sources', () => {
    const replicas = { sql: { on: [at('own:us/austin')], serves: ['analytics'] } } as const;
    const uat = testEnvironment('uat', { connections: {}, stores: { main: at('own:us/austin') } });
    const lines = of({ ...inside, replicas }, { environments: [uat] });
    expect(lines.filter((line) => line.includes('outside-region'))).toEqual([]);
  });

  test('where nobody says where a container is, that is a warning', () => {
    expect(of({})).toEqual([
      "warning outside-region retail/insight/reporting.dashboard: rows of group 'retail/insight/reporting.dashboard' may rest in store 'main' of environment 'prod', which says no location, but regulator 'bafin' wants them within '*:eu'.",
    ]);
  });

  test('a location that nobody has is the finding of another rule alone', () => {
    expect(of({ stores: { main: at('own:mars') } }).map((line) => line.split(' ')[1])).toEqual(['unknown-location']);
  });
});

test('rows of other groups rest anywhere', () => {
  expect(found(testModel({ mesh, prod: { stores: { main: at('own:us/austin') } } }))).toEqual([]);
});

test('a path covers its children, not every name that begins like it', () => {
  const vendors = { own: ['europe'], other: ['eu/berlin'] };
  const lines = of({ stores: { main: at('own:europe') } }, { mesh: { ...mesh, vendors } });
  expect(lines.map((line) => line.split(' ')[1])).toEqual(['outside-region']);
});
