import { expect, test } from 'vitest';
import type { Datastore, Model, Workspace } from '../model/model.ts';
import { check } from './check.ts';
import { testFacts } from './testing/facts.ts';
import { found } from './testing/found.ts';
import { testColumns, testDatastore, testModel } from './testing/model.ts';

const asOfMs = Date.parse('2026-01-01T00:00:00Z');

test('a model that is right has no findings', () => {
  expect(found(testModel({}))).toEqual([]);
});

test('a finding carries the place of the nearest part, and the owner of the object', () => {
  const model = testModel({ customers: { key: ['idd'] } });
  const places = {
    'retail/sales/orders': { file: 'orders.ts', line: 1, column: 16 },
    'retail/sales/orders.customers': { file: 'orders.ts', line: 5, column: 16 },
  };
  expect(check(model, testFacts, { asOfMs, places })).toMatchObject([
    {
      rule: 'unknown-key-column',
      severity: 'error',
      address: 'retail/sales/orders.customers',
      at: { file: 'orders.ts', line: 5, column: 16 },
      owner: 'approvers user 4',
      help: "Name a column of the dataset, by the name it has here (not at the source). Did you mean 'id'?",
    },
  ]);
});

test('the owner stands with how its team is reached', () => {
  const model = testModel({ sales: { contact: { chat: '#sales', oncall: 'sales' } }, customers: { key: ['idd'] } });
  expect(check(model, testFacts, { asOfMs, places: {} })).toMatchObject([
    { owner: 'approvers user 4 (chat #sales, oncall sales)' },
  ]);
});

test('the same model gives the same findings, whatever order its parts were read in', () => {
  const model = testModel({ customers: { key: ['x'] }, orders: { source: 'shp' }, dashboard: { latency: 'soon' } });
  const turned = { ...model, datastores: Object.fromEntries(Object.entries(model.datastores).reverse()) };
  const once = check(model, testFacts, { asOfMs, places: {} });
  expect(check(turned, testFacts, { asOfMs, places: {} })).toEqual(once);
});

test('names that every JavaScript object has are names like any other', () => {
  const model = testModel({
    orders: { source: 'constructor', address: 'retail/constructor/orders' },
    dashboard: { read: [{ from: 'retail/sales/to_string.constructor', columns: ['constructor'] }] },
    reporting: { address: 'constructor/insight/reporting' },
  });
  const rules = new Set(check(model, testFacts, { asOfMs, places: {} }).map((f) => f.rule));
  expect([...rules].sort()).toEqual(['unknown-connection', 'unknown-dataset', 'unknown-team', 'unknown-zone']);
});

test('ten times the model is ten times the work, not a hundred times', () => {
  const workOf = (datastores: number) => {
    const { model, reads } = counted(sizedModel(datastores));
    expect(check(model, testFacts, { asOfMs, places: {} })).toEqual([]);
    return reads();
  };
  expect(workOf(200) / workOf(20)).toBeLessThan(12);
});

function sizedModel(datastores: number): Model {
  const numbers = Array.from({ length: datastores }, (_, i) => i);
  return testModel({
    datastores: numbers.map((i): Datastore => {
      const tables = Array.from({ length: 10 }, (_, j) => `d${j}`);
      const datasets = tables.map((name) => [name, { key: ['id'], from: `s${i}.${name}`, columns: testColumns }]);
      return testDatastore(`retail/sales/s${i}`, { datasets: Object.fromEntries(datasets) });
    }),
    workspaces: numbers.map((i): Workspace => {
      return { address: `retail/insight/w${i}`, groups: { g: { read: [{ from: `retail/sales/s${i}.*` }] } } };
    }),
  });
}

/** The model, and how many of its members have been read. */
function counted(model: Model): { readonly model: Model; readonly reads: () => number } {
  let count = 0;
  const known = new WeakMap<object, object>();
  const watch = <T extends object>(target: T): T => {
    const watched = new Proxy(target, {
      get(object, key) {
        count++;
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== 'object' || value === null) return value;
        const proxy = known.get(value) ?? watch(value);
        known.set(value, proxy);
        return proxy;
      },
    });
    return watched;
  };
  return { model: watch(model), reads: () => count };
}
