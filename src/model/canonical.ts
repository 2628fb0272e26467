import { byCodePoint, canonicalJson, digestText, type Json } from '../base/digest.ts';
import {
  defaultCompare,
  defaultEvery,
  defaultLatency,
  defaultMaxDeleted,
  defaultOtherwise,
  defaultPriority,
  defaultPurpose,
} from './effective.ts';
import type {
  Check,
  Column,
  Container,
  Dataset,
  Datastore,
  Declassification,
  Environment,
  Group,
  Mesh,
  Model,
  Offer,
  Predicate,
  Reference,
  Transformer,
  Workspace,
  Zone,
} from './model.ts';
import { digestObject, type ModelObject, objectsOf } from './object.ts';
import type { Owner } from './owner.ts';
import { canonicalOnce } from './shared-column.ts';

/** The one form of a model: what equals its default is left out, sets are sorted by code point. Idempotent. */
export function canonicalModel(model: Model): Model {
  return {
    language: 1,
    mesh: canonicalMesh(model.mesh),
    zones: each(model.zones, canonicalZone),
    datastores: each(model.datastores, canonicalDatastore),
    workspaces: each(model.workspaces, canonicalWorkspace),
    transformers: each(model.transformers, canonicalTransformer),
    environments: each(model.environments, canonicalEnvironment),
    consents: each(model.consents, (consent) => consent),
    declassifications: each(model.declassifications, canonicalDeclassification),
    offers: each(model.offers, canonicalOffer),
  };
}

/** One object in that form. */
export function canonicalObject(object: ModelObject): ModelObject {
  switch (object.kind) {
    case 'mesh':
      return { ...object, noun: canonicalMesh(object.noun) };
    case 'zone':
      return { ...object, noun: canonicalZone(object.noun) };
    case 'datastore':
      return { ...object, noun: canonicalDatastore(object.noun) };
    case 'workspace':
      return { ...object, noun: canonicalWorkspace(object.noun) };
    case 'transformer':
      return { ...object, noun: canonicalTransformer(object.noun) };
    case 'environment':
      return { ...object, noun: canonicalEnvironment(object.noun) };
    case 'consent':
      return object;
    case 'declassification':
      return { ...object, noun: canonicalDeclassification(object.noun) };
    case 'offer':
      return { ...object, noun: canonicalOffer(object.noun) };
  }
}

/** SHA-256 of a canonical model: of the addresses of its objects with their digests, by code point. */
export function digestModel(model: Model): string {
  return digestObjects([...objectsOf(model)].map((object) => [object.address, digestObject(object)]));
}

