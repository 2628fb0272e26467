import { byCodePoint } from '../../base/digest.ts';
import type { Finding } from '../../findings/finding.ts';
import { inReadingOrder } from '../../findings/make.ts';
import { meshAddress } from '../../model/address.ts';
import type { IndexName } from '../../model/lookup.ts';
import type { Places } from '../../model/model.ts';
import type { Kind } from '../../model/object.ts';
import { eachOnce, withoutMesh } from '../assemble.ts';
import { badConsentFiles } from '../bad-consent-file.ts';
import type { Chunk } from '../chunk.ts';
import { type FileKind, kindOfFile } from '../files.ts';
import { distinctFindings, emptyRoot, isWhole, withOwners } from '../findings.ts';
import { type DigestLookup, nounsIn } from '../lookup.ts';
import { placesOf } from '../model.ts';
import { recent } from '../recent.ts';
import type { RootResult } from '../root.ts';
import { splicedLines } from './lines.ts';
import {
  digestOfLines,
  distinctSorted,
  entriesIn,
  keptOfNouns,
  type Objects,
  type Signed,
  saysSql,
} from './objects.ts';

/** Files of a model that differ from what a store was made of: of roots and data their text, null where one is gone. */
export type Edits = {
  readonly roots: ReadonlyMap<string, string | null>;
  readonly schemas: ReadonlyMap<string, string | null>;
  /** All of them, as they are now. */
  readonly signed: Signed;
  /** Of files that cannot be read, which are as good as gone. */
  readonly findings?: readonly Finding[];
};

/** A state of a model's files that differs little from the one that a store holds: it costs what differs. */
export type Later = {
  readonly store: Objects;
  /** Objects that were defined by roots that were read again, or are now, or twice, by address; null: gone. */
  readonly chunks: ReadonlyMap<string, Chunk | null>;
  /** What roots that were read again came to, by file. */
  readonly results: ReadonlyMap<string, RootResult>;
  readonly chunk: (address: string) => Chunk | null;
  readonly lookup: DigestLookup | null;
  readonly places: Places;
  readonly findings: readonly Finding[];
  /** Of the whole model; null where any of it could not be read. */
  readonly digest: string | null;
  readonly isMadeFrom: (file: string) => boolean;
  readonly hasSql: boolean;
  /** How many there are. */
  readonly datasets: number;
};

/** Edits of a store by what became of files: their text, null where one is gone. */
export function editsOf(store: Objects, changed: Iterable<readonly [file: string, text: string | null]>): Edits {
  const signed = store.signed();
  const edits: Readonly<Record<FileKind, Map<string, string | null>>> = {
    root: new Map(),
    schema: new Map(),
    signed: new Map(Object.entries(signed.signed)),
    recovery: new Map(Object.entries(signed.recoveries)),
  };
  for (const [file, text] of changed) edits[kindOfFile(file) ?? 'root'].set(file, text);
  return {
    roots: edits.root,
    schemas: edits.schema,
    signed: { signed: recordOf(edits.signed), recoveries: recordOf(edits.recovery) },
  };
}

function recordOf(texts: ReadonlyMap<string, string | null>): Readonly<Record<string, string>> {
  const sorted = [...texts].sort(([a], [b]) => byCodePoint(a, b));
  return Object.fromEntries(sorted.flatMap(([file, text]) => (text === null ? [] : [[file, text]])));
}

/** Reads roots anew, each with all that it rests on. */
export type ReadRoots = (files: readonly string[]) => Promise<ReadonlyMap<string, RootResult>>;

export async function later(store: Objects, edits: Edits, read: ReadRoots): Promise<Later> {
  const stale = staleRoots(store, edits);
  const wanted = [...stale].filter((file) => edits.roots.get(file) !== null).sort(byCodePoint);
  const results = wanted.length === 0 ? new Map<string, RootResult>() : await read(wanted);
  const { chunks, findings: twice } = changedChunks(store, stale, results);
  const chunkAt = (address: string): Chunk | null => {
    const chunk = chunks.get(address);
    return chunk === undefined ? store.chunk(address) : chunk;
  };
  const hasMesh = chunkAt(meshAddress) !== null;
  const seen = [
    ...(edits.findings ?? []),
    ...rootFindings(store, stale, results),
    ...emptyRoots(store, stale, results),
    ...twice,
  ];
  const found = [...seen, ...withoutMesh(hasMesh, seen)];
  const lookup = hasMesh ? lookupOver(store, chunks, chunkAt) : null;
  const findings = inReadingOrder(distinctFindings([...found, ...badConsentFiles(edits.signed.signed)]));
  return {
    store,
    chunks,
    results,
    chunk: chunkAt,
    lookup,
    places: placesOf({ get: (address) => chunkAt(address) ?? undefined }),
    findings: withOwners(findings, lookup),
    digest: isWhole(hasMesh, found) ? digestOfLines(splicedLines(store.digests(), chunks)) : null,
    isMadeFrom: (file) =>
      [...results.values()].some(({ chunks: made, reads }) => made.length > 0 && reads.includes(file)) ||
      store.rootsReading(file).some((root) => !stale.has(root) && (store.root(root)?.objects.length ?? 0) > 0),
    hasSql: store.summary.hasSql || [...chunks.values()].some((chunk) => chunk !== null && saysSql(chunk)),
    datasets: [...chunks].reduce(
      (sum, [address, now]) => sum + (now?.datasets ?? 0) - (store.chunk(address)?.datasets ?? 0),
      store.summary.datasets,
    ),
  };
}

