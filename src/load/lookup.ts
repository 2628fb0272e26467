import { byCodePoint } from '../base/digest.ts';
import { type Entry, type IndexName, indexNames, type Lookup } from '../model/lookup.ts';
import { type Kind, type ModelObject, type Nouns, nounOf } from '../model/object.ts';
import type { Chunk } from './chunk.ts';
import { recent } from './recent.ts';

/**
 * A model asked object by object, none of it read before it is asked for: what nobody asks for stays text. With the digest
 * of each object, as `around` takes it.
 */
export type ChunkLookup = Lookup & {
  readonly digestAt: (kind: Kind, address: string) => string | null;
  /** How many datasets a datastore has. */
  readonly datasetsOf: (datastore: string) => number;
  /** Has the text of an object of a kind a word in it? Asked where reading them all would take longer. */
  readonly says: (kind: Kind, word: string) => boolean;
};

export function lookupOf(chunks: ReadonlyMap<string, Chunk>): ChunkLookup {
  const nouns = recent<{ readonly noun: unknown; readonly size: number }>(keptCharacters, ({ size }) => size);
  const sorted = new Map<Kind, readonly string[]>();
  let indexed: ReadonlyMap<IndexName, ReadonlyMap<string, readonly string[]>> | null = null;
  const chunkAt = (kind: Kind, address: string): Chunk | null => {
    const chunk = chunks.get(address);
    return chunk?.kind === kind ? chunk : null;
  };
  return {
    object: <K extends Kind>(kind: K, address: string) => {
      const chunk = chunkAt(kind, address);
      if (chunk === null) return null;
      const known = nouns.get(address) ?? { noun: nounOf(chunk.text), size: chunk.text.length };
      nouns.set(address, known);
      // Its reader made this noun, of this kind: as text it came from the worker that ran it.
      return known.noun as Nouns[K];
    },
    found: (index, key) => {
      indexed ??= indexesOf(chunks.values());
      return indexed.get(index)?.get(key) ?? [];
    },
    addresses: (kind) => {
      const known = sorted.get(kind) ?? addressesOf(chunks, kind);
      sorted.set(kind, known);
      return known;
    },
    digestAt: (kind, address) => chunkAt(kind, address)?.digest ?? null,
    datasetsOf: (datastore) => chunkAt('datastore', datastore)?.datasets ?? 0,
    says: (kind, word) => [...chunks.values()].some((chunk) => chunk.kind === kind && chunk.text.includes(word)),
  };
}

/** What a chunk is of, read. */
export function objectIn({ kind, address, text }: Chunk): ModelObject {
  // Its reader made this noun, of this kind: as text it came from the worker that ran it.
  return { kind, address, noun: nounOf(text) } as ModelObject;
}

const keptCharacters = 64 * 1024 * 1024;

function addressesOf(chunks: ReadonlyMap<string, Chunk>, kind: Kind): readonly string[] {
  return [...chunks.values()].flatMap((chunk) => (chunk.kind === kind ? [chunk.address] : [])).sort(byCodePoint);
}

/** What every chunk is found by, which each says beside its text. */
function indexesOf(chunks: Iterable<Chunk>): ReadonlyMap<IndexName, ReadonlyMap<string, readonly string[]>> {
  const indexes = new Map<IndexName, Map<string, Set<string>>>(indexNames.map((name) => [name, new Map()]));
  for (const chunk of chunks) {
    const said: Readonly<Record<string, readonly Entry[]>> = JSON.parse(chunk.entries);
    for (const [name, index] of indexes) {
      for (const [key, address] of said[name] ?? []) {
        const addresses = index.get(key);
        if (addresses === undefined) index.set(key, new Set([address]));
        else addresses.add(address);
      }
    }
  }
  return new Map(
    [...indexes].map(([name, index]) => [
      name,
      new Map([...index].map(([key, addresses]) => [key, [...addresses].sort(byCodePoint)])),
    ]),
  );
}
