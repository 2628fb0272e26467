import type {
  Column,
  Consent,
  Container,
  Dataset,
  Datastore,
  Declassification,
  Environment,
  Group,
  Mesh,
  Model,
  Offer,
  Team,
  Transformer,
  Workspace,
  Zone,
} from '../../model/model.ts';
import type { Owner } from '../../model/owner.ts';

/**
 * A small model that is right: zone retail with teams sales, whose datastore orders is read by the workspace of team
 * insight. Tests replace the part that they are about.
 */
export function testModel(parts: {
  readonly mesh?: Partial<Mesh>;
  readonly zone?: Partial<Zone>;
  readonly sales?: Partial<Team>;
  readonly insight?: Partial<Team>;
  readonly orders?: Partial<Datastore>;
  readonly customers?: Partial<Dataset>;
  readonly columns?: Readonly<Record<string, Column>>;
  readonly reporting?: Partial<Workspace>;
  readonly dashboard?: Partial<Group>;
  readonly prod?: Partial<Environment>;
  readonly datastores?: readonly Datastore[];
  readonly workspaces?: readonly Workspace[];
  readonly environments?: readonly Environment[];
  readonly transformers?: readonly Transformer[];
  readonly consents?: readonly Consent[];
  readonly declassifications?: readonly Declassification[];
  readonly offers?: readonly Offer[];
}): Model {
  const customers: Dataset = { key: ['id'], columns: testColumns, ...parts.customers };
  const dashboard: Group = { read: [{ from: 'retail/sales/orders.*' }], ...parts.dashboard };
  const orders: Datastore = testDatastore('retail/sales/orders', {
    datasets: { customers: { ...customers, columns: { ...customers.columns, ...parts.columns } } },
    ...parts.orders,
  });
  const reporting: Workspace = { address: 'retail/insight/reporting', groups: { dashboard }, ...parts.reporting };
  const datastores = [orders, ...(parts.datastores ?? [])];
  const workspaces = [reporting, ...(parts.workspaces ?? [])];
  const environments = [testEnvironment('prod', parts.prod), ...(parts.environments ?? [])];
  return {
    language: 1,
    mesh: {
      name: 'acme',
      language: 1,
      owner: approvers(1),
      zones: { retail: approvers(2) },
      environments: Object.fromEntries(environments.map(({ name }) => [name, approvers(3)])),
      ...parts.mesh,
    },
    zones: {
      retail: {
        ...parts.zone,
        name: 'retail',
        teams: { sales: { owner: approvers(4), ...parts.sales }, insight: { owner: approvers(5), ...parts.insight } },
      },
    },
    datastores: Object.fromEntries(datastores.map((d) => [d.address, d])),
    workspaces: Object.fromEntries(workspaces.map((w) => [w.address, w])),
    environments: Object.fromEntries(environments.map((e) => [e.name, e])),
    transformers: Object.fromEntries((parts.transformers ?? []).map((t) => [t.address, t])),
    consents: Object.fromEntries((parts.consents ?? []).map((c) => [c.name, c])),
    declassifications: Object.fromEntries((parts.declassifications ?? []).map((d) => [d.name, d])),
    offers: Object.fromEntries((parts.offers ?? []).map((o) => [o.name, o])),
  };
}

export const testColumns: Readonly<Record<string, Column>> = {
  id: { type: { kind: 'int', bits: 32 } },
  name: { type: { kind: 'text' }, nullable: true },
};

export function testDatastore(address: string, parts: Partial<Datastore> = {}): Datastore {
  return { address, source: 'shop', changes: { mode: 'snapshot' }, datasets: {}, ...parts };
}

export function testEnvironment(name: string, parts: Partial<Environment> = {}): Environment {
  return { name, ledger: container(), connections: { shop: container() }, stores: { main: container() }, ...parts };
}

export function container(engine = 'big'): Container {
  return { engine, fields: { database: 'db' } };
}

function approvers(id: number): Owner {
  return { kind: 'approvers', host: 'github.com', users: [id] };
}
