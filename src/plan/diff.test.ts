import { describe, expect, test } from 'vitest';
import type { Datastore, Environment } from '../model/model.ts';
import { planChanges } from './diff.ts';
import { explain } from './explain.ts';
import { makePlan } from './make.ts';
import type { Plan } from './plan.ts';
import { company, orders, table, testFacts, workspace } from './testing/company.ts';

function planned(of: {
  readonly datastore?: Partial<Datastore>;
  readonly environment?: Partial<Environment>;
  readonly columns?: string[];
}): Plan {
  const { plan } = makePlan(
    company({
      datastores: [{ ...orders, datasets: { customers: table(of.columns ?? ['id', 'name']) }, ...of.datastore }],
      workspaces: [
        workspace({ g: { latency: '10s', read: [{ from: 'retail/sales/orders.customers', columns: ['name'] }] } }),
      ],
      environment: of.environment ?? {},
    }),
    'local',
    testFacts,
    {},
  );
  if (plan === null) throw new Error('no plan');
  return plan;
}

describe('changes of a plan', () => {
  test('there are none between equal plans', () => {
    expect(planChanges(planned({}), planned({}))).toEqual([]);
  });

  test('everything is new where nothing is deployed, and goes where nothing is wanted', () => {
    const made = planChanges(null, planned({}));
    expect(made.map(({ sign, object }) => `${sign} ${object}`)).toEqual([
      '+ container connection:shop',
      '+ container ledger',
      '+ container store:main',
      '+ capture shop',
      '+ stream retail/sales/orders',
      '+ dataset retail/sales/orders.customers',
      '+ group retail/insight/reporting.g',
    ]);
    expect(made.find(({ object }) => object.startsWith('dataset'))?.detail).toEqual([
      "table 'retail__sales__orders'.'customers' in store:main",
      "from 'public'.'customers'",
      'key id',
      'current rows alone',
      'keeps no net changes',
      "column 'id' text not null",
      "column 'name' text not null",
    ]);
    const empty = { ...planned({}), nodes: [], containers: {} };
    expect(planChanges(planned({}), empty).map(({ sign }) => sign)).toEqual(['-', '-', '-', '-', '-', '-', '-']);
  });

  test('a column more is a change in place', () => {
    expect(planChanges(planned({}), planned({ columns: ['id', 'name', 'phone'] }))).toEqual([
      { sign: '~', object: 'dataset retail/sales/orders.customers', detail: ["+ column 'phone' text not null"] },
    ]);
  });

  test('another store is a move', () => {
    const environment = { stores: { other: { engine: 'rows', fields: {} } } };
    const changes = planChanges(planned({}), planned({ environment }));
    expect(changes.map(({ sign, object }) => `${sign} ${object}`)).toEqual([
      '- container store:main',
      '+ container store:other',
      '-/+ stream retail/sales/orders',
      '-/+ dataset retail/sales/orders.customers',
      '-/+ group retail/insight/reporting.g',
    ]);
    expect(changes.find(({ object }) => object.startsWith('stream'))?.detail).toEqual([
      'rests in store:main -> rests in store:other',
      "moves from 'store:main' to 'store:other' with every version: it is copied while it goes on, and readers notice nothing",
    ]);
  });

  test('a stream that is split hands its datasets over, which move nowhere', () => {
    const changes = planChanges(planned({}), planned({ datastore: { together: false } }));
    expect(changes.map(({ sign, object }) => `${sign} ${object}`)).toEqual([
      '- stream retail/sales/orders',
      '+ stream retail/sales/orders.customers',
    ]);
    expect(changes.map(({ detail }) => detail.at(-1))).toEqual([
      "its datasets go on with 'retail/sales/orders.customers'",
      "takes 'customers' over from stream 'retail/sales/orders', with every version: nothing is read anew, and readers notice nothing",
    ]);
  });

  test('a stream that is read otherwise, or from elsewhere, says what is read once more', () => {
    expect(planChanges(planned({}), planned({ datastore: { changes: { mode: 'snapshot' } } })).at(-1)).toEqual({
      sign: '~',
      object: 'stream retail/sales/orders',
      detail: [
        'reads connection:shop by cdc -> reads connection:shop by snapshot',
        '+ compares every row',
        '+ holds what would delete more than 20% of a dataset',
        'read by cdc -> snapshot: all rows are read once and compared; rows that are as they were keep their versions, and what differs becomes one correction',
      ],
    });
    const shop = { engine: 'rows', fields: { database: 'shop2', password: { secret: 'shop' } } };
    expect(planChanges(planned({}), planned({ environment: { connections: { shop } } })).at(-1)).toEqual({
      sign: '~',
      object: 'stream retail/sales/orders',
      detail: [
        'reads rows shop -> rows shop2: unless it is the same database, all rows are read once and compared; rows that are as they were keep their versions, and what differs becomes one correction; changes in between are known by their result alone, and history says so as a gap',
      ],
    });
  });

  test('a secret is shown by its name', () => {
    const text = JSON.stringify(planChanges(null, planned({})));
    expect(text).toContain("password secret 'shop'");
  });
});

describe('an explanation', () => {
  const plan = makePlan(company({}), 'local', testFacts, {}).plan;
  if (plan === null) throw new Error('no plan');

  test('of a dataset says what happens to it, and nothing of its neighbours', () => {
    const { reasons } = explain(plan, 'retail/sales/orders.customers');
    expect(reasons.map(({ node }) => node)).toEqual([
      'capture:shop',
      'stream:retail/sales/orders',
      'replicate:replica:sql:0:retail/sales/orders',
      'publish:retail/insight/reporting.audit',
      'publish:retail/insight/reporting.dashboard',
      'purge:store:main:retail/sales/orders',
      'verify',
    ]);
    const said = reasons.flatMap(({ says }) => says).join('\n');
    expect(said).toContain("'customers' keeps every version: group 'retail/insight/reporting.audit' asks for history.");
    expect(said).toContain("'customers' is copied without 'phone', which no group served here may read.");
    expect(said).not.toContain("'visits' keeps");
  });

  test('of a group says where it is served and why', () => {
    const { reasons } = explain(plan, 'retail/insight/reporting.dashboard');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]?.says[1]).toBe(
      "Served from 'replica:sql:0' (Rows): the group is for lookup, which this replica serves.",
    );
  });

  test('of what the plan has not is empty', () => {
    expect(explain(plan, 'retail/sales/nothing').reasons).toEqual([]);
  });
});