/** Roots whose result may be another now, those that are gone among them. */
function staleRoots(store: Objects, { roots, schemas }: Edits): ReadonlySet<string> {
  const stale = new Set(roots.keys());
  for (const file of [...roots.keys(), ...schemas.keys()]) for (const root of store.rootsReading(file)) stale.add(root);
  const data = new Set(schemas.size === 0 ? [] : store.schemas());
  const isNamed =
    [...roots].some(([file, text]) => (store.root(file) !== null) === (text === null)) ||
    [...schemas].some(([file, text]) => data.has(file) === (text === null));
  // A finding may name what is near, or miss what is not there.
  if (isNamed) for (const file of store.summary.withFindings) stale.add(file);
  return stale;
}

/** Of two definitions of one address the first in order of files stands. */
function changedChunks(store: Objects, stale: ReadonlySet<string>, results: ReadonlyMap<string, RootResult>) {
  const definitions = new Map<string, { readonly file: string; readonly chunk: Chunk }[]>();
  const at = (address: string) => {
    const known = definitions.get(address) ?? [];
    definitions.set(address, known);
    return known;
  };
  for (const file of stale) for (const address of store.root(file)?.objects ?? []) at(address);
  // Their findings are told anew: which of two stands, and where the other is, may be another now.
  for (const address of store.summary.twice) at(address);
  for (const [file, result] of results) for (const chunk of result.chunks) at(chunk.address).push({ file, chunk });
  const all: { readonly file: string; readonly chunk: Chunk }[] = [];
  for (const [address, defined] of definitions)
    all.push(...store.definitions(address).filter(({ file }) => !stale.has(file)), ...defined);
  // Stable: those of one file stay in its order.
  const inOrder = all.sort((a, b) => byCodePoint(a.file, b.file)).map(({ chunk }) => chunk);
  const { chunks, findings } = eachOnce(inOrder);
  return {
    chunks: new Map([...definitions.keys()].map((address) => [address, chunks.get(address) ?? null])),
    findings,
  };
}

function rootFindings(
  store: Objects,
  stale: ReadonlySet<string>,
  results: ReadonlyMap<string, RootResult>,
): readonly Finding[] {
  const kept = store.summary.withFindings.filter((file) => !stale.has(file));
  const files = [...kept, ...results.keys()].sort(byCodePoint);
  return files.flatMap((file) => results.get(file)?.findings ?? store.root(file)?.findings ?? []);
}

function emptyRoots(
  store: Objects,
  stale: ReadonlySet<string>,
  results: ReadonlyMap<string, RootResult>,
): readonly Finding[] {
  const imported = new Set([...results.values()].flatMap(({ imports }) => imports));
  const fresh = [...results].flatMap(([file, { isEmpty }]) => (isEmpty ? [file] : []));
  const empty = [...store.summary.empty.filter((file) => !stale.has(file)), ...fresh].sort(byCodePoint);
  return empty.flatMap((file) =>
    imported.has(file) || store.rootsImporting(file).some((root) => !stale.has(root)) ? [] : emptyRoot(file),
  );
}

function lookupOver(
  store: Objects,
  chunks: ReadonlyMap<string, Chunk | null>,
  chunkAt: (address: string) => Chunk | null,
): DigestLookup {
  const entries = new Map<string, string[]>();
  for (const chunk of chunks.values())
    if (chunk !== null)
      for (const [index, some] of Object.entries(entriesIn(chunk)))
        for (const [key, address] of some) {
          const name = `${index} ${key}`;
          const known = entries.get(name);
          if (known === undefined) entries.set(name, [address]);
          else known.push(address);
        }
  const changed = new Map<Kind, readonly string[]>();
  const found = recent<readonly string[]>(keptAnswers, (addresses) => 1 + addresses.length);
  return {
    object: nounsIn(chunkAt, keptOfNouns),
    found: (index: IndexName, key) => {
      const name = `${index} ${key}`;
      const known =
        found.get(name) ??
        distinctSorted([
          ...store.entries(index, key).flatMap(({ object, address }) => (chunks.has(object) ? [] : [address])),
          ...(entries.get(name) ?? []),
        ]);
      found.set(name, known);
      return known;
    },
    addresses: (kind) => {
      const known = changed.get(kind) ?? addressesOver(store, chunks, kind);
      changed.set(kind, known);
      return known;
    },
    digestAt: (kind, address) => {
      const chunk = chunkAt(address);
      return chunk?.kind === kind ? chunk.digest : null;
    },
  };
}

const keptAnswers = 100_000;

function addressesOver(store: Objects, chunks: ReadonlyMap<string, Chunk | null>, kind: Kind): readonly string[] {
  const before = store.lookup.addresses(kind);
  const isSame = [...chunks].every(
    ([address, chunk]) => (chunk?.kind === kind) === (store.chunk(address)?.kind === kind),
  );
  if (isSame) return before;
  const after = [...chunks].flatMap(([address, chunk]) => (chunk?.kind === kind ? [address] : []));
  return distinctSorted([...before.filter((address) => !chunks.has(address)), ...after]);
}
