import { expect, test } from 'vitest';
import type { Column, Model, Predicate, Reference } from '../../model/model.ts';
import { found } from '../testing/found.ts';
import { testModel } from '../testing/model.ts';
import { testTransformer } from '../testing/people.ts';

const owner = { kind: 'approvers', host: 'github.com', users: [1] } as const;
const columns: Record<string, Column> = {
  id: { type: { kind: 'text' } },
  name: { type: { kind: 'text' }, labels: ['pii'] },
};
const readableBy = (...parties: string[]): Predicate => ({ kind: 'readableBy', parties });
const pii: Predicate = { kind: 'classified', as: 'pii' };

/** Zone risk reads zone retail, whose policies are given. */
function crossing(policies: Readonly<Record<string, Predicate>>, read: Reference, zone = 'risk'): readonly string[] {
  const model: Model = testModel({
    mesh: {
      zones: { retail: owner, risk: owner },
      vendors: { own: ['eu/berlin'] },
      classification: { levels: ['internal'], labels: { pii: { dischargedBy: ['null'] } } },
    },
    columns,
    zone: { policies: Object.fromEntries(Object.entries(policies).map(([name, demands]) => [name, { demands }])) },
    reporting: { labels: ['pii'] },
    insight: { may: { labels: ['pii'] } },
    workspaces: [{ address: `${zone}/audit/books`, labels: ['pii'], groups: { all: { read: [read] } } }],
  });
  const risk = { name: 'risk', teams: { audit: { owner, may: { labels: ['pii'] } } } };
  return found({ ...model, zones: { ...model.zones, risk } })
    .filter((line) => line.includes('cross-zone-read'))
    .map((line) => line.split(': ')[0] ?? '');
}

const whole: Reference = { from: 'retail/sales/orders.customers' };
const ids: Reference = { ...whole, columns: ['id'] };
const refused = ['error cross-zone-read risk/audit/books.all'];

test.each<[string, Readonly<Record<string, Predicate>>, Reference, readonly string[]]>([
  ['without any policy', {}, whole, refused],
  ['without one that speaks of readers', { eu: { kind: 'within', regions: ['*:eu'] } }, whole, refused],
  ['by one that names its zone', { who: readableBy('retail', 'risk') }, whole, []],
  ['by one that names its team', { who: readableBy('retail', 'risk/audit') }, whole, []],
  ['by one that names another team', { who: readableBy('retail', 'risk/other') }, whole, refused],
  ['by one that names others', { who: readableBy('retail') }, whole, refused],
  ['by one that forbids others', { who: { kind: 'not', of: readableBy('other') } }, whole, refused],
  [
    'where a policy is about something else',
    { who: { kind: 'when', if: pii, demand: readableBy('risk') } },
    ids,
    refused,
  ],
  ['where a policy is about what is read', { who: { kind: 'when', if: pii, demand: readableBy('risk') } }, whole, []],
  [
    'in one place, as far as policies of readers go',
    { who: { kind: 'all', of: [{ kind: 'within', regions: ['*:eu'] }, readableBy('risk')] } },
    whole,
    [],
  ],
  [
    'of rows of which nothing is seen',
    { who: readableBy('retail') },
    { ...whole, mask: { id: 'null', name: 'null' } },
    refused,
  ],
])('%s', (_, policies, read, expected) => {
  expect(crossing(policies, read)).toEqual(expected);
});

test('within a zone nothing crosses, and a zone that is not there is another finding', () => {
  expect(crossing({}, whole, 'retail')).toEqual([]);
  expect(crossing({}, whole, 'nowhere')).toEqual([]);
});

test('a transformer crosses as a group does', () => {
  const mesh = { zones: { retail: owner, risk: owner } };
  const transformers = [testTransformer({ address: 'risk/audit/clean' })];
  expect(found(testModel({ mesh, transformers })).filter((line) => line.includes('cross-zone-read'))).toEqual([
    "error cross-zone-read risk/audit/clean: transformer 'risk/audit/clean' reads datastore 'retail/sales/orders' of zone 'retail', and no policy of that zone lets zone 'risk' in: nothing crosses a zone unless its owner allows it.",
  ]);
});
