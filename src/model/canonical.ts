import { byCodePoint, digestJson } from '../base/digest.ts';
import { defaultLatency, defaultPriority, defaultPurpose } from './effective.ts';
import type { Column, Dataset, Datastore, Group, Mesh, Model, Reference, Workspace } from './model.ts';
import type { Owner } from './owner.ts';

/** The one form of a model: what equals its default is left out, sets are sorted by code point. Idempotent. */
export function canonicalModel(model: Model): Model {
  return {
    language: 1,
    mesh: canonicalMesh(model.mesh),
    zones: each(model.zones, (zone) => ({
      ...zone,
      teams: each(zone.teams, (team) => ({
        ...team,
        owner: canonicalOwner(team.owner),
        ...(team.may === undefined ? {} : { may: withSets(team.may, ['labels', 'readers']) }),
      })),
    })),
    datastores: each(model.datastores, canonicalDatastore),
    workspaces: each(model.workspaces, canonicalWorkspace),
    environments: each(model.environments, (environment) =>
      environment.replicas === undefined
        ? environment
        : { ...environment, replicas: each(environment.replicas, (r) => ({ ...r, serves: sorted(r.serves) })) },
    ),
  };
}

/** SHA-256 of a canonical model. Columns keep their order in it, for views show them in that order. */
export function digestModel(model: Model): string {
  return digestJson({
    ...model,
    datastores: each(model.datastores, (datastore) => ({
      ...datastore,
      datasets: each(datastore.datasets, (dataset) => ({ ...dataset, columns: Object.entries(dataset.columns) })),
    })),
  });
}

function canonicalMesh(mesh: Mesh): Mesh {
  return {
    ...mesh,
    owner: canonicalOwner(mesh.owner),
    zones: each(mesh.zones, canonicalOwner),
    environments: each(mesh.environments, canonicalOwner),
    ...(mesh.vendors === undefined ? {} : { vendors: each(mesh.vendors, sorted) }),
  };
}

function canonicalOwner(owner: Owner): Owner {
  return owner.kind === 'approvers' ? { ...owner, users: [...new Set(owner.users)].sort((a, b) => a - b) } : owner;
}

function canonicalDatastore(datastore: Datastore): Datastore {
  return {
    ...without(datastore, { production: false, together: true, doc: '' }),
    // An empty list of consumers is a closed door, an absent one an open door: it stays.
    ...(datastore.consumers === undefined ? {} : { consumers: sorted(datastore.consumers) }),
    datasets: each(datastore.datasets, canonicalDataset),
  };
}

function canonicalDataset(dataset: Dataset): Dataset {
  const { key, ...rest } = without(dataset, { appendOnly: false, doc: '' });
  return {
    ...rest,
    ...(key === undefined || key.length === 0 ? {} : { key }),
    columns: Object.fromEntries(
      Object.entries(dataset.columns).map(([name, column]) => [name, canonicalColumn(name, column)]),
    ),
  };
}

function canonicalColumn(name: string, column: Column): Column {
  return withSets(without(column, { nullable: false, doc: '', from: name }), ['labels']);
}

function canonicalWorkspace(workspace: Workspace): Workspace {
  return {
    ...withSets(without(workspace, { production: false, priority: defaultPriority, doc: '' }), ['labels', 'readers']),
    groups: each(workspace.groups, canonicalGroup),
  };
}

function canonicalGroup(group: Group): Group {
  const read = group.read.map(canonicalReference);
  return {
    ...without(group, { latency: defaultLatency, for: defaultPurpose, history: 'none' as const, doc: '' }),
    read: [...new Map(read.map((r) => [JSON.stringify(r), r])).entries()]
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([, r]) => r),
  };
}

function canonicalReference(reference: Reference): Reference {
  return reference.columns === undefined
    ? { from: reference.from }
    : { from: reference.from, columns: sorted(reference.columns) };
}

/** Members by code point, except columns, which keep their order. */
function each<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([name, value]) => [name, change(value)]),
  );
}

function sorted<T extends string>(set: readonly T[]): readonly T[] {
  return [...new Set(set)].sort(byCodePoint);
}

/** The value less the members that equal these. */
function without<T extends object>(value: T, defaults: Partial<T>): T {
  const absent = new Map<string, unknown>(Object.entries(defaults));
  return Object.fromEntries(Object.entries(value).filter(([k, v]) => !absent.has(k) || absent.get(k) !== v)) as T;
}

/** The value with these members as sets, left out where empty. */
function withSets<T extends object>(value: T, names: readonly (keyof T & string)[]): T {
  const sets: readonly string[] = names;
  return Object.fromEntries(
    Object.entries(value).flatMap(([k, v]: [string, unknown]) => {
      if (!sets.includes(k) || !Array.isArray(v)) return [[k, v]];
      return v.length === 0 ? [] : [[k, sorted(v)]];
    }),
  ) as T;
}
