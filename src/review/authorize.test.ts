import { describe, expect, test } from 'vitest';
import { testDatastore, testModel } from '../check/testing/model.ts';
import { testOffer } from '../check/testing/offer.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Model, Places } from '../model/model.ts';
import { authorize } from './authorize.ts';
import { noOrigin, type Origin } from './origin.ts';
import { approvedBy, fromRepository, propose } from './testing/propose.ts';

/** In the model of tests user 1 owns the mesh, 2 the zone, 3 the environments, 4 team sales, 5 team insight. */
const [mesh, zone, platform, sales, insight] = [1, 2, 3, 4, 5].map((user) => approvedBy(user));
const asOfMs = Date.parse('2026-06-01T12:00:00Z');

type Parts = Parameters<typeof propose>[3];

function found(base: Model, head: Model, origin: Origin = noOrigin, parts: Parts = {}): readonly string[] {
  return authorize(propose(canonicalModel(base), canonicalModel(head), origin, parts), asOfMs).map(
    ({ rule, address, message }) => `${rule} ${address}: ${message}`,
  );
}

const base = testModel({});
const narrowed = testModel({ columns: { id: { type: { kind: 'int', bits: 64 } } } });

describe('whose word a change is', () => {
  test('the owner in base may change it, and nobody else', () => {
    expect(found(base, narrowed, sales)).toEqual([]);
    expect(found(base, narrowed, insight)).toEqual([
      "not-the-owner retail/sales/orders.customers#id: datastore 'retail/sales/orders' is the word of team 'retail/sales' (approvers user 4), and this change, from a branch of the model's own repository, approved by user 5, changes type.bits of 'retail/sales/orders.customers#id' from 32 to 64.",
    ]);
    for (const origin of [mesh, zone, platform, fromRepository(4), noOrigin])
      expect(found(base, narrowed, origin)).toHaveLength(1);
  });

  test.each([
    ['the mesh', { mesh: { doc: 'Acme' } }, mesh],
    ['a zone', { zone: { doc: 'Retail' } }, zone],
    ['a team, declared by its zone', { sales: { may: { clearance: 'high' } } }, zone],
    ['how a team is reached, which its zone says', { sales: { contact: { chat: '#sales' } } }, zone],
    ['an environment', { prod: { doc: 'Production' } }, platform],
    ['a workspace', { reporting: { doc: 'Reports' } }, insight],
    ['an offer', { offers: [testOffer('retail/sales')] }, sales],
  ])('%s has one owner', (_, parts, owner) => {
    const head = testModel(parts);
    for (const origin of [mesh, zone, platform, sales, insight])
      expect(found(base, head, origin)).toHaveLength(origin === owner ? 0 : 1);
  });

  test('each owner that a change touches is its origin, one finding for each owner and object', () => {
    const both = testModel({
      columns: narrowed.datastores['retail/sales/orders']?.datasets.customers?.columns ?? {},
      reporting: { doc: 'x' },
    });
    expect(found(base, both, approvedBy(4, 5))).toEqual([]);
    expect(found(base, both, sales).map((one) => one.split(':')[0])).toEqual([
      'not-the-owner retail/insight/reporting',
    ]);
    expect(found(base, both).map((one) => one.split(' ')[0])).toEqual(['not-the-owner', 'not-the-owner']);
  });

  test('a statement that goes over into another name needs the word of both', () => {
    const declassification = (owner: string) => ({
      name: 'd',
      zone: owner,
      transformer: 'retail/sales/t',
      of: ['retail/sales/orders.daily'],
      code: '0'.repeat(64),
      reason: 'r',
      until: '2027-01-01',
    });
    const zones = { retail: base.mesh.zones.retail ?? base.mesh.owner, risk: base.mesh.owner };
    const [was, is] = ['retail', 'risk'].map((name) =>
      testModel({ mesh: { zones }, declassifications: [declassification(name)] }),
    );
    expect(found(was ?? base, is ?? base, zone)).toHaveLength(1);
    expect(found(was ?? base, is ?? base, mesh)).toHaveLength(1);
    expect(found(was ?? base, is ?? base, approvedBy(1, 2))).toEqual([]);
  });

  test('numbers and hosts count, names do not', () => {
    const owner = { kind: 'repository', host: 'github.com', name: 'acme/sales', id: 7 } as const;
    const [before, after] = [
      {},
      { columns: narrowed.datastores['retail/sales/orders']?.datasets.customers?.columns ?? {} },
    ].map((parts) => testModel({ sales: { owner }, ...parts }));
    const may = (origin: Origin) => found(before ?? base, after ?? base, origin).length === 0;
    expect(may(fromRepository(7, 'acme/renamed'))).toBe(true);
    expect(may(fromRepository(8, 'acme/sales'))).toBe(false);
    expect(may({ ...fromRepository(7), host: 'git.example' })).toBe(false);
    expect(
      may({ host: 'github.com', repository: { id: null, name: 'acme/sales' }, approvers: [], isOfficial: false }),
    ).toBe(true);
    expect(
      may({ host: 'github.com', repository: { id: null, name: 'acme/sales' }, approvers: [], isOfficial: true }),
    ).toBe(false);
  });

  test('where base has no mesh there is nobody to ask', () => {
    expect(authorize(propose(null, base, noOrigin), asOfMs)).toEqual([]);
  });
});

