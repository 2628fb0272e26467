/**
 * A model as something to ask, one object at a time. Rules and reviews ask; who answers is a model in memory or a store
 * on disk, and what was asked can be recorded, so that an answer is kept for as long as what it rests on stands.
 *
 * Terms. *index*: keys that each object gives of itself (`indexes` below), turned round: key -> addresses.
 */
import { byCodePoint } from '../base/digest.ts';
import { memberAddress } from './address.ts';
import { sourceTable } from './effective.ts';
import type { Dataset, Datastore, Model, Reference } from './model.ts';
import { type Kind, type ModelObject, type Nouns, objectsOf } from './object.ts';
import type { Owner } from './owner.ts';

export type Lookup = {
  /** The object of a kind at an address (`mesh`, `retail`, `environment:prod`, `retail/sales/orders`); null: none. */
  readonly object: <K extends Kind>(kind: K, address: string) => Nouns[K] | null;
  /** Addresses that an index holds under a key, by code point. */
  readonly found: (index: IndexName, key: string) => readonly string[];
  /** Every address of a kind, by code point. As long as the model: for near names, and for rules about the mesh itself. */
  readonly addresses: (kind: Kind) => readonly string[];
};

/**
 * What each object is found by. An entry is [key, address], where the address is of the object or a member of it.
 * A new question that goes against the direction of references is a new index.
 */
export const indexes = {
  /** Text of a reference, `retail/sales/orders.customers` or `.*` -> groups and transformers that read it. */
  readers: ({ kind, noun }: ModelObject) => {
    if (kind === 'workspace')
      return Object.entries(noun.groups).flatMap(([name, group]) =>
        group.read.map(({ from }): Entry => [from, memberAddress(noun.address, name)]),
      );
    return kind === 'transformer'
      ? Object.values(noun.reads).map(({ from }: Reference): Entry => [from, noun.address])
      : [];
  },
  /** Connection -> datastores that read from it. */
  connection: ({ kind, noun }: ModelObject): Entry[] =>
    kind === 'datastore' && noun.source !== undefined ? [[noun.source, noun.address]] : [],
  /** `sourceTableKey` -> datasets that are read from the table. */
  sourceTable: ({ kind, noun }: ModelObject): Entry[] =>
    kind === 'datastore' && noun.source !== undefined
      ? Object.entries(noun.datasets).map(([name, dataset]) => [
          sourceTableKey(noun, name, dataset),
          memberAddress(noun.address, name),
        ])
      : [],
  /** `<workspace>_<group>`, as readers see it -> groups. */
  schema: ({ kind, noun }: ModelObject): Entry[] =>
    kind === 'workspace'
      ? Object.keys(noun.groups).map((name) => [
          `${noun.address.split('/').at(-1) ?? ''}_${name}`,
          memberAddress(noun.address, name),
        ])
      : [],
  /** Transformer -> the datastore that it writes. */
  output: ({ kind, noun }: ModelObject): Entry[] =>
    kind === 'datastore' && noun.changes.transformer !== undefined ? [[noun.changes.transformer, noun.address]] : [],
  /** Team, `retail/sales` -> its datastores, workspaces and transformers; zone, `retail` -> the same of all its teams. */
  party: ({ kind, address }: ModelObject): Entry[] => {
    if (kind !== 'datastore' && kind !== 'workspace' && kind !== 'transformer') return [];
    const [zone = '', team = ''] = address.split('/');
    return [
      [zone, address],
      [`${zone}/${team}`, address],
    ];
  },
  /** Transformer -> declassifications of what it makes. */
  declassified: ({ kind, address, noun }: ModelObject): Entry[] =>
    kind === 'declassification' ? [[noun.transformer, address]] : [],
  /** `repositoryKeys` -> the mesh and zones that name the repository as an owner. */
  repository: (object: ModelObject): Entry[] =>
    ownersIn(object).flatMap((owner) => repositoryKeys(owner).map((key): Entry => [key, object.address])),
  /** Address -> offers of it. */
  offered: ({ kind, address, noun }: ModelObject): Entry[] => (kind === 'offer' ? [[noun.address, address]] : []),
  /** Address -> consents about it. */
  consented: ({ kind, address, noun }: ModelObject): Entry[] => (kind === 'consent' ? [[noun.address, address]] : []),
} satisfies Readonly<Record<string, (object: ModelObject) => readonly Entry[]>>;

export type Entry = readonly [key: string, address: string];
export type IndexName = keyof typeof indexes;

export const indexNames = Object.keys(indexes).filter((name): name is IndexName => name in indexes);

/** Owners that an object declares. */
export function ownersIn({ kind, noun }: ModelObject): readonly Owner[] {
  if (kind === 'mesh') return [noun.owner, ...Object.values(noun.zones), ...Object.values(noun.environments)];
  return kind === 'zone' ? Object.values(noun.teams).map(({ owner }) => owner) : [];
}

/** What a repository is known by: the number, which counts, and the name. */
export function repositoryKeys(owner: Owner): readonly string[] {
  return owner.kind === 'repository'
    ? [JSON.stringify([owner.host, owner.id]), JSON.stringify([owner.host, owner.name])]
    : [];
}

/** One table of one source, however many datastores name it. */
export function sourceTableKey(datastore: Datastore, name: string, dataset: Dataset): string {
  const { schema, table } = sourceTable(name, dataset);
  return JSON.stringify([datastore.source, schema, table]);
}

/** A model in memory, asked. An index is made when it is first asked for. */
export function lookupIn(model: Model): Lookup {
  const objects: { readonly [K in Kind]: Readonly<Record<string, Nouns[K]>> } = {
    mesh: { mesh: model.mesh },
    zone: model.zones,
    datastore: model.datastores,
    workspace: model.workspaces,
    transformer: model.transformers,
    environment: prefixed('environment', model.environments),
    consent: prefixed('consent', model.consents),
    declassification: prefixed('declassification', model.declassifications),
    offer: prefixed('offer', model.offers),
  };
  const made = new Map<IndexName, ReadonlyMap<string, readonly string[]>>();
  const sorted = new Map<Kind, readonly string[]>();
  return {
    object: (kind, address) => (Object.hasOwn(objects[kind], address) ? (objects[kind][address] ?? null) : null),
    found: (name, key) => {
      const index = made.get(name) ?? indexOf(name, objectsOf(model));
      made.set(name, index);
      return index.get(key) ?? [];
    },
    addresses: (kind) => {
      const known = sorted.get(kind) ?? Object.keys(objects[kind]).sort(byCodePoint);
      sorted.set(kind, known);
      return known;
    },
  };
}

export function indexOf(name: IndexName, objects: Iterable<ModelObject>): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const object of objects)
    for (const [key, address] of indexes[name](object)) {
      const known = index.get(key);
      if (known === undefined) index.set(key, [address]);
      else known.push(address);
    }
  // Most keys are those of one address.
  for (const [key, known] of index) if (known.length > 1) index.set(key, [...new Set(known)].sort(byCodePoint));
  return index;
}

function prefixed<T>(kind: string, record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([name, noun]) => [`${kind}:${name}`, noun]));
}
