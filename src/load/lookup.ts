import { byCodePoint } from '../base/digest.ts';
import type { Entry, IndexName, Lookup } from '../model/lookup.ts';
import { type Kind, type Nouns, nounOf } from '../model/object.ts';
import type { Chunk } from './chunk.ts';
import { recent } from './recent.ts';

/**
 * A model asked object by object, none of it read before it is asked for: what nobody asks for stays text. With the digest
 * of each object, as `around` takes it.
 */
export type ChunkLookup = DigestLookup & {
  /** How many datasets a datastore has. */
  readonly datasetsOf: (datastore: string) => number;
};

export type DigestLookup = Lookup & { readonly digestAt: (kind: Kind, address: string) => string | null };

export function lookupOf(chunks: ReadonlyMap<string, Chunk>): ChunkLookup {
  const sorted = new Map<Kind, readonly string[]>();
  const indexed = new Map<IndexName, ReadonlyMap<string, readonly string[]>>();
  let said: readonly Said[] | null = null;
  const chunkAt = (kind: Kind, address: string): Chunk | null => {
    const chunk = chunks.get(address);
    return chunk?.kind === kind ? chunk : null;
  };
  return {
    object: nounsIn((address) => chunks.get(address) ?? null),
    found: (index, key) => {
      said ??= [...chunks.values()].map((chunk): Said => JSON.parse(chunk.entries));
      const own = indexed.get(index) ?? indexOf(index, said);
      indexed.set(index, own);
      return [...new Set(own.get(key))].sort(byCodePoint);
    },
    addresses: (kind) => {
      const known = sorted.get(kind) ?? addressesOf(chunks, kind);
      sorted.set(kind, known);
      return known;
    },
    digestAt: (kind, address) => chunkAt(kind, address)?.digest ?? null,
    datasetsOf: (datastore) => chunkAt('datastore', datastore)?.datasets ?? 0,
  };
}

/** Nouns of chunks, read when asked for; those asked for last are kept, up to so many characters of their texts. */
export function nounsIn(chunkAt: (address: string) => Chunk | null, most = keptCharacters): Lookup['object'] {
  const nouns = recent<{ readonly noun: unknown; readonly size: number }>(most, ({ size }) => size);
  return <K extends Kind>(kind: K, address: string) => {
    const chunk = chunkAt(address);
    if (chunk?.kind !== kind) return null;
    const known = nouns.get(address);
    if (known !== null) return known.noun as Nouns[K];
    const text = chunk.text;
    const noun = nounOf(text);
    nouns.set(address, { noun, size: text.length });
    // Its reader made this noun, of this kind: as text it came from the worker that ran it.
    return noun as Nouns[K];
  };
}

const keptCharacters = 64 * 1024 * 1024;

function addressesOf(chunks: ReadonlyMap<string, Chunk>, kind: Kind): readonly string[] {
  return [...chunks.values()].flatMap((chunk) => (chunk.kind === kind ? [chunk.address] : [])).sort(byCodePoint);
}

/** What every chunk is found by in one index, which each says beside its text. */
function indexOf(name: IndexName, said: readonly Said[]): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const entries of said)
    for (const [key, address] of entries[name] ?? []) {
      const addresses = index.get(key);
      if (addresses === undefined) index.set(key, [address]);
      else addresses.push(address);
    }
  return index;
}

type Said = Readonly<Record<string, readonly Entry[]>>;
