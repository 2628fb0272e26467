import { canonicalJson, digestText, type Json } from '../base/digest.ts';
import { consentAddress, declassificationAddress, environmentAddress, meshAddress, offerAddress } from './address.ts';
import type {
  Consent,
  Datastore,
  Declassification,
  Environment,
  Mesh,
  Model,
  Offer,
  Transformer,
  Workspace,
  Zone,
} from './model.ts';
import { writtenOnce } from './shared-column.ts';

/** What a model is made of: each object has one address, stands in one file, and is judged and digested alone. */
export type Nouns = {
  readonly mesh: Mesh;
  readonly zone: Zone;
  readonly datastore: Datastore;
  readonly workspace: Workspace;
  readonly transformer: Transformer;
  readonly environment: Environment;
  readonly consent: Consent;
  readonly declassification: Declassification;
  readonly offer: Offer;
};

export type Kind = keyof Nouns;

/** In the order of `objectsOf`. */
export const kinds: readonly Kind[] = [
  'mesh',
  'zone',
  'datastore',
  'workspace',
  'transformer',
  'environment',
  'consent',
  'declassification',
  'offer',
];

export type ModelObject<K extends Kind = Kind> = {
  readonly [P in K]: { readonly kind: P; readonly address: string; readonly noun: Nouns[P] };
}[K];

/** Every object of a model: the mesh first, then kind by kind, each by address as the model has them. */
export function* objectsOf(model: Model): Generator<ModelObject> {
  yield { kind: 'mesh', address: meshAddress, noun: model.mesh };
  for (const [name, noun] of Object.entries(model.zones)) yield { kind: 'zone', address: name, noun };
  for (const [address, noun] of Object.entries(model.datastores)) yield { kind: 'datastore', address, noun };
  for (const [address, noun] of Object.entries(model.workspaces)) yield { kind: 'workspace', address, noun };
  for (const [address, noun] of Object.entries(model.transformers)) yield { kind: 'transformer', address, noun };
  for (const [name, noun] of Object.entries(model.environments))
    yield { kind: 'environment', address: environmentAddress(name), noun };
  for (const [name, noun] of Object.entries(model.consents))
    yield { kind: 'consent', address: consentAddress(name), noun };
  for (const [name, noun] of Object.entries(model.declassifications))
    yield { kind: 'declassification', address: declassificationAddress(name), noun };
  for (const [name, noun] of Object.entries(model.offers)) yield { kind: 'offer', address: offerAddress(name), noun };
}

/** SHA-256 of an object in canonical form. */
export function digestObject(object: ModelObject): string {
  return digestText(objectText(object));
}

/** What is digested of an object: its noun, columns as a list of [name, column], for views show them in their order. */
export function formOf(object: ModelObject): Json {
  return object.kind === 'datastore' ? withOrder(object.noun) : object.noun;
}

/** The text that the digest is of. */
export function objectText(object: ModelObject): string {
  if (object.kind !== 'datastore') return canonicalJson([object.kind, formOf(object)]);
  const known = new Map<object, string>();
  for (const dataset of Object.values(object.noun.datasets)) {
    for (const column of Object.values(dataset.columns)) {
      const text = writtenOnce(column, canonicalJson);
      if (text !== null) known.set(column, text);
    }
  }
  return canonicalJson([object.kind, formOf(object)], known);
}

/** The noun of a text that `objectText` wrote. */
export function nounOf(text: string): unknown {
  const [kind, noun]: [unknown, NounText] = JSON.parse(text);
  texts.set(noun, text);
  if (kind !== 'datastore' || noun.datasets === undefined) return noun;
  for (const dataset of Object.values(noun.datasets))
    if (Array.isArray(dataset.columns)) dataset.columns = Object.fromEntries(dataset.columns);
  return noun;
}

const texts = new WeakMap<object, string>();

/** The text that a noun is of; undefined where it is of none. */
export function textOfNoun(noun: object): string | undefined {
  return texts.get(noun);
}

type NounText = { readonly datasets?: Readonly<Record<string, { columns: unknown }>> };

function withOrder(datastore: Datastore): Json {
  return {
    ...datastore,
    datasets: Object.fromEntries(
      Object.entries(datastore.datasets).map(([name, dataset]) => [
        name,
        { ...dataset, columns: Object.entries(dataset.columns) },
      ]),
    ),
  };
}
