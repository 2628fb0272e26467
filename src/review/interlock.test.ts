import { describe, expect, test } from 'vitest';
import { testColumns, testDatastore, testModel } from '../check/testing/model.ts';
import { testOffer } from '../check/testing/offer.ts';
import { canonicalModel } from '../model/canonical.ts';
import type { Column, Datastore, Model, Reference } from '../model/model.ts';
import { interlock } from './interlock.ts';
import { noOrigin, type Origin } from './origin.ts';
import { approvedBy, propose } from './testing/propose.ts';

const asOfMs = Date.parse('2026-06-01T12:00:00Z');

function found(base: Model, head: Model, origin: Origin = noOrigin): readonly string[] {
  return interlock(propose(canonicalModel(base), canonicalModel(head), origin), asOfMs).map(
    ({ rule, address, message }) => `${rule} ${address}: ${message}`,
  );
}

const reads = (...read: Reference[]) => ({ dashboard: { read } });
const customers = 'retail/sales/orders.customers';
const id: Column = { type: { kind: 'int', bits: 32 } };

describe('nothing goes from under its readers', () => {
  const without: Partial<Parameters<typeof testModel>[0]> = { orders: { datasets: {} } };

  test('a dataset that a group reads, by name or with all', () => {
    expect(
      found(testModel(reads({ from: customers })), testModel({ ...without, ...reads({ from: customers }) })),
    ).toEqual([
      `still-in-use ${customers}: dataset '${customers}' goes, and it is still in use: group 'retail/insight/reporting.dashboard' reads '${customers}'. Owned by approvers user 5.`,
    ]);
    expect(found(testModel({}), testModel(without))).toEqual([
      `still-in-use ${customers}: dataset '${customers}' goes, and it is still in use: group 'retail/insight/reporting.dashboard' reads 'retail/sales/orders.*'. Owned by approvers user 5.`,
    ]);
    expect(
      found(
        testModel(reads({ from: 'retail/other/x.y' })),
        testModel({ ...without, ...reads({ from: 'retail/other/x.y' }) }),
      ),
    ).toEqual([]);
  });

  test('who reads all and knows of the end is in nobody’s way; who reads it by name is', () => {
    const reporting = (...acknowledges: string[]) => ({
      groups: { dashboard: { read: [{ from: 'retail/sales/orders.*' }] } },
      acknowledges,
    });
    for (const address of [customers, 'retail/sales/orders'])
      expect(found(testModel({}), testModel({ ...without, reporting: reporting(address) }))).toEqual([]);
    expect(
      found(testModel({}), testModel({ ...without, reporting: reporting('retail/sales/orders.other') })),
    ).toHaveLength(1);
  });

  test('a column that a reference names: in its columns, its masks or its rows', () => {
    const orders = { datasets: { customers: { key: ['id'], columns: { id } } } };
    const go = (reference: Omit<Reference, 'from'>) =>
      found(
        testModel(reads({ from: customers, ...reference })),
        testModel({ orders, ...reads({ from: customers, ...reference }) }),
      );
    for (const reference of [{ columns: ['id', 'name'] }, { mask: { name: 'null' } }, { rows: "Name <> 'x'" }] as const)
      expect(go(reference)).toHaveLength(1);
    // That all of a dataset has one column less is asked in phase 3.
    for (const reference of [{}, { columns: ['id'] }, { rows: "id <> 'name' and names = 1" }])
      expect(go(reference)).toEqual([]);
  });

  test('what is renamed and says so is still there', () => {
    const renamed = { datasets: { clients: { key: ['id'], columns: testColumns, formerly: ['customers'] } } };
    const other = reads({ from: 'retail/sales/orders.clients' });
    expect(found(testModel(other), testModel({ orders: renamed, ...other }))).toEqual([]);
    const title = {
      datasets: { customers: { key: ['id'], columns: { id, title: { type: { kind: 'text' }, formerly: ['name'] } } } },
    } as const;
    const named = reads({ from: customers, columns: ['id', 'name'] });
    expect(found(testModel(named), testModel({ orders: title, ...named }))).toEqual([]);
  });

  test('a name that another took leads somewhere: phase 3 asks its readers', () => {
    const replaced = {
      key: ['id'],
      columns: { ...testColumns, name: { type: { kind: 'text' } } },
      tombstones: [{ name: 'name', removed: '2026-06-01' }],
    } as const;
    const named = reads({ from: customers, columns: ['id', 'name'] });
    const production = { production: true };
    expect(
      found(
        testModel({ ...named, orders: production }),
        testModel({ ...named, orders: { ...production, datasets: { customers: replaced } } }),
      ),
    ).toEqual([]);
  });

  test('a transformer whose output is there', () => {
    const transformer = { address: 'retail/sales/make', reads: {}, code: { kind: 'image', image: 'i' } } as const;
    const daily = testDatastore('retail/sales/daily', {
      changes: { mode: 'output', transformer: 'retail/sales/make' },
    });
    expect(
      found(testModel({ transformers: [transformer], datastores: [daily] }), testModel({ datastores: [daily] })),
    ).toEqual([
      "still-in-use retail/sales/make: transformer 'retail/sales/make' goes, and it is still in use: datastore 'retail/sales/daily' is made by it. Owned by approvers user 4.",
    ]);
    expect(found(testModel({ transformers: [transformer], datastores: [daily] }), testModel({}))).toEqual([]);
  });
});

