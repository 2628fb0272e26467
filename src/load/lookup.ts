import { byCodePoint } from '../base/digest.ts';
import { type Entry, type IndexName, indexNames, type Lookup } from '../model/lookup.ts';
import { type Kind, type Nouns, nounOf } from '../model/object.ts';
import type { Chunk } from './chunk.ts';
import { recent } from './recent.ts';

/**
 * A model asked object by object, none of it read before it is asked for: what nobody asks for stays text. With the digest
 * of each object, as `around` takes it.
 */
export type ChunkLookup = Lookup & { readonly digestAt: (kind: Kind, address: string) => string | null };

export function lookupOf(chunks: ReadonlyMap<string, Chunk>): ChunkLookup {
  const sorted = new Map<Kind, readonly string[]>();
  let indexed: ReadonlyMap<IndexName, ReadonlyMap<string, readonly string[]>> | null = null;
  const chunkAt = (kind: Kind, address: string): Chunk | null => {
    const chunk = chunks.get(address);
    return chunk?.kind === kind ? chunk : null;
  };
  return {
    object: nounsIn((address) => chunks.get(address) ?? null),
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
  };
}

/** Nouns of chunks, read when asked for; those asked for last are kept. */
export function nounsIn(chunkAt: (address: string) => Chunk | null): Lookup['object'] {
  const nouns = recent<{ readonly noun: unknown; readonly size: number }>(keptCharacters, ({ size }) => size);
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
