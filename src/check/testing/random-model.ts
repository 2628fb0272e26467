import { must } from '../../base/must.ts';
import { type Random, random } from '../../flow/testing/reference.ts';
import {
  consentAddress,
  declassificationAddress,
  environmentAddress,
  meshAddress,
  offerAddress,
} from '../../model/address.ts';
import type { Model } from '../../model/model.ts';
import { nameText, type ObjectName } from '../../model/named.ts';
import type { ModelObject } from '../../model/object.ts';
import { type Draw, drawObject, environments, objects, statements, teams, zones } from './random-objects.ts';

/**
 * Random models for properties of check, right and wrong in every way that has a small vocabulary. An object is drawn
 * attribute by attribute, each from a seed of its own, so that an edit is one new seed: any attribute at any depth.
 */
type Drawn = ObjectName & {
  readonly seed: number;
  /** Seeds of attributes that were edited, by what they were drawn for. */
  readonly edits: Readonly<Record<string, number>>;
};

/** Specifications by name. */
export type DrawnModel = ReadonlyMap<string, Drawn>;

/** A model of about this many objects. */
export function drawModel(rnd: Random, size: number): DrawnModel {
  const drawn = new Map<string, Drawn>();
  const add = (object: ObjectName) => drawn.set(nameText(object), { ...object, seed: seedFrom(rnd), edits: {} });
  add({ kind: 'mesh', address: meshAddress });
  for (const zone of zones) add({ kind: 'zone', address: zone });
  for (const name of environments) add({ kind: 'environment', address: environmentAddress(name) });
  while (drawn.size < size) add(anyName(rnd));
  return drawn;
}

/** One edit: an attribute, an object more or less, or another name for one. It stays at about this size. */
export function edited(rnd: Random, model: DrawnModel, size: number): DrawnModel {
  const next = new Map(model);
  const movable = [...model.values()].filter(({ kind }) => kind !== 'mesh');
  const one = pick(rnd, movable);
  const roll = rnd();
  if (roll < (model.size < size ? 0.12 : 0.04)) {
    const name = anyName(rnd);
    next.set(nameText(name), { ...name, seed: seedFrom(rnd), edits: {} });
  } else if (roll < 0.16) next.delete(nameText(one));
  else if (roll < 0.22) {
    const name = anyName(rnd);
    if (name.kind !== one.kind) return edited(rnd, model, size);
    next.delete(nameText(one));
    next.set(nameText(name), { ...one, ...name });
  } else {
    const of = roll < 0.26 ? must(model.get(nameText(mesh)), 'mesh') : one;
    const { labels } = objectOf(of);
    next.set(nameText(of), { ...of, edits: { ...of.edits, [pick(rnd, labels)]: seedFrom(rnd) } });
  }
  return next;
}

/** The model. Objects that an edit left alone are the same values as before. */
export function modelOf(drawn: DrawnModel): Model {
  const objects = [...drawn.values()].map((one) => {
    const object = known.get(one) ?? objectOf(one).object;
    known.set(one, object);
    return object;
  });
  const of = <T>(take: (object: ModelObject) => readonly [string, T] | null): Record<string, T> =>
    Object.fromEntries(objects.map(take).filter((entry) => entry !== null));
  const meshes = objects.flatMap((object) => (object.kind === 'mesh' ? [object.noun] : []));
  return {
    language: 1,
    mesh: must(meshes[0], 'mesh'),
    zones: of((o) => (o.kind === 'zone' ? [o.address, o.noun] : null)),
    datastores: of((o) => (o.kind === 'datastore' ? [o.address, o.noun] : null)),
    workspaces: of((o) => (o.kind === 'workspace' ? [o.address, o.noun] : null)),
    transformers: of((o) => (o.kind === 'transformer' ? [o.address, o.noun] : null)),
    environments: of((o) => (o.kind === 'environment' ? [o.noun.name, o.noun] : null)),
    consents: of((o) => (o.kind === 'consent' ? [o.noun.name, o.noun] : null)),
    declassifications: of((o) => (o.kind === 'declassification' ? [o.noun.name, o.noun] : null)),
    offers: of((o) => (o.kind === 'offer' ? [o.noun.name, o.noun] : null)),
  };
}

const known = new WeakMap<Drawn, ModelObject>();

const mesh = { kind: 'mesh', address: meshAddress } as const;

function anyName(rnd: Random): ObjectName {
  const zone = pick(rnd, [...zones, 'void']);
  const address = `${zone}/${pick(rnd, [...teams, 'ghosts'])}/${pick(rnd, objects)}`;
  const kind = pick(rnd, [
    'datastore',
    'datastore',
    'datastore',
    'workspace',
    'workspace',
    'transformer',
    'more',
  ] as const);
  if (kind !== 'more') return { kind, address };
  const name = pick(rnd, statements);
  return pick(rnd, [
    { kind: 'zone', address: zone },
    { kind: 'environment', address: environmentAddress(pick(rnd, [...environments, 'dev'])) },
    { kind: 'consent', address: consentAddress(name) },
    { kind: 'declassification', address: declassificationAddress(name) },
    { kind: 'offer', address: offerAddress(name) },
  ] as const);
}

/** The object, and what its attributes were drawn for. */
function objectOf(drawn: Drawn): { readonly object: ModelObject; readonly labels: readonly string[] } {
  const asked = new Set<string>();
  const draw = (label: string): Draw => {
    asked.add(label);
    const rnd = random(drawn.edits[label] ?? hash(`${drawn.seed} ${label}`));
    return {
      of: (items) => pick(rnd, items),
      some: (items) => items.filter(() => rnd() < 0.4),
      chance: (probability) => rnd() < probability,
    };
  };
  return { object: drawObject(drawn, draw), labels: [...asked] };
}

function pick<T>(rnd: Random, items: readonly T[]): T {
  const [item] = items.slice(Math.floor(rnd() * items.length));
  return item === undefined ? must(item, 'item') : item;
}

function seedFrom(rnd: Random): number {
  return Math.floor(rnd() * 2 ** 32);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
