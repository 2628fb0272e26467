import { expect, test } from 'vitest';
import type { Datastore } from '../model/model.ts';
import { makePlan } from './make.ts';
import { company, orders, stock, table, testFacts, workspace } from './testing/company.ts';

const deprecated = { removal: '2026-12-31' };
const lastMoment = Date.parse('2026-12-30T23:59:59.999Z');
const day = Date.parse('2026-12-31T00:00:00Z');

/** What each group sees, and what is said of it. */
function served(sales: Datastore, asOfMs: number) {
  const reads = workspace({
    both: { read: [{ from: 'retail/sales/orders.*' }] },
    customers: { read: [{ from: 'retail/sales/orders.customers' }] },
    parts: { read: [{ from: 'retail/supply/stock.parts', columns: ['id'] }] },
  });
  const model = company({ datastores: [sales, stock], workspaces: [reads] });
  const { plan, findings } = makePlan(model, 'local', testFacts, {}, asOfMs);
  const groups = plan?.nodes.flatMap((node) =>
    node.kind === 'publish'
      ? [
          `${node.group.split('.')[1]}: ${node.views.map(({ name, columns }) => `${name}(${columns.join(' ')})`).join(', ')}`,
        ]
      : [],
  );
  return { groups, findings: findings.map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`) };
}

const all = [
  'both: customers(id name phone), visits(at page)',
  'customers: customers(id name phone)',
  'parts: parts(id)',
];
const left = (group: string, address: string) =>
  `warning past-removal: group 'retail/insight/reporting.${group}' reads '${address}', which was to be gone from 2026-12-31 on: it is left out of what the group is served.`;

test('a dataset is served until its day has come, then it alone is left out', () => {
  const sales = {
    ...orders,
    datasets: { ...orders.datasets, customers: table(['id', 'name', 'phone'], { deprecated }) },
  };
  expect(served(sales, lastMoment)).toEqual({ groups: all, findings: [] });
  expect(served(sales, day)).toEqual({
    groups: ['both: visits(at page)', 'parts: parts(id)'],
    findings: [left('both', 'retail/sales/orders.customers'), left('customers', 'retail/sales/orders.customers')],
  });
});

test('so is a column', () => {
  const customers = table(['id', 'name', 'phone']);
  const phone = { type: { kind: 'text' }, deprecated } as const;
  const sales = {
    ...orders,
    datasets: { ...orders.datasets, customers: { ...customers, columns: { ...customers.columns, phone } } },
  };
  expect(served(sales, lastMoment).groups).toEqual(all);
  expect(served(sales, day).groups).toEqual([
    'both: customers(id name), visits(at page)',
    'customers: customers(id name)',
    'parts: parts(id)',
  ]);
});

test('so is a whole datastore; who reads others is served as before', () => {
  expect(served({ ...orders, deprecated }, day)).toEqual({
    groups: ['parts: parts(id)'],
    findings: [left('both', 'retail/sales/orders'), left('customers', 'retail/sales/orders')],
  });
});
