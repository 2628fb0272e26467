/**
 * Parts of the objects that many others rest on, each asked for alone: what rests on one team of a zone does not rest on
 * the zone's other teams, and stands when those change.
 */
import type { Purpose } from '../engine/facts.ts';
import { own } from './effective.ts';
import type { Container, Environment, Mesh, Team, Zone } from './model.ts';
import type { Kind, ModelObject, Nouns } from './object.ts';
import type { Owner } from './owner.ts';

/** What each part is. */
export type Parts = {
  /** Of the mesh: its words for everybody. */
  readonly meshWords: Pick<Mesh, 'name' | 'classification' | 'vendors' | 'regulators'>;
  /** Of the mesh, by name. */
  readonly zoneOwner: Owner;
  readonly environmentOwner: Owner;
  /** Of a zone, by name. */
  readonly team: Team;
  /** Of a zone: its words for all its teams. */
  readonly zoneWords: Pick<Zone, 'name' | 'policies' | 'notice' | 'terms'>;
  /** Of an environment, by name. */
  readonly connection: Container;
  /** Of an environment: where rows come to rest. */
  readonly storage: Storage;
};

export type PartName = keyof Parts;

/** What is said of a container but how it is reached. */
export type Placed = Pick<Container, 'engine' | 'at' | 'grade' | 'encrypted'>;

export type Storage = Pick<Environment, 'route'> & {
  readonly stores: Readonly<Record<string, Placed>>;
  readonly replicas: Readonly<Record<string, { readonly on: readonly Placed[]; readonly serves: readonly Purpose[] }>>;
};

export type Part<T> = {
  /** The part of a name in the object; the name is '' where the object has one such part. Null: it has none. */
  readonly in: (lookup: Objects, address: string, name: string) => T | null;
  /** All of them in an object, by name; none in objects of other kinds. */
  readonly of: (object: ModelObject) => Readonly<Record<string, T>>;
};

type Objects = { readonly object: <K extends Kind>(kind: K, address: string) => Nouns[K] | null };

export const parts: { readonly [P in PartName]: Part<Parts[P]> } = {
  meshWords: part('mesh', meshOf, ({ name, classification, vendors, regulators }) => ({
    '': {
      name,
      ...(classification && { classification }),
      ...(vendors && { vendors }),
      ...(regulators && { regulators }),
    },
  })),
  zoneOwner: part('mesh', meshOf, ({ zones }) => zones),
  environmentOwner: part('mesh', meshOf, ({ environments }) => environments),
  team: part('zone', zoneOf, ({ teams }) => teams),
  zoneWords: part('zone', zoneOf, ({ name, policies, notice, terms }) => ({
    '': { name, ...(policies && { policies }), ...(notice !== undefined && { notice }), ...(terms && { terms }) },
  })),
  connection: part('environment', environmentOf, ({ connections }) => connections),
  storage: part('environment', environmentOf, ({ stores, replicas = {}, route }) => ({
    '': {
      stores: mapped(stores, placed),
      replicas: mapped(replicas, ({ on, serves }) => ({ on: on.map(placed), serves })),
      ...(route && { route }),
    },
  })),
};

export const partNames = Object.keys(parts).filter((name): name is PartName => name in parts);

function part<K extends Kind, T>(
  kind: K,
  nounOf: (object: ModelObject) => Nouns[K] | null,
  give: (noun: Nouns[K]) => Readonly<Record<string, T>>,
): Part<T> {
  return {
    in: (lookup, address, name) => {
      const noun = lookup.object(kind, address);
      return noun === null ? null : (own(give(noun), name) ?? null);
    },
    of: (object) => {
      const noun = nounOf(object);
      return noun === null ? {} : give(noun);
    },
  };
}

function meshOf(object: ModelObject): Mesh | null {
  return object.kind === 'mesh' ? object.noun : null;
}

function zoneOf(object: ModelObject): Zone | null {
  return object.kind === 'zone' ? object.noun : null;
}

function environmentOf(object: ModelObject): Environment | null {
  return object.kind === 'environment' ? object.noun : null;
}

function placed({ engine, at, grade, encrypted }: Container): Placed {
  return { engine, ...(at !== undefined && { at }), ...(grade && { grade }), ...(encrypted && { encrypted }) };
}

function mapped<T, U>(record: Readonly<Record<string, T>>, to: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));
}
