import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../base/digest.ts';
import { makePlan, planDigest } from './make.ts';
import type { Node, Plan } from './plan.ts';
import { company, orders, stock, table, testFacts, workspace } from './testing/company.ts';

function planned(...[of]: Parameters<typeof company>): Plan {
  const { plan, findings } = makePlan(company(of), 'local', testFacts, {});
  if (plan === null) throw new Error(findings.map(({ message }) => message).join('\n'));
  return plan;
}

function node<K extends Node['kind']>(plan: Plan, kind: K, id: string): Extract<Node, { kind: K }> {
  const found = plan.nodes.find((each): each is Extract<Node, { kind: K }> => each.kind === kind && each.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${plan.nodes.map((each) => each.id).join(', ')}`);
  return found;
}

function messages(...[of, sizes]: [Parameters<typeof company>[0], Record<string, number>?]): readonly string[] {
  return makePlan(company(of), 'local', testFacts, sizes ?? {}).findings.map(
    ({ severity, rule, address }) => `${severity} ${rule} ${address}`,
  );
}

describe('a plan', () => {
  test('is the same text for the same model, and lists its nodes from source to reader', () => {
    const plan = planned({});
    expect(canonicalJson(planned({}))).toBe(canonicalJson(plan));
    expect(planDigest(plan)).toBe(planDigest(planned({})));
    expect(JSON.parse(canonicalJson(plan))).toEqual(plan);
    expect(plan.nodes.map(({ id, after }) => [id, ...after])).toEqual([
      ['capture:shop'],
      ['stream:retail/sales/orders', 'capture:shop'],
      ['stream:retail/supply/stock'],
      ['replicate:replica:sql:0:retail/sales/orders', 'stream:retail/sales/orders'],
      ['publish:retail/insight/reporting.audit', 'stream:retail/sales/orders'],
      ['publish:retail/insight/reporting.dashboard', 'replicate:replica:sql:0:retail/sales/orders'],
      ['purge:store:main:retail/sales/orders', 'stream:retail/sales/orders'],
      ['verify', 'stream:retail/sales/orders', 'stream:retail/supply/stock'],
    ]);
    expect(Object.keys(plan.containers)).toEqual([
      'ledger',
      'connection:shop',
      'connection:warehouse',
      'replica:sql:0',
      'store:main',
    ]);
  });

  test('as a whole is what it was', () => {
    expect(planned({})).toMatchSnapshot();
  });

  test('divides the strictest latency over the hops, and takes the priority of what is downstream', () => {
    const plan = planned({});
    const stream = node(plan, 'stream', 'stream:retail/sales/orders');
    expect([stream.intervalMs, stream.promisedMs, stream.priority]).toEqual([5_000, 10_000, 'high']);
    expect(node(plan, 'replicate', 'replicate:replica:sql:0:retail/sales/orders').intervalMs).toBe(5_000);
    const unread = node(plan, 'stream', 'stream:retail/supply/stock');
    expect([unread.intervalMs, unread.promisedMs, unread.priority]).toEqual([1_800_000, null, 'low']);
  });

  test('keeps history where a consumer asks for it, deltas where a replica reads them, and copies no column that nobody may see', () => {
    const plan = planned({});
    const stored = node(plan, 'stream', 'stream:retail/sales/orders').datasets;
    expect(stored.map(({ name, layout, keepsDelta, appendOnly }) => [name, layout, keepsDelta, appendOnly])).toEqual([
      ['customers', 'split', true, false],
      ['visits', 'split', false, true],
    ]);
    expect(stored[0]?.from).toEqual({ schema: 'crm', table: 'Customers' });
    expect(stored[1]?.from).toEqual({ schema: 'public', table: 'visits' });
    const [copied] = node(plan, 'replicate', 'replicate:replica:sql:0:retail/sales/orders').datasets;
    expect(copied?.columns.map(({ name }) => name)).toEqual(['id', 'name']);
    expect(copied?.layout).toBe('live');
    expect(copied?.store.delta).toBe('customers__delta');
  });

  test('keeps all versions in one table where the store says so, of datasets with a key that a consumer asks the history of', () => {
    const main = { engine: 'rows', layout: 'history' as const, fields: { database: 'main' } };
    const plan = planned({ environment: { stores: { main } } });
    const { datasets, why } = node(plan, 'stream', 'stream:retail/sales/orders');
    expect(datasets.map(({ name, layout }) => [name, layout])).toEqual([
      ['customers', 'history'],
      ['visits', 'split'],
    ]);
    expect(why).toContainEqual(expect.stringContaining("asks for history, and 'store:main' says layout 'history'."));
    expect(node(plan, 'stream', 'stream:retail/supply/stock').datasets[0]?.layout).toBe('live');
    expect(node(plan, 'purge', 'purge:store:main:retail/sales/orders').datasets[0]?.name).toBe('customers');
  });

  test('keeps versions as long as the longest consumer asks, and for ever where one says no end', () => {
    const read = [{ from: 'retail/sales/orders.customers' }];
    const kept = (...retentions: readonly (string | undefined)[]) => {
      const groups = retentions.map((retention, i) => [
        `g${i}`,
        { history: 'full' as const, read, ...(retention === undefined ? {} : { retention }) },
      ]);
      const plan = planned({ workspaces: [workspace(Object.fromEntries(groups))] });
      return plan.nodes.flatMap((each) =>
        each.kind === 'stream' || each.kind === 'replicate'
          ? each.datasets.filter(({ name, layout }) => name === 'customers' && layout === 'split')
          : [],
      );
    };
    const day = 86_400_000;
    expect(kept('30d', '90d', '1d').map(({ retentionMs }) => retentionMs)).toEqual([90 * day]);
    expect(kept('30d', undefined).map(({ retentionMs }) => retentionMs)).toEqual([undefined]);
  });

  test('moves each dataset alone where the datastore says so', () => {
    const plan = planned({ datastores: [{ ...orders, together: false }], workspaces: [] });
    expect(plan.nodes.map(({ id }) => id)).toEqual([
      'capture:shop',
      'stream:retail/sales/orders.customers',
      'stream:retail/sales/orders.visits',
      'verify',
    ]);
  });

  test('puts the datastore in front of a view where two datasets share a name', () => {
    const other = { ...orders, address: 'retail/sales/returns' };
    const plan = planned({
      datastores: [orders, other],
      workspaces: [
        workspace({ all: { read: [{ from: 'retail/sales/orders.*' }, { from: 'retail/sales/returns.customers' }] } }),
      ],
    });
    expect(node(plan, 'publish', 'publish:retail/insight/reporting.all').views.map(({ name }) => name)).toEqual([
      'orders_customers',
      'visits',
      'returns_customers',
    ]);
  });
});

test('a plan grows with its model, not with the square of it', () => {
  const many = Array.from({ length: 2_000 }, (_, i) => ({
    ...orders,
    address: `retail/sales/s${i}`,
    datasets: Object.fromEntries(Array.from({ length: 5 }, (_, j) => [`d${j}`, table(['id', 'a', 'b'])])),
  }));
  const readers = Array.from({ length: 500 }, (_, i) =>
    workspace(
      { g: { for: 'lookup', read: many.slice(i * 4, i * 4 + 4).map(({ address }) => ({ from: `${address}.*` })) } },
      { address: `retail/insight/w${i}` },
    ),
  );
  const model = company({ datastores: many, workspaces: readers });
  const started = performance.now();
  expect(makePlan(model, 'local', testFacts, {}).plan?.nodes).toHaveLength(1 + 2_000 + 2_000 + 500 + 2_000 + 1);
  // Two to four seconds on two shared cores, a third of it the digest of the model; the square would take minutes.
  expect(performance.now() - started).toBeLessThan(60_000);
});

describe('where a group is served', () => {
  const serving = (group: Parameters<typeof workspace>[0][string]) =>
    node(planned({ workspaces: [workspace({ g: group })] }), 'publish', 'publish:retail/insight/reporting.g');

  test('is the replica that serves its purpose, and the reasons name the others', () => {
    const served = serving({ for: 'analytics', read: [{ from: 'retail/sales/orders.customers' }] });
    expect(served.container).toBe('replica:bi:0');
    expect(served.why).toEqual([
      "Served from 'replica:bi:0' (Columns): the group is for analytics, which this replica serves.",
      "Not in 'replica:sql:0': it serves lookup, and the group is for analytics.",
      "Not in 'store:main': ranked after the one chosen.",
      'Columns has no users: who may read is enforced by freehold alone.',
    ]);
  });

  test('is the store when no replica can hold its columns', () => {
    const served = serving({ for: 'analytics', read: [{ from: 'retail/supply/stock.parts' }] });
    expect(served.container).toBe('store:main');
    expect(served.why).toContain(
      "Not in 'replica:bi:0': Columns cannot hold 'retail/supply/stock.parts#took': it has no intervals.",
    );
  });

  test('is one container for all its datasets, or nowhere', () => {
    const two = { main: { engine: 'rows', fields: {} }, lake: { engine: 'rows', fields: {} } };
    const route = [{ larger: '1GB', to: 'lake' }, { to: 'main' }];
    const read = [{ from: 'retail/supply/stock.parts' }, { from: 'retail/sales/orders.customers' }];
    const model = company({
      workspaces: [workspace({ g: { for: 'analytics', read } })],
      environment: { stores: two, route },
    });
    const { plan, findings } = makePlan(model, 'local', testFacts, { 'retail/supply/stock.parts': 2e9 });
    expect(plan).toBeNull();
    expect(findings.map(({ message }) => message)).toEqual([
      "group 'retail/insight/reporting.g' can be served by no container, since all its datasets must be in one. Not in 'replica:bi:0': Columns cannot hold 'retail/supply/stock.parts#took': it has no intervals. Not in 'replica:sql:0': it serves lookup, and the group is for analytics. Not in a store: its datasets rest in several (store:main, store:lake).",
    ]);
  });
});

describe('what stands in the way', () => {
  test('a connection without binding stops its datastore and its readers, and nothing else', () => {
    const { warehouse } = company({}).environments.local?.connections ?? {};
    const environment = { connections: warehouse === undefined ? {} : { warehouse } };
    const { plan } = makePlan(company({ environment }), 'local', testFacts, {});
    expect(plan?.nodes.map(({ id }) => id)).toEqual(['stream:retail/supply/stock', 'verify']);
    expect(messages({ environment })).toEqual([
      'warning group-not-served retail/insight/reporting.audit',
      'warning group-not-served retail/insight/reporting.dashboard',
      'warning unbound-connection retail/sales/orders',
    ]);
  });

  test.each([
    [
      'several stores and no route',
      {
        environment: { stores: { a: { engine: 'rows', fields: {} }, b: { engine: 'rows', fields: {} } } },
        workspaces: [],
      },
      'error no-store retail/sales/orders',
    ],
    [
      'a way of capture that the source has not',
      { datastores: [{ ...orders, changes: { mode: 'watermark' as const } }], workspaces: [] },
      'error capture-not-offered retail/sales/orders',
    ],
    [
      'a store that cannot hold a column',
      { environment: { stores: { a: { engine: 'columns', fields: {} } } }, workspaces: [], datastores: [stock] },
      'error store-cannot-hold retail/supply/stock',
    ],
    [
      'a reference that leads nowhere',
      { workspaces: [workspace({ g: { read: [{ from: 'retail/sales/orders.nobody' }] } })] },
      'error group-not-served retail/insight/reporting.g',
    ],
    [
      'a column of our own name',
      { datastores: [{ ...orders, datasets: { a: table(['id', 'fh_from']) } }], workspaces: [] },
      'error reserved-name retail/sales/orders.a#fh_from',
    ],
    [
      'a column that an engine would cut',
      { datastores: [{ ...orders, datasets: { a: table(['id', 'c'.repeat(64)]) } }], workspaces: [] },
      `error name-too-long retail/sales/orders.a#${'c'.repeat(64)}`,
    ],
    [
      'two groups of one schema name',
      {
        workspaces: [
          workspace({ b_c: { read: [{ from: 'retail/sales/orders.customers' }] } }, { address: 'retail/insight/a' }),
          workspace({ c: { read: [{ from: 'retail/sales/orders.customers' }] } }, { address: 'retail/insight/a_b' }),
        ],
      },
      'error name-collision retail/insight/a_b.c',
    ],
    [
      'a dataset called as the history of another',
      {
        datastores: [{ ...orders, datasets: { a: table(['id']), a_history: table(['id']) } }],
        workspaces: [workspace({ g: { history: 'full' as const, read: [{ from: 'retail/sales/orders.*' }] } })],
      },
      'error name-collision retail/sales/orders.a_history',
    ],
  ])('%s', (_, of, expected) => {
    expect(messages(of)).toContain(expected);
  });
});
