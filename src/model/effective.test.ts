import { describe, expect, test } from 'vitest';
import { canonicalModel, digestModel } from './canonical.ts';
import { levelOf, readsOf, sourceTable } from './effective.ts';
import type { Column, Group, Model } from './model.ts';
import { parsePhysicalName, physicalNameText } from './physical.ts';
import { placeOf } from './places.ts';

const ana = { kind: 'approvers', host: 'github.com', users: [3, 1, 3] } as const;
const id: Column = { type: { kind: 'int', bits: 32 }, nullable: false, from: 'id', labels: [] };
const name: Column = { type: { kind: 'text' }, labels: ['pii', 'a'] };

function modelOf(group: Group): Model {
  return {
    language: 1,
    mesh: {
      name: 'acme',
      language: 1,
      owner: ana,
      zones: { retail: ana },
      environments: { local: ana },
      classification: { levels: ['public', 'secret'] },
    },
    zones: { retail: { name: 'retail', teams: { sales: { owner: ana } } } },
    datastores: {
      'retail/sales/orders': {
        address: 'retail/sales/orders',
        source: 'shop',
        together: true,
        changes: { mode: 'cdc' },
        datasets: {
          orders: { columns: { id }, appendOnly: false, key: ['id'] },
          customers: { columns: { name, id }, key: [] },
        },
      },
    },
    workspaces: { 'retail/sales/w': { address: 'retail/sales/w', priority: 'normal', groups: { g: group } } },
    environments: {
      local: {
        name: 'local',
        ledger: { engine: 'postgres', fields: {} },
        connections: {},
        stores: {},
      },
    },
    transformers: {},
    consents: {},
    declassifications: {},
    offers: {},
  };
}

function readsIn(group: Group) {
  return readsOf((address) => modelOf(group).datastores[address] ?? null, group);
}

describe('effective', () => {
  test('a wildcard reads every dataset, and a reference to one dataset outweighs it', () => {
    const group: Group = {
      read: [{ from: 'retail/sales/orders.*' }, { from: 'retail/sales/orders.customers', columns: ['name'] }],
    };
    expect(readsIn(group).map((r) => [r.name, r.columns, r.references])).toEqual([
      ['customers', ['name'], [1]],
      ['orders', ['id'], [0]],
    ]);
  });

  test('a reference to nothing is left out, also one named like a member of every object', () => {
    const group: Group = {
      read: [{ from: 'retail/sales/orders.constructor' }, { from: 'a/b/c.*' }, { from: 'nonsense' }],
    };
    expect(readsIn(group)).toEqual([]);
  });

  test('an unclassified column counts as the highest level', () => {
    const model = modelOf({ read: [] });
    const [datastore] = Object.values(model.datastores);
    expect(datastore && levelOf(model.mesh, datastore, id)).toBe('secret');
    expect(datastore && levelOf(model.mesh, { ...datastore, classification: 'public' }, id)).toBe('public');
  });

  test('a physical name may hold dots and quotes', () => {
    for (const text of ['public.Customers', 'Order Details', '"a.b"."c""d"']) {
      const parsed = parsePhysicalName(text);
      expect(parsed && physicalNameText(parsed)).toBe(text);
    }
    expect(parsePhysicalName('a.b.c')).toBe(null);
    expect(sourceTable('orders', { columns: {} })).toEqual({ schema: null, table: 'orders' });
  });

  test('a part without a place of its own stands where the thing around it stands', () => {
    const place = { file: 'a.ts', line: 1, column: 1 };
    expect(placeOf({ 'z/t/o': place }, 'z/t/o.d#c', 'type')).toBe(place);
    expect(placeOf({}, 'z/t/o.d#c')).toBe(null);
  });
});

describe('canonical', () => {
  test('leaves out defaults, sorts sets, and is idempotent', () => {
    const model = canonicalModel(
      modelOf({
        latency: '1h',
        history: 'none',
        read: [{ from: 'b/b/b.*' }, { from: 'a/a/a.*' }, { from: 'b/b/b.*' }],
      }),
    );
    expect(model.workspaces['retail/sales/w']).toEqual({
      address: 'retail/sales/w',
      groups: { g: { read: [{ from: 'a/a/a.*' }, { from: 'b/b/b.*' }] } },
    });
    expect(model.datastores['retail/sales/orders']?.datasets).toEqual({
      customers: { columns: { name: { type: { kind: 'text' }, labels: ['a', 'pii'] }, id: { type: id.type } } },
      orders: { columns: { id: { type: id.type } }, key: ['id'] },
    });
    expect(model.mesh.owner).toEqual({ ...ana, users: [1, 3] });
    expect(canonicalModel(model)).toEqual(model);
  });

  test('the digest sees the order of columns, and no order of anything else', () => {
    const model = canonicalModel(modelOf({ read: [] }));
    const turned = Object.fromEntries(Object.entries(model).reverse()) as typeof model;
    expect(digestModel(turned)).toBe(digestModel(model));
    const swapped = structuredClone(model);
    Object.assign(swapped.datastores['retail/sales/orders']?.datasets.customers ?? {}, {
      columns: { id: { type: id.type }, name },
    });
    expect(digestModel(swapped)).not.toBe(digestModel(model));
  });
});