describe('in production a deprecation runs out first', () => {
  const alone = reads({ from: 'retail/other/x.y' });
  const orders = (removal: string | null, production = true) => ({
    production,
    ...(removal === null ? {} : { deprecated: { removal } }),
  });
  const go = (removal: string | null) => {
    const base = testModel({ ...alone, orders: orders(removal) });
    return found(base, { ...testModel(alone), datastores: {} });
  };

  test('from its day on, and not before', () => {
    expect(go('2026-06-01')).toEqual([]);
    expect(go('2026-06-02')).toEqual([
      "removal-too-early retail/sales/orders: datastore 'retail/sales/orders' goes, in production, and its deprecation allows that from 2026-06-02 on: whoever builds on it learns of the end before it comes.",
    ]);
    expect(go(null)).toEqual([
      "removal-too-early retail/sales/orders: datastore 'retail/sales/orders' goes, in production, and it was never called deprecated: whoever builds on it learns of the end before it comes.",
    ]);
  });

  test('who deprecated it already is not told to, while readers hold it', () => {
    const helps = (deprecated: Partial<Datastore>) => {
      const base = testModel({ orders: { ...orders(null), ...deprecated } });
      const head = testModel({ orders: { ...orders(null), ...deprecated, datasets: {} } });
      const proposal = propose(canonicalModel(base), canonicalModel(head), noOrigin);
      return interlock(proposal, asOfMs)
        .filter(({ rule }) => rule === 'still-in-use')
        .map(({ help }) => help);
    };
    const rest = 'one that reads .* names what it goes on reading, or lists it in  acknowledges.';
    expect(helps({})).toEqual([`Deprecate it, and let its readers move on first: ${rest}`]);
    expect(helps({ deprecated: { removal: '2026-05-01' } })).toEqual([`Its readers move on first: ${rest}`]);
  });

  test('a datastore that is the same at another address is told of the way to move it', () => {
    const base = testModel({ ...alone, orders: orders(null) });
    const { address: _, ...rest } = base.datastores['retail/sales/orders'] ?? testDatastore('');
    const helps = (more: Partial<Datastore>) => {
      const moved = { 'retail/sales/shop': { ...rest, ...more, address: 'retail/sales/shop' } };
      const proposal = propose(canonicalModel(base), canonicalModel({ ...base, datastores: moved }), noOrigin);
      return interlock(proposal, asOfMs).map(({ help }) => help);
    };
    const before =
      "Merge  deprecated: { removal: 'YYYY-MM-DD', reason: '...' }  on it first; take it out when that day has come.";
    expect(helps({})).toEqual([
      `${before} Or is it to be 'retail/sales/shop'? Then merge an offer of it first, to whose that is,  as: 'retail/sales/shop' , and move it by that.`,
    ]);
    expect(helps({ doc: 'another' })).toEqual([before]);
  });

  test('what is gone under one name and new under another is asked whether it is one thing', () => {
    const column: Column = { type: { kind: 'text' } };
    const helps = (columns: Readonly<Record<string, Column>>) => {
      const of = (more: Readonly<Record<string, Column>>) =>
        testModel({ orders: { production: true, datasets: { customers: { key: ['id'], columns: { id, ...more } } } } });
      return interlock(
        propose(canonicalModel(of({ phone: column })), canonicalModel(of(columns)), noOrigin),
        asOfMs,
      ).map(({ help }) => help);
    };
    const first =
      "Merge  .deprecated({ removal: 'YYYY-MM-DD', reason: '...' })  on it first; take it out when that day has come.";
    expect(helps({})).toEqual([first]);
    expect(helps({ tel: column })).toEqual([
      `${first} Is 'tel' the same under a new name? Then say so on it:  .formerly('phone') .`,
    ]);
    expect(helps({ tel: { ...column, formerly: ['phone'] } })).toEqual([]);
  });

  test('its own or that of what it is in; and that of base: the change cannot bring it', () => {
    const column = (removal: string) => ({
      ...orders(null),
      datasets: { customers: { key: ['id'], columns: { id, name: { ...id, deprecated: { removal } } } } },
    });
    const head = (parts: object) =>
      testModel({
        ...alone,
        orders: { ...orders(null), datasets: { customers: { key: ['id'], columns: { id }, ...parts } } },
      });
    expect(found(testModel({ ...alone, orders: column('2026-05-01') }), head({}))).toEqual([]);
    expect(found(testModel({ ...alone, orders: column('2026-07-01') }), head({}))).toHaveLength(1);
    expect(found(testModel({ ...alone, orders: orders('2026-05-01') }), head({}))).toEqual([]);
    expect(
      found(testModel({ ...alone, orders: orders(null) }), head({ deprecated: { removal: '2020-01-01' } })),
    ).toHaveLength(1);
  });

  test('to leave production is to go, for those who are in it', () => {
    const leaves = (removal: string | null, reporting: object) =>
      found(
        testModel({ orders: orders(removal), reporting }),
        testModel({ orders: orders(removal, false), reporting }),
      );
    const groups = { dashboard: { read: [{ from: 'retail/sales/orders.*' }] } };
    expect(leaves('2026-05-01', { groups })).toEqual([]);
    expect(leaves('2026-05-01', { groups, production: true })).toEqual([
      "still-in-use retail/sales/orders: datastore 'retail/sales/orders' leaves production, and it is still in use: group 'retail/insight/reporting.dashboard' reads 'retail/sales/orders.*'. Owned by approvers user 5.",
    ]);
    expect(leaves(null, { groups }).map((one) => one.split(' ')[0])).toEqual(['removal-too-early']);
  });
});

