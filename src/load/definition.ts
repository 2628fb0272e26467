import type { Place } from '../findings/finding.ts';
import {
  consentAddress,
  declassificationAddress,
  environmentAddress,
  meshAddress,
  offerAddress,
} from '../model/address.ts';
import type { Kind, ModelObject } from '../model/object.ts';
import type { At, Entered } from './read/at.ts';
import { datastoreReader, type SchemaFiles } from './read/datastore.ts';
import { nameIn, readEnvironment, readMesh, readWorkspace, readZone } from './read/nouns.ts';
import type { Reader } from './read/reader.ts';
import { readConsent, readDeclassification, readOffer } from './read/statements.ts';
import { readTransformer } from './read/transformer.ts';

/** An object that a root defines. */
export type Definition = ModelObject & { readonly at: Place };

/** An untrusted value as the object that it says it is; null where it is none, or with findings where it cannot be read. */
export function definitionOf(
  kind: string | null,
  raw: unknown,
  data: SchemaFiles,
  start: (entered: Entered) => At,
  otherwise: Place,
): Definition | null {
  const name = nameIn(kind, raw) ?? '';
  const read = <T>(reader: Reader<T>, address: string) => {
    const at = start({ subject: `${kind} '${name}'`, address });
    const noun = reader(raw, at);
    return noun === undefined ? null : { address, noun, at: at.place ?? otherwise };
  };
  const as = <K extends Kind, T>(own: K, one: T | null) => (one === null ? null : { kind: own, ...one });
  switch (kind) {
    case 'mesh':
      return as(kind, read(readMesh, meshAddress));
    case 'zone':
      return as(kind, read(readZone, name));
    case 'datastore':
      return as(kind, read(datastoreReader(data), name));
    case 'workspace':
      return as(kind, read(readWorkspace, name));
    case 'environment':
      return as(kind, read(readEnvironment, environmentAddress(name)));
    case 'transformer':
      return as(kind, read(readTransformer, name));
    case 'consent':
      return as(kind, read(readConsent, consentAddress(name)));
    case 'declassification':
      return as(kind, read(readDeclassification, declassificationAddress(name)));
    case 'offer':
      return as(kind, read(readOffer, offerAddress(name)));
    default:
      // Tables, columns, groups and containers: parts that other files use.
      return null;
  }
}

/** Of each kind of object: the attribute that names it, and its reader. */
export function kindsOfObjects(data: SchemaFiles): {
  readonly [K in Kind]: { readonly named: 'name' | 'address'; readonly reader: Reader<unknown> };
} {
  return {
    mesh: { named: 'name', reader: readMesh },
    zone: { named: 'name', reader: readZone },
    datastore: { named: 'address', reader: datastoreReader(data) },
    workspace: { named: 'address', reader: readWorkspace },
    transformer: { named: 'address', reader: readTransformer },
    environment: { named: 'name', reader: readEnvironment },
    consent: { named: 'name', reader: readConsent },
    declassification: { named: 'name', reader: readDeclassification },
    offer: { named: 'name', reader: readOffer },
  };
}

/** Nothing to read: for those who ask what there is. */
export const noFiles: SchemaFiles = {
  from: '',
  schemas: { names: [], text: () => null },
  matches: () => null,
};
