import { describe, expect, test } from 'vitest';
import type { Column, Container, Predicate, Zone } from '../../model/model.ts';
import { check } from '../check.ts';
import { testFacts } from '../testing/facts.ts';
import { testModel } from '../testing/model.ts';
import { testOutput, testTransformer } from '../testing/people.ts';

const mesh = {
  vendors: { own: ['eu/berlin'], aws: ['us/us-east-1'] },
  classification: { levels: ['public', 'secret'], labels: { pii: { dischargedBy: ['tokenize'] } } },
} as const;
const columns: Record<string, Column> = {
  id: { type: { kind: 'int', bits: 32 }, level: 'public' },
  name: { type: { kind: 'text' }, nullable: true, level: 'public', labels: ['pii'] },
};
const insight = { may: { clearance: 'secret', labels: ['pii'] } };
const reporting = { clearance: 'secret', labels: ['pii'] };
const at = (place?: string): Container => ({
  engine: 'big',
  fields: { database: 'db' },
  ...(place ? { at: place } : {}),
});
const pii: Predicate = { kind: 'classified', as: 'pii' };
const inEu: Predicate = { kind: 'within', regions: ['*:eu'] };
const prod = { connections: { shop: at('own:eu/berlin') }, stores: { main: at('own:eu/berlin') } };
const zoneWith = (demands: Predicate, from?: string): Partial<Zone> => ({
  policies: { rule: { demands, ...(from === undefined ? {} : { from }) } },
});

type Parts = Parameters<typeof testModel>[0];

function violations(parts: Parts, asOf = '2026-01-01') {
  const model = testModel({ mesh, insight, reporting, columns, prod, ...parts });
  return check(model, testFacts, { asOfMs: Date.parse(`${asOf}T00:00:00Z`), places: {} }).filter(
    ({ rule }) => rule === 'policy-violation',
  );
}

const told = (parts: Parts) => violations(parts).map(({ address, message }) => `${address}: ${message}`);

test('a finding names the policy, the place and the way of a row, and points at all of them', () => {
  const [only, ...more] = violations({
    zone: zoneWith({ kind: 'when', if: pii, demand: inEu }),
    prod: { ...prod, replicas: { bi: { on: [at('aws:us/us-east-1')], serves: ['reports'] } } },
  });
  expect(more).toEqual([]);
  expect(only).toMatchObject({
    severity: 'error',
    address: 'retail/insight/reporting.dashboard',
    message:
      "rows of 'retail/sales/orders.customers' with 'pii' may be copied for group 'retail/insight/reporting.dashboard' to replica 'bi' of environment 'prod' (big, at 'aws:us/us-east-1'), and policy 'rule' of zone 'retail' forbids it. The way of a row: retail/sales/orders.customers#name -> replica 'bi' of environment 'prod' (aws:us/us-east-1).",
    help: "The policy demands  when(classified('pii'), within('*:eu')).  Bind a replica in another place, read without the column,  { from: 'retail/sales/orders.customers', columns: [...] },  or ask the owner of zone 'retail'.",
    related: [{ message: "policy 'rule'" }, { message: "replica 'bi' of environment 'prod'" }],
  });
});

test('a replica that does not serve the purpose of who reads, or reads without the column, is no place of the row', () => {
  const zone = zoneWith({ kind: 'when', if: pii, demand: inEu });
  const abroad = (serves: 'reports' | 'lookup') => ({
    ...prod,
    replicas: { bi: { on: [at('aws:us/us-east-1')], serves: [serves] } },
  });
  const read = [{ from: 'retail/sales/orders.customers', columns: ['id'] }];
  expect(told({ zone, prod: abroad('lookup') })).toEqual([]);
  expect(told({ zone, prod: abroad('reports'), dashboard: { read } })).toEqual([]);
});

test('where nobody says where a container is, it is not where a policy wants it', () => {
  const prodWithout = { connections: { shop: at('own:eu/berlin') }, stores: { main: at() } };
  expect(told({ zone: zoneWith({ kind: 'when', if: pii, demand: inEu }), prod: prodWithout })).toEqual([
    "retail/sales/orders.customers#name: rows of 'retail/sales/orders.customers' with 'pii' may rest (staged, stored, with history and delta) in store 'main' of environment 'prod' (big, which says no location), and policy 'rule' of zone 'retail' forbids it. The way of a row: retail/sales/orders.customers#name -> store 'main' of environment 'prod'.",
  ]);
});

