import { must } from '../base/must.ts';
import type { Facts, Purpose } from '../engine/facts.ts';
import {
  columnAddress,
  environmentAddress,
  memberAddress,
  meshAddress,
  type ObjectAddress,
  parseObjectAddress,
} from '../model/address.ts';
import { readsOf } from '../model/effective.ts';
import type { Container, Dataset, Datastore, Environment, Group, Model, Reference, Workspace } from '../model/model.ts';
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
};

export type GroupEntry = {
  /** `retail/insight/reporting.dashboard`. */
  readonly address: string;
  readonly name: string;
  readonly group: Group;
  readonly workspace: Workspace;
  /** Every dataset that its references reach; references that reach nothing are found by rules of their own. */
  readonly reads: readonly Read[];
};

export type Read = {
  readonly group: Omit<GroupEntry, 'reads'>;
  readonly dataset: DatasetEntry;
  /** Names of the columns read, in the dataset's order. */
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
  const byAddress = new Map(datasets.map((entry) => [entry.address, entry]));
  const groups = Object.values(model.workspaces).flatMap((workspace) => groupsOf(workspace, model, byAddress));
  const groupAt = new Map(groups.map((entry) => [entry.address, entry]));
  const readers = new Map<string, Read[]>();
  for (const read of groups.flatMap((entry) => entry.reads)) append(readers, read.dataset.address, read);
  const containers = Object.values(model.environments).flatMap(containersOf);
  const bindings = new Map<string, ContainerEntry[]>();
  for (const entry of containers) if (entry.role === 'connection') append(bindings, entry.name, entry);
  return { model, facts, asOfMs, datasets, groups, groupAt, readers, containers, bindings };
}

/** `store 'main' of environment 'prod'`. */
export function containerWords(entry: ContainerEntry): string {
  const what = entry.role === 'ledger' ? 'the ledger' : `${entry.role} '${entry.name}'`;
  return `${what} of environment '${entry.environment.name}'`;
}

/** The spot of a mesh, an object or a dataset, or of a part of it. */
export function spotOf(address: string, ...path: readonly (string | number)[]): Spot {
  return { address, path };
}

export const meshSpot = (...path: readonly (string | number)[]) => spotOf(meshAddress, ...path);

export const environmentSpot = (name: string, ...path: readonly (string | number)[]) =>
  spotOf(environmentAddress(name), ...path);

/** A reference stands under what it names, since their order has no meaning. */
export function referenceSpot(group: string, reference: Reference): Spot {
  return spotOf(group, 'read', reference.from);
}

export function teamSpot(zone: string, team: string, ...path: readonly string[]): Spot {
  return spotOf(`${zone}/${team}`, ...path);
}

/** A part of a part. */
export function within(spot: Spot, ...path: readonly string[]): Spot {
  return { ...spot, path: [...spot.path, ...path] };
}

export function columnSpot({ datastore, name }: DatasetEntry, column: string): Spot {
  return spotOf(columnAddress(datastore.address, name, column));
}

/** Zone, team and name of a datastore or workspace; the parts of a bad address are empty. */
export function partsOf(address: string): ObjectAddress {
  return parseObjectAddress(address) ?? { zone: '', team: '', object: '' };
}

function datasetsOf(datastore: Datastore): DatasetEntry[] {
  return Object.entries(datastore.datasets).map(([name, dataset]) => {
    return { address: memberAddress(datastore.address, name), name, dataset, datastore };
  });
}

function groupsOf(workspace: Workspace, model: Model, byAddress: ReadonlyMap<string, DatasetEntry>): GroupEntry[] {
  return Object.entries(workspace.groups).map(([name, group]) => {
    const entry = { address: memberAddress(workspace.address, name), name, group, workspace };
    const reads = readsOf(model, group).map((read): Read => {
      const address = memberAddress(read.datastore.address, read.name);
      const reference = must(group.read[read.references[0] ?? 0], address);
      const spot = referenceSpot(entry.address, reference);
      return { group: entry, dataset: must(byAddress.get(address), address), columns: read.columns, spot };
    });
    return { ...entry, reads };
  });
}

function containersOf(environment: Environment): ContainerEntry[] {
  const { name: environmentName, ledger, connections, stores, replicas = {} } = environment;
  const spot = (...path: (string | number)[]) => environmentSpot(environmentName, ...path);
  const entries: ContainerEntry[] = [{ environment, role: 'ledger', container: ledger, spot: spot('ledger') }];
  for (const [name, container] of Object.entries(connections))
    entries.push({ environment, role: 'connection', name, container, spot: spot('connections', name) });
  for (const [name, container] of Object.entries(stores))
    entries.push({ environment, role: 'store', name, container, spot: spot('stores', name) });
  for (const [name, { on, serves }] of Object.entries(replicas))
    for (const [i, container] of on.entries())
      entries.push({ environment, role: 'replica', name, serves, container, spot: spot('replicas', name, 'on', i) });
  return entries;
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}