/** The same, where the digests are known. */
export function digestObjects(digests: Iterable<readonly [string, string]>): string {
  const sortedDigests = [...digests].sort(([a], [b]) => byCodePoint(a, b));
  return digestText(sortedDigests.map(([address, digest]) => `${digest} ${address}\n`).join(''));
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

function canonicalZone(zone: Zone): Zone {
  return {
    ...without(zone, { doc: '' }),
    teams: each(zone.teams, (team) => ({
      ...team,
      owner: canonicalOwner(team.owner),
      ...(team.may === undefined ? {} : { may: withSets(team.may, ['labels', 'readers']) }),
    })),
    ...(zone.policies === undefined
      ? {}
      : { policies: each(zone.policies, (policy) => ({ ...policy, demands: canonicalPredicate(policy.demands) })) }),
  };
}

/** Lists of names in a predicate are sets; the order of `all` and `any` is the author's, and is kept for findings. */
function canonicalPredicate(predicate: Predicate): Predicate {
  switch (predicate.kind) {
    case 'all':
    case 'any':
      return { ...predicate, of: predicate.of.map(canonicalPredicate) };
    case 'not':
      return { ...predicate, of: canonicalPredicate(predicate.of) };
    case 'when':
      return { ...predicate, if: canonicalPredicate(predicate.if), demand: canonicalPredicate(predicate.demand) };
    case 'within':
      return { ...predicate, regions: sorted(predicate.regions) };
    case 'vendors':
      return { ...predicate, vendors: sorted(predicate.vendors) };
    case 'engines':
      return { ...predicate, engines: sorted(predicate.engines) };
    case 'readableBy':
      return { ...predicate, parties: sorted(predicate.parties) };
    default:
      return predicate;
  }
}

function canonicalTransformer(transformer: Transformer): Transformer {
  return {
    ...withSets(without(transformer, { production: false, doc: '' }), ['labels', 'acknowledges']),
    reads: each(transformer.reads, canonicalReference),
  };
}

function canonicalEnvironment(environment: Environment): Environment {
  return {
    ...without(environment, { doc: '' }),
    ledger: canonicalContainer(environment.ledger),
    connections: each(environment.connections, canonicalContainer),
    stores: each(environment.stores, canonicalContainer),
    ...(environment.replicas === undefined
      ? {}
      : {
          replicas: each(environment.replicas, (r) => ({ on: r.on.map(canonicalContainer), serves: sorted(r.serves) })),
        }),
  };
}

function canonicalContainer(container: Container): Container {
  const rest = without(container, { encrypted: false, durability: 'local', layout: 'split' });
  // An empty list of teams is a closed door, an absent one an open door: it stays.
  return rest.teams === undefined ? rest : { ...rest, teams: sorted(rest.teams) };
}

function canonicalDeclassification(declassification: Declassification): Declassification {
  return withSets(declassification, ['of', 'drops']);
}

function canonicalOffer(offer: Offer): Offer {
  return { ...offer, to: canonicalOwner(offer.to) };
}

function canonicalOwner(owner: Owner): Owner {
  return owner.kind === 'approvers' ? { ...owner, users: [...new Set(owner.users)].sort((a, b) => a - b) } : owner;
}

export function canonicalDatastore(datastore: Datastore): Datastore {
  return {
    ...withSets(without(datastore, { production: false, together: true, doc: '' }), ['tags']),
    changes: without(datastore.changes, { maxDeleted: defaultMaxDeleted, compare: defaultCompare }),
    // An empty list of consumers is a closed door, an absent one an open door: it stays.
    ...(datastore.consumers === undefined ? {} : { consumers: sorted(datastore.consumers) }),
    datasets: each(datastore.datasets, canonicalDataset),
  };
}

export function canonicalDataset(dataset: Dataset): Dataset {
  const { key, quality, ...rest } = withSets(without(dataset, { appendOnly: false, doc: '' }), ['tags']);
  return {
    ...rest,
    ...(quality === undefined || quality.length === 0 ? {} : { quality: canonicalChecks(quality) }),
    ...(key === undefined || key.length === 0 ? {} : { key }),
    columns: Object.fromEntries(
      Object.entries(dataset.columns).map(([name, column]) => [name, canonicalColumn(name, column)]),
    ),
  };
}

/** Their order is the author's, and is kept for findings; values that one accepts, and columns that are unique together, are sets. */
export function canonicalChecks(checks: readonly Check[]): readonly Check[] {
  return checks.map((check) => {
    const { values, columns, ...rest } = without(check, { otherwise: defaultOtherwise, every: defaultEvery });
    return {
      ...rest,
      ...(columns === undefined ? {} : { columns: check.test === 'unique' ? sorted(columns) : columns }),
      ...(values === undefined ? {} : { values: distinct(values) }),
    };
  });
}

/** Each once, by the code points of their canonical JSON. */
function distinct<T extends Json>(values: readonly T[]): readonly T[] {
  const byText = new Map(values.map((value) => [canonicalJson(value), value]));
  return [...byText].sort(([a], [b]) => byCodePoint(a, b)).map(([, value]) => value);
}

function canonicalColumn(name: string, column: Column): Column {
  const withoutName = column.from === name ? without(column, { from: name }) : column;
  return canonicalOnce(withoutName, (one) => withSets(without(one, { nullable: false, doc: '' }), ['labels', 'tags']));
}

function canonicalWorkspace(workspace: Workspace): Workspace {
  return {
    ...withSets(without(workspace, { production: false, priority: defaultPriority, doc: '' }), [
      'labels',
      'readers',
      'acknowledges',
    ]),
    groups: each(workspace.groups, canonicalGroup),
  };
}

function canonicalGroup(group: Group): Group {
  const read = group.read.map(canonicalReference);
  return {
    ...without(group, { latency: defaultLatency, for: defaultPurpose, history: 'none' as const, doc: '' }),
    read: [...new Map(read.map((r) => [`${r.from}\u0000${canonicalJson(r)}`, r])).entries()]
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([, r]) => r),
  };
}

function canonicalReference(reference: Reference): Reference {
  const { columns, mask, ...rest } = reference;
  return {
    ...rest,
    ...(columns === undefined ? {} : { columns: sorted(columns) }),
    ...(mask === undefined || Object.keys(mask).length === 0 ? {} : { mask: each(mask, (kind) => kind) }),
  };
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
  const absent = new Set<string>();
  for (const name in defaults) if (Object.hasOwn(value, name) && value[name] === defaults[name]) absent.add(name);
  if (absent.size === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !absent.has(name))) as T;
}

/** The value with these members as sets, left out where empty. */
function withSets<T extends object>(value: T, names: readonly (keyof T & string)[]): T {
  if (!names.some((name) => Array.isArray(value[name]))) return value;
  const sets: readonly string[] = names;
  return Object.fromEntries(
    Object.entries(value).flatMap(([k, v]: [string, unknown]) => {
      if (!sets.includes(k) || !Array.isArray(v)) return [[k, v]];
      return v.length === 0 ? [] : [[k, sorted(v)]];
    }),
  ) as T;
}
