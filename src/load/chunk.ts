import { digestText } from '../base/digest.ts';
import type { Place } from '../findings/finding.ts';
import { canonicalObject } from '../model/canonical.ts';
import { indexes, indexNames } from '../model/lookup.ts';
import { type Kind, type ModelObject, objectText } from '../model/object.ts';

/**
 * An object as it is kept and passed on: texts, read when asked for. Of a large model most never are: what nobody
 * changed was judged before.
 */
export type Chunk = {
  readonly kind: Kind;
  readonly address: string;
  /** Of its declaration. */
  readonly at: Place;
  /** In canonical form; `digest` is its SHA-256. */
  readonly text: string;
  readonly digest: string;
  /** Where its parts stand: JSON of { file: [rest of the key, line, column, ...] }. */
  readonly places: string;
  /** What it is found by: JSON of { index: [key, address][] }. */
  readonly entries: string;
  /** How many datasets it has. */
  readonly datasets: number;
};

/** Places by `placeKey`. */
export type PlaceLog = Map<string, Place>;

export function chunkOf(object: ModelObject, at: Place, log: PlaceLog): Chunk {
  const canonical = canonicalObject(object);
  const text = objectText(canonical);
  const found = indexNames.map((name) => [name, indexes[name](canonical)] as const);
  noteReferences(canonical, log);
  return {
    kind: object.kind,
    address: object.address,
    at,
    text,
    digest: digestText(text),
    places: placesText(object.address, log),
    entries: JSON.stringify(Object.fromEntries(found.filter(([, entries]) => entries.length > 0))),
    datasets: canonical.kind === 'datastore' ? Object.keys(canonical.noun.datasets).length : 0,
  };
}

/** References are a sorted set in the canonical form: their places by index follow that order. */
function noteReferences({ kind, address, noun }: ModelObject, log: PlaceLog): void {
  if (kind !== 'workspace') return;
  for (const [name, group] of Object.entries(noun.groups)) {
    const read = `${address}.${name}>read`;
    for (const [index, { from }] of group.read.entries()) {
      const place = log.get(`${read}>${from}`);
      if (place !== undefined) log.set(`${read}>${index}`, place);
    }
  }
}

function placesText(address: string, log: PlaceLog): string {
  const files: Record<string, (string | number)[]> = {};
  for (const [key, { file, line, column }] of log) {
    if (!key.startsWith(address)) continue;
    files[file] ??= [];
    files[file].push(key.slice(address.length), line, column);
  }
  return JSON.stringify(files);
}

/** The places of a chunk by the rest of their key. */
export function placesIn(chunk: Chunk): ReadonlyMap<string, Place> {
  const files: Readonly<Record<string, readonly (string | number)[]>> = JSON.parse(chunk.places);
  const places = new Map<string, Place>();
  for (const [file, flat] of Object.entries(files)) {
    for (let i = 0; i + 2 < flat.length; i += 3)
      places.set(String(flat[i]), { file, line: Number(flat[i + 1]), column: Number(flat[i + 2]) });
  }
  return places;
}
