import type { Facts, Purpose } from '../engine/facts.ts';
import { type ObjectAddress, parseObjectAddress } from '../model/address.ts';
import type { Container, Dataset, Datastore, Environment, Group, Model, Workspace } from '../model/model.ts';
import { readsOf } from './reads.ts';
import type { Spot } from './rule.ts';

/** What the rules look at: the model, and one index over it that is made once for each check. */
export type Subject = {
  readonly model: Model;
  readonly facts: Facts;
  /** The time of the check: milliseconds since 1970-01-01T00:00:00Z. */
  readonly asOfMs: number;
  readonly datasets: readonly DatasetEntry[];
  readonly groups: readonly GroupEntry[];
  /** Groups by their address. */
  readonly groupAt: ReadonlyMap<string, GroupEntry>;
  /** Reads by address of the dataset that they read. */
  readonly readers: ReadonlyMap<string, readonly Read[]>;
  readonly containers: readonly ContainerEntry[];
  /** Containers that bind a connection's name, one for each environment that does. */
  readonly bindings: ReadonlyMap<string, readonly ContainerEntry[]>;
};

export type DatasetEntry = {
  /** `retail/sales/orders.customers`. */
  readonly address: string;
  readonly name: string;
  readonly dataset: Dataset;
  readonly datastore: Datastore;
  readonly spot: Spot;
};

export type GroupEntry = {
  /** `retail/insight/reporting.dashboard`. */
  readonly address: string;
  readonly name: string;
  readonly group: Group;
  readonly workspace: Workspace;
  readonly spot: Spot;
  /** Every dataset that its references reach; references that reach nothing are found by rules of their own. */
  readonly reads: readonly Read[];
};

export type Read = {
  readonly group: Omit<GroupEntry, 'reads'>;
  readonly dataset: DatasetEntry;
  /** Names of the columns read, as the reference lists them, or all. */
  readonly columns: readonly string[];
  /** The reference. */
  readonly spot: Spot;
};

export type ContainerEntry = {
  readonly environment: Environment;
  readonly container: Container;
  readonly spot: Spot;
} & (
  | { readonly role: 'ledger' }
  | { readonly role: 'connection' | 'store'; readonly name: string }
  | { readonly role: 'replica'; readonly name: string; readonly serves: readonly Purpose[] }
);

export function subjectOf(model: Model, facts: Facts, asOfMs: number): Subject {
  const datasets = Object.values(model.datastores).flatMap(datasetsOf);
  const byDatastore = new Map<string, DatasetEntry[]>();
  for (const entry of datasets) append(byDatastore, entry.datastore.address, entry);
  const byAddress = new Map(datasets.map((entry) => [entry.address, entry]));
  const groups = Object.values(model.workspaces).flatMap((workspace) =>
    groupsOf(workspace).map((entry) => ({ ...entry, reads: readsOf(entry, byAddress, byDatastore) })),
  );
  const readers = new Map<string, Read[]>();
  for (const read of groups.flatMap((entry) => entry.reads)) append(readers, read.dataset.address, read);
  const containers = Object.values(model.environments).flatMap(containersOf);
  const bindings = new Map<string, ContainerEntry[]>();
  for (const entry of containers) if (entry.role === 'connection') append(bindings, entry.name, entry);
  const groupAt = new Map(groups.map((entry) => [entry.address, entry]));
  return { model, facts, asOfMs, datasets, groups, groupAt, readers, containers, bindings };
}

/** The spot of an object as a whole. */
export function objectSpot(address: string): Spot {
  return { address, object: address, path: [] };
}

export function meshSpot(model: Model): Spot {
  return objectSpot(model.mesh.name);
}

/** The spot of a part of an object or dataset; its address is the same. */
export function within(spot: Spot, ...path: readonly string[]): Spot {
  return { ...spot, path: [...spot.path, ...path] };
}

export function columnSpot(entry: DatasetEntry, column: string): Spot {
  return { ...within(entry.spot, 'columns', column), address: `${entry.address}#${column}` };
}

/** Zone, team and name of a datastore or workspace; the parts of a bad address are empty. */
export function partsOf(address: string): ObjectAddress {
  return parseObjectAddress(address) ?? { zone: '', team: '', object: '' };
}

function datasetsOf(datastore: Datastore): DatasetEntry[] {
  return Object.entries(datastore.datasets).map(([name, dataset]) => {
    const address = `${datastore.address}.${name}`;
    return {
      address,
      name,
      dataset,
      datastore,
      spot: { address, object: datastore.address, path: ['datasets', name] },
    };
  });
}

function groupsOf(workspace: Workspace): Omit<GroupEntry, 'reads'>[] {
  return Object.entries(workspace.groups).map(([name, group]) => {
    const address = `${workspace.address}.${name}`;
    return { address, name, group, workspace, spot: { address, object: workspace.address, path: ['groups', name] } };
  });
}

function containersOf(environment: Environment): ContainerEntry[] {
  const spot = (...path: string[]): Spot => ({ address: environment.name, object: environment.name, path });
  return [
    { environment, role: 'ledger', container: environment.ledger, spot: spot('ledger') },
    ...Object.entries(environment.connections).map(
      ([name, container]) =>
        ({ environment, role: 'connection', name, container, spot: spot('connections', name) }) as const,
    ),
    ...Object.entries(environment.stores).map(
      ([name, container]) => ({ environment, role: 'store', name, container, spot: spot('stores', name) }) as const,
    ),
    ...Object.entries(environment.replicas ?? {}).flatMap(([name, { on, serves }]) =>
      on.map(
        (container, i) =>
          ({
            environment,
            role: 'replica',
            name,
            serves,
            container,
            spot: spot('replicas', name, 'on', String(i)),
          }) as const,
      ),
    ),
  ];
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}
