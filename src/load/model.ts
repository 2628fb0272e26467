import { byCodePoint } from '../base/digest.ts';
import type { Place } from '../findings/finding.ts';
import { meshAddress } from '../model/address.ts';
import type { Model, Places } from '../model/model.ts';
import { type Kind, nounOf } from '../model/object.ts';
import { type Chunk, placesIn } from './chunk.ts';
import { recent } from './recent.ts';

/** Every object of a model, read. Null where no mesh is among them. */
export function modelOf(chunks: ReadonlyMap<string, Chunk>): Model | null {
  const mesh = chunks.get(meshAddress);
  if (mesh === undefined) return null;
  const byKind: Readonly<Record<Kind, Record<string, unknown>>> = {
    mesh: {},
    zone: {},
    datastore: {},
    workspace: {},
    transformer: {},
    environment: {},
    consent: {},
    declassification: {},
    offer: {},
  };
  for (const address of [...chunks.keys()].sort(byCodePoint)) {
    const chunk = chunks.get(address);
    // Environments and statements are by name in a model, and `kind:name` among addresses.
    if (chunk !== undefined) byKind[chunk.kind][address.slice(address.indexOf(':') + 1)] = nounOf(chunk.text);
  }
  // Their readers made these nouns; as text they came from the worker that ran them.
  return {
    language: 1,
    mesh: nounOf(mesh.text),
    zones: byKind.zone,
    datastores: byKind.datastore,
    workspaces: byKind.workspace,
    transformers: byKind.transformer,
    environments: byKind.environment,
    consents: byKind.consent,
    declassifications: byKind.declassification,
    offers: byKind.offer,
  } as Model;
}

/** Where things stand, read object by object when asked. */
export function placesOf(chunks: { readonly get: (address: string) => Chunk | undefined }): Places {
  const read = recent<ReadonlyMap<string, Place>>(mostPlaces, (places) => places.size);
  return (key) => {
    const end = key.search(/[.>#]/);
    const address = end < 0 ? key : key.slice(0, end);
    // A team stands in its zone.
    const chunk = chunks.get(address) ?? chunks.get(address.slice(0, Math.max(0, address.indexOf('/'))));
    if (chunk === undefined) return undefined;
    const places = read.get(chunk.address) ?? placesIn(chunk);
    read.set(chunk.address, places);
    return places.get(key.slice(chunk.address.length));
  };
}

const mostPlaces = 100_000;
