import type { Kind, ModelObject, Nouns } from './object.ts';

/** What tells an object of a model from every other. */
export type ObjectName = { readonly kind: Kind; readonly address: string };

export function nameText({ kind, address }: ObjectName): string {
  return `${kind} ${address}`;
}

/** The object of a name; null: there is none. */
export function objectNamed<K extends Kind>(
  lookup: { readonly object: <P extends Kind>(kind: P, address: string) => Nouns[P] | null },
  { kind, address }: { readonly kind: K; readonly address: string },
): ModelObject | null {
  const noun = lookup.object(kind, address);
  return noun === null ? null : objects[kind](address, noun);
}

const objects: { readonly [K in Kind]: (address: string, noun: Nouns[K]) => ModelObject } = {
  mesh: (address, noun) => ({ kind: 'mesh', address, noun }),
  zone: (address, noun) => ({ kind: 'zone', address, noun }),
  datastore: (address, noun) => ({ kind: 'datastore', address, noun }),
  workspace: (address, noun) => ({ kind: 'workspace', address, noun }),
  transformer: (address, noun) => ({ kind: 'transformer', address, noun }),
  environment: (address, noun) => ({ kind: 'environment', address, noun }),
  consent: (address, noun) => ({ kind: 'consent', address, noun }),
  declassification: (address, noun) => ({ kind: 'declassification', address, noun }),
  offer: (address, noun) => ({ kind: 'offer', address, noun }),
};