describe('what base declares nobody for', () => {
  const withTeam = testModel({
    zone: {},
    datastores: [testDatastore('retail/fresh/stock')],
  });
  const declared: Model = {
    ...withTeam,
    zones: {
      retail: { name: 'retail', teams: { ...withTeam.zones.retail?.teams, fresh: { owner: base.mesh.owner } } },
    },
  };

  test('cannot come in with the change that declares it, not even by everybody', () => {
    expect(found(base, declared, approvedBy(1, 2, 3, 4, 5))).toEqual([
      "no-owner retail/fresh/stock: datastore 'retail/fresh/stock' is the word of team 'retail/fresh', which nobody owns before this change, since the change itself declares it: so nobody may speak for it.",
    ]);
    expect(found({ ...declared, datastores: base.datastores }, declared, mesh)).toEqual([]);
  });

  test('a zone is defined first by its owner, once the mesh declares it, with nothing but the zone', () => {
    const zones = { ...base.mesh.zones, risk: base.mesh.owner };
    const risk = { name: 'risk', teams: { x: { owner: base.mesh.owner } } };
    const listed = testModel({ mesh: { zones } });
    const defined: Model = { ...listed, zones: { ...listed.zones, risk } };
    expect(found(base, defined, mesh)).toHaveLength(1);
    expect(found(listed, defined, mesh)).toEqual([]);
    expect(found(listed, defined, zone)).toHaveLength(1);
    const filled = { ...defined, datastores: { ...defined.datastores, 'risk/x/y': testDatastore('risk/x/y') } };
    expect(found(listed, filled, mesh).map((one) => one.split(':')[0])).toEqual(['no-owner risk/x/y']);
  });

  test('what is left over of a team that is gone is swept away by the owner around it', () => {
    const orphaned = testModel({ datastores: [testDatastore('retail/gone/stock')] });
    expect(found(orphaned, base, zone)).toEqual([]);
    expect(found(orphaned, base, mesh).map((one) => one.split(':')[0])).toEqual(['no-owner retail/gone/stock']);
  });
});

test('files that no object is made from are the mesh’s', () => {
  const files = [{ path: '.github/workflows/review.yml', change: 'changed' }] as const;
  expect(found(base, base, mesh, { files })).toEqual([]);
  expect(found(base, base, sales, { files })).toEqual([
    "unowned-file null: '.github/workflows/review.yml' is changed and no object of the model is made from it, so it belongs to the mesh (approvers user 1); this change is from a branch of the model's own repository, approved by user 4.",
  ]);
});

test('nobody renames the mesh, not even its owner', () => {
  expect(found(base, testModel({ mesh: { name: 'other' } }), mesh)).toEqual([
    "mesh-replaced mesh: this change renames to 'other' the mesh 'acme': every owner, every statement and every environment is of that mesh, so no change of it may be one to another.",
  ]);
});

test('a finding stands in head where it can, with the other places and whose contact to ask; in base where all of it is gone', () => {
  const at = (file: string, line: number) => ({ file, line, column: 1 });
  const places = (file: string): Places => ({
    'retail/sales/orders': at(file, 1),
    'retail/sales/orders.customers': at(file, 5),
    'retail/sales/orders.customers#name': at(file, 7),
    'retail/sales/orders>doc': at(file, 2),
  });
  const contact = { sales: { contact: { chat: '#sales' } } };
  const before = canonicalModel(testModel(contact));
  const after = canonicalModel(
    testModel({
      ...contact,
      orders: {
        doc: 'x',
        datasets: { customers: { key: ['id'], columns: { id: { type: { kind: 'int', bits: 32 } } } } },
      },
    }),
  );
  const sides = { base: { places: places('old.ts') }, head: { places: places('new.ts') } };
  const [changed] = authorize(propose(before, after, insight ?? noOrigin, sides), asOfMs);
  expect(changed).toMatchObject({
    address: 'retail/sales/orders',
    at: at('new.ts', 7),
    related: [{ message: `adds doc of 'retail/sales/orders' as "x"`, at: at('new.ts', 2) }],
    owner: 'approvers user 4 (chat #sales)',
    help: 'Take it out of this change, or ask user 4 to approve its head commit.',
  });
  const gone: Model = { ...before, datastores: {} };
  expect(authorize(propose(before, gone, insight ?? noOrigin, sides), asOfMs)).toMatchObject([
    { at: at('old.ts', 1), related: [] },
  ]);
});