describe('a party is undeclared when nothing of it is left', () => {
  test('a team', () => {
    const base = testModel({});
    const teams = { sales: base.zones.retail?.teams.sales ?? { owner: base.mesh.owner } };
    const head: Model = { ...base, zones: { retail: { name: 'retail', teams } } };
    expect(found(base, head)).toEqual([
      "undeclared-with-content retail/insight: this change undeclares team 'retail/insight', and of it are left: 'retail/insight/reporting'. What is left would be nobody's.",
    ]);
    expect(found(base, { ...head, workspaces: {} })).toEqual([]);
  });

  test('a zone, with its definition and all its teams', () => {
    const base = testModel({});
    const head: Model = { ...base, mesh: { ...base.mesh, zones: {} } };
    expect(found(base, head)).toEqual([
      "undeclared-with-content retail: this change undeclares zone 'retail', and of it are left: 'retail' and 2 more. What is left would be nobody's.",
    ]);
    expect(found(base, { ...head, zones: {} })).toHaveLength(1);
    expect(found(base, { ...head, zones: {}, workspaces: {}, datastores: {} })).toEqual([]);
    // The zone's file alone: the mesh still declares the zone, and its teams are no more.
    expect(found(base, { ...base, zones: {} }).map((one) => one.split(':')[0])).toEqual([
      'undeclared-with-content retail/insight',
      'undeclared-with-content retail/sales',
    ]);
  });

  test('an environment', () => {
    const base = testModel({});
    const head: Model = { ...base, mesh: { ...base.mesh, environments: {} } };
    expect(found(base, head)).toHaveLength(1);
    expect(found(base, { ...head, environments: {} })).toEqual([]);
  });
});

test('what moves to the receiver of an offer does not go', () => {
  const orders = { production: true };
  const offer = testOffer('retail/sales/orders', { as: 'retail/insight/orders' }, testModel({ orders }));
  const base = testModel({ orders, offers: [offer] });
  const { address: _, ...rest } = base.datastores['retail/sales/orders'] ?? testDatastore('');
  const moved = { 'retail/insight/orders': { ...rest, address: 'retail/insight/orders' } };
  const head: Model = { ...testModel({ ...reads({ from: 'retail/insight/orders.*' }) }), datastores: moved };
  expect(found(base, head, approvedBy(5))).toEqual([]);
  expect(found(base, head, approvedBy(4)).map((one) => one.split(' ')[0])).toEqual(['removal-too-early']);
});