test('a store that no route leads to holds nothing; any before the first that always fits may', () => {
  const zone = zoneWith({ kind: 'when', if: pii, demand: inEu });
  const stores = { main: at('own:eu/berlin'), lake: at('aws:us/us-east-1') };
  const routed = (route: Parts['prod']) => violations({ zone, prod: { ...prod, stores, ...route } }).length;
  expect([
    routed({}),
    routed({ route: [{ to: 'main' }] }),
    routed({ route: [{ to: 'main' }, { larger: '1GB', to: 'lake' }] }),
    routed({ route: [{ larger: '1GB', to: 'lake' }, { to: 'main' }] }),
  ]).toEqual([1, 0, 0, 1]);
});

test('before its day a policy warns, and says until when', () => {
  const parts = { zone: zoneWith({ kind: 'not', of: pii }, '2026-03-01') };
  expect(violations(parts, '2026-02-28').map(({ severity, inheritedUntil }) => [severity, inheritedUntil])).toEqual([
    ['warning', '2026-03-01'],
  ]);
  expect(violations(parts, '2026-03-01').map(({ severity, inheritedUntil }) => [severity, inheritedUntil])).toEqual([
    ['error', undefined],
  ]);
});

describe('through a transformer', () => {
  const zone = zoneWith({ kind: 'when', if: pii, demand: { kind: 'readableBy', parties: ['retail/insight'] } });
  const made = testOutput({
    classification: 'public',
    // Whatever its own words say.
    datasets: { people: { key: ['id'], columns: { ...columns, name: { type: { kind: 'text' }, level: 'public' } } } },
  });
  const books = {
    address: 'retail/sales/books',
    clearance: 'secret',
    labels: ['pii'],
    groups: { all: { read: [{ from: 'retail/insight/people.people' }] } },
  };
  const through = (code: Parameters<typeof testTransformer>[0]) =>
    told({ zone, datastores: [made], workspaces: [books], transformers: [testTransformer(code)] });

  test('a column carries what it comes from; where SQL is not read, everything', () => {
    expect(through({})).toEqual([
      expect.stringContaining(
        "rows of 'retail/insight/people.people' with 'pii' are read by group 'retail/sales/books.all', and policy 'rule' of zone 'retail' forbids it. The way of a row: retail/sales/orders.customers#name -> transformer retail/insight/clean -> retail/insight/people.people#id -> group 'retail/sales/books.all'.",
      ),
    ]);
  });

  test('a mask on the way in discharges a label where the label says so', () => {
    const masked = (mask: 'tokenize' | 'hash' | 'null') =>
      through({ reads: { c: { from: 'retail/sales/orders.customers', mask: { name: mask } } } }).length;
    expect([masked('tokenize'), masked('hash'), masked('null')]).toEqual([0, 1, 1]);
  });

  test('transformers in a circle carry what flows in, and end', () => {
    const [self, customers] = [{ from: 'retail/insight/people.people' }, { from: 'retail/sales/orders.customers' }];
    // The way begins outside of the circle, whichever of the reads is first.
    const way = expect.stringMatching(/way of a row: retail\/sales\/orders\.customers#name -> .*people#id -> group/);
    expect(through({ reads: { a: self, c: customers } })).toEqual([way]);
    expect(through({ reads: { c: customers, p: self } })).toEqual([way]);
    // Nothing flows in, and nothing of it is 'pii'.
    expect(through({ reads: { p: self } })).toEqual([]);
  });

  test('a chain of 3,000 transformers is no deeper than one', () => {
    const links = Array.from({ length: 3_000 }, (_, i) => i);
    const addressOf = (i: number) => (i < 0 ? 'retail/sales/orders.customers' : `retail/insight/d${i}.people`);
    const transformers = links.map((i) =>
      testTransformer({ address: `retail/insight/t${i}`, reads: { c: { from: addressOf(i - 1) } } }),
    );
    const datastores = links.map((i) => ({
      ...made,
      address: `retail/insight/d${i}`,
      changes: { mode: 'output', transformer: `retail/insight/t${i}` } as const,
    }));
    const last = { ...books, groups: { all: { read: [{ from: addressOf(2_999) }] } } };
    expect(told({ zone, datastores: datastores.toReversed(), workspaces: [last], transformers })).toHaveLength(1);
  });
});

describe('how long versions are kept', () => {
  const kept = (history: 'none' | 'full', retention?: string) => ({
    history,
    read: [{ from: 'retail/sales/orders.customers' }],
    ...(retention === undefined ? {} : { retention }),
  });
  const min: Predicate = { kind: 'retain', min: '5y' };
  const max: Predicate = { kind: 'retain', max: '5y' };
  test.each([
    ['too short for all who read', min, kept('full', '4y'), 'retail/sales/orders.customers#id'],
    ['by nobody', min, kept('none'), 'retail/sales/orders.customers#id'],
    ['long enough', min, kept('full', '5y'), null],
    ['for ever, which is long enough', min, kept('full'), null],
    ['too long', max, kept('full', '6y'), 'retail/insight/reporting.dashboard'],
    ['for ever, which is too long', max, kept('full'), 'retail/insight/reporting.dashboard'],
    ['not at all, which is not too long', max, kept('none'), null],
  ])('%s', (_, demands, dashboard, address) => {
    expect(violations({ zone: zoneWith(demands), dashboard }).map((one) => one.address)).toEqual(
      address === null ? [] : [address],
    );
  });
});

test('names are those of the zone, each of its kind', () => {
  const named = (what: 'datastore' | 'dataset' | 'column', pattern: string) =>
    violations({ zone: zoneWith({ kind: 'named', what, pattern }) }).map(({ address }) => address);
  expect(named('datastore', 'x')).toEqual(['retail/sales/orders']);
  expect(named('dataset', 'x')).toEqual(['retail/sales/orders.customers']);
  expect(named('column', 'id')).toEqual(['retail/sales/orders.customers#name']);
});

test('what is made elsewhere is not direct, and medallion is a rule between zones', () => {
  const owner = { kind: 'approvers', host: 'github.com', users: [1] } as const;
  const readableBy = (...parties: string[]): Predicate => ({ kind: 'readableBy', parties });
  const group = (from: string) => ({ all: { read: [{ from }] } });
  const model = testModel({
    mesh: { ...mesh, zones: { retail: owner, silver: owner, gold: owner } },
    columns,
    insight,
    reporting,
    prod,
    // Bronze: read directly by silver alone; what silver makes of it, by gold as well.
    zone: {
      policies: {
        direct: { demands: { kind: 'when', if: { kind: 'direct' }, demand: readableBy('retail', 'silver') } },
        'further on': { demands: readableBy('retail', 'silver', 'gold') },
      },
    },
    datastores: [
      { ...testOutput(), address: 'silver/a/people', changes: { mode: 'output', transformer: 'silver/a/clean' } },
    ],
    transformers: [testTransformer({ address: 'silver/a/clean', clearance: 'secret', labels: ['pii'] })],
    workspaces: [
      { address: 'gold/a/fine', clearance: 'secret', labels: ['pii'], groups: group('silver/a/people.people') },
      {
        address: 'gold/a/forbidden',
        clearance: 'secret',
        labels: ['pii'],
        groups: group('retail/sales/orders.customers'),
      },
    ],
  });
  const zones = {
    ...model.zones,
    silver: { name: 'silver', teams: { a: { owner } }, policies: { who: { demands: readableBy('silver', 'gold') } } },
    gold: { name: 'gold', teams: { a: { owner } } },
  };
  const found = check({ ...model, zones }, testFacts, { asOfMs: 0, places: {} });
  expect(
    found
      .filter(({ rule }) => ['policy-violation', 'cross-zone-read'].includes(rule))
      .map(({ rule, address }) => `${rule} ${address}`),
  ).toEqual(['policy-violation gold/a/forbidden.all']);
});
