/** A small company for tests: two datastores, one store, two replica groups, three groups of consumers. */
import type { EngineFacts, Facts } from '../../engine/facts.ts';
import type { Dataset, Datastore, Environment, Group, Model, Workspace } from '../../model/model.ts';

const owner = { kind: 'approvers', host: 'github', users: [1] } as const;

function engine(of: Partial<EngineFacts> & Pick<EngineFacts, 'engine' | 'title'>): EngineFacts {
  return {
    fields: {},
    captures: ['snapshot', 'cdc'],
    store: true,
    replica: true,
    users: true,
    tableFunctions: true,
    serves: ['lookup', 'reports', 'analytics'],
    identifierLimit: 63,
    caseInsensitiveNames: false,
    holds: ({ kind }) => ({ physical: kind }),
    ...of,
  };
}

export const testFacts: Facts = {
  rows: engine({ engine: 'rows', title: 'Rows' }),
  columns: engine({
    engine: 'columns',
    title: 'Columns',
    captures: [],
    store: false,
    users: false,
    serves: ['analytics', 'reports'],
    holds: ({ kind }) => (kind === 'interval' ? { refused: 'it has no intervals' } : { physical: kind }),
  }),
};

export function table(columns: readonly string[], of: Partial<Dataset> = {}): Dataset {
  return {
    key: ['id'],
    columns: Object.fromEntries(
      columns.map((name) => [name, { type: { kind: name === 'took' ? 'interval' : 'text' } }]),
    ),
    ...of,
  };
}

export const orders: Datastore = {
  address: 'retail/sales/orders',
  source: 'shop',
  changes: { mode: 'cdc' },
  datasets: {
    customers: table(['id', 'name', 'phone'], { from: 'crm.Customers' }),
    visits: table(['at', 'page'], { key: [] }),
  },
};

export const stock: Datastore = {
  address: 'retail/supply/stock',
  source: 'warehouse',
  changes: { mode: 'snapshot' },
  promises: { freshness: '30m' },
  datasets: { parts: table(['id', 'label', 'took']) },
};

export function workspace(groups: Readonly<Record<string, Group>>, of: Partial<Workspace> = {}): Workspace {
  return { address: 'retail/insight/reporting', priority: 'high', readers: ['user:ana', 'group:bi'], groups, ...of };
}

export const local: Environment = {
  name: 'local',
  ledger: { engine: 'rows', fields: { database: 'ledger' } },
  connections: {
    shop: { engine: 'rows', fields: { database: 'shop', password: { secret: 'shop' } } },
    warehouse: { engine: 'rows', fields: { database: 'warehouse' } },
  },
  stores: { main: { engine: 'rows', fields: { database: 'main' } } },
  replicas: {
    sql: { on: [{ engine: 'rows', fields: { database: 'sql' } }], serves: ['lookup'] },
    bi: { on: [{ engine: 'columns', fields: { file: 'bi' } }], serves: ['analytics'] },
  },
};

export function company(of: {
  readonly datastores?: readonly Datastore[];
  readonly workspaces?: readonly Workspace[];
  readonly environment?: Partial<Environment>;
}): Model {
  const environment = { ...local, ...of.environment };
  return {
    language: 1,
    mesh: { name: 'acme', language: 1, owner, zones: { retail: owner }, environments: { local: owner } },
    zones: { retail: { name: 'retail', teams: { sales: { owner }, insight: { owner }, supply: { owner } } } },
    datastores: Object.fromEntries((of.datastores ?? [orders, stock]).map((each) => [each.address, each])),
    workspaces: Object.fromEntries((of.workspaces ?? [defaultWorkspace]).map((each) => [each.address, each])),
    environments: { [environment.name]: environment },
    transformers: {},
    consents: {},
    declassifications: {},
    offers: {},
  };
}

const defaultWorkspace = workspace({
  dashboard: { latency: '10s', for: 'lookup', read: [{ from: 'retail/sales/orders.customers', columns: ['name'] }] },
  audit: { latency: '1h', history: 'full', read: [{ from: 'retail/sales/orders.*' }] },
});
