import { createHash } from 'node:crypto';
import { byCodePoint } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import type { Entry, IndexName } from '../../model/lookup.ts';
import type { Kind } from '../../model/object.ts';
import type { Chunk } from '../chunk.ts';
import type { Refused } from '../files.ts';
import { type DigestLookup, nounsIn } from '../lookup.ts';
import { recent } from '../recent.ts';
import type { RootResult } from '../root.ts';
import { openStoreFile, StoreBroken, type StoreFile, type StoreWriter, writeStore } from './file.ts';

/** What is kept of a root but its objects, which are found by name. */
export type StoredRoot = Omit<RootResult, 'chunks'> & {
  readonly file: string;
  readonly objects: readonly string[];
  /** Records of these, in the same order. */
  readonly records: readonly number[];
};

/** Of the whole: as long as the model only where somebody asks for it. */
type Summary = {
  readonly digest: string;
  readonly hasSql: boolean;
  /** How many there are. */
  readonly datasets: number;
  /** Roots that have findings, by name of file, and those that export nothing. */
  readonly withFindings: readonly string[];
  readonly empty: readonly string[];
  /** Addresses that are defined more than once. */
  readonly twice: readonly string[];
  /** Files of a tree that are not read; and are there names that are one on some machines? */
  readonly refused: readonly Refused[];
  readonly hasCollisions: boolean;
  /** Records: names of files, a line each; `<digest> <address>` of all objects; addresses by kind; signed statements; `<digest> <file>`. */
  readonly roots: number;
  readonly schemas: number;
  readonly digests: number;
  readonly addresses: Readonly<Record<Kind, number>>;
  readonly signed: number;
  readonly files: number;
};

type StoredObject = Omit<Chunk, 'text' | 'places'> & {
  readonly file: string;
  /** Of two with one address the first in order of files does. */
  readonly stands: boolean;
  /** Records. */
  readonly text: number;
  readonly places: number;
};

/**
 * What a state of a model's files came to, on disk, read by the piece. Not all of it need have been readable: a file that
 * could not be read is a root with findings and no objects, or fewer.
 */
export type Objects = Disposable & {
  readonly summary: Omit<Summary, 'roots' | 'schemas' | 'digests' | 'addresses' | 'signed' | 'files'>;
  readonly root: (file: string) => StoredRoot | null;
  /** Roots that were made from a file, there or not. */
  readonly rootsReading: (file: string) => readonly string[];
  readonly rootsImporting: (file: string) => readonly string[];
  /** Objects that a root defines, whether they stand or not. */
  readonly chunksOf: (root: StoredRoot) => readonly Chunk[];
  readonly chunk: (address: string) => Chunk | null;
  /** Every definition of an address, the one that stands first. */
  readonly definitions: (address: string) => readonly { readonly file: string; readonly chunk: Chunk }[];
  readonly lookup: DigestLookup;
  /** What an index holds under a key, each with the object that it is of. */
  readonly entries: (index: IndexName, key: string) => readonly { readonly object: string; readonly address: string }[];
  /** Names of roots, and of data that objects name, by code point. */
  readonly roots: () => readonly string[];
  readonly schemas: () => readonly string[];
  /** A line for each object by address, of its digest and its address: the digest of the whole is of this. */
  readonly digests: () => Buffer;
  readonly signed: () => Signed;
  readonly files: () => FileDigests;
};

/** Of the bytes of every file of a directory, by path. */
export type FileDigests = ReadonlyMap<string, string>;

export type Signed = {
  readonly signed: Readonly<Record<string, string>>;
  readonly recoveries: Readonly<Record<string, string>>;
};

/** `roots`: every root with what it came to, by name, each asked for once; so a model need never be in memory as a whole. */
export type KeptInput = {
  readonly roots: AsyncIterable<readonly [file: string, result: RootResult]>;
  readonly schemas: readonly string[];
  readonly signed: Signed;
  /** Of a directory: those of a tree have ids of git's. */
  readonly files?: FileDigests;
  /** Of a tree: in a directory they are looked at each time. */
  readonly refused?: readonly Refused[];
  readonly hasCollisions?: boolean;
};

/** Digest of the whole. Errors: those of disks. */
export async function keepObjects(path: string, key: string, input: KeptInput): Promise<string> {
  let digest = '';
  await writeStore(path, key, async (writer) => {
    const lists = { digests: [], roots: [], withFindings: [], empty: [] };
    const noted: Noted = { ...lists, addresses: new Set(), twice: new Set(), hasSql: false, datasets: 0 };
    for await (const [file, result] of input.roots) await keepRoot(writer, file, result, noted);
    digest = await keepSummary(writer, input, noted);
  });
  return digest;
}

type Noted = {
  readonly digests: { readonly address: string; readonly digest: string; readonly kind: Kind }[];
  readonly roots: string[];
  readonly withFindings: string[];
  readonly empty: string[];
  readonly addresses: Set<string>;
  readonly twice: Set<string>;
  hasSql: boolean;
  datasets: number;
};

async function keepRoot(writer: StoreWriter, file: string, result: RootResult, noted: Noted): Promise<void> {
  const { chunks, ...rest } = result;
  const records: number[] = [];
  for (const { text, places, ...chunk } of chunks) {
    const stands = !noted.addresses.has(chunk.address);
    const pieces = { text: await writer.put(text), places: await writer.put(places) };
    const stored: StoredObject = { ...chunk, file, stands, ...pieces };
    const record = await writer.put(JSON.stringify(stored));
    records.push(record);
    writer.link(links.object(chunk.address), record);
    if (!stands) {
      noted.twice.add(chunk.address);
      continue;
    }
    noted.addresses.add(chunk.address);
    for (const [index, entries] of Object.entries(entriesIn(chunk)))
      for (const [key] of entries) writer.link(links.found(index, key), record);
    noted.digests.push({ address: chunk.address, digest: chunk.digest, kind: chunk.kind });
    noted.datasets += chunk.datasets;
    noted.hasSql ||= saysSql({ kind: chunk.kind, text });
  }
  const root: StoredRoot = { ...rest, file, objects: chunks.map(({ address }) => address), records };
  const record = await writer.put(JSON.stringify(root));
  writer.link(links.root(file), record);
  for (const read of rest.reads) writer.link(links.reading(read), record);
  for (const imported of rest.imports) writer.link(links.importing(imported), record);
  noted.roots.push(file);
  if (rest.findings.length > 0) noted.withFindings.push(file);
  if (rest.isEmpty) noted.empty.push(file);
}

async function keepSummary(
  writer: StoreWriter,
  { schemas, signed, files = new Map(), refused = [], hasCollisions = false }: KeptInput,
  noted: Noted,
): Promise<string> {
  const digests = noted.digests.sort((a, b) => byCodePoint(a.address, b.address));
  const lines = (all: readonly string[]) => writer.put(all.join('\n'));
  const listed = Buffer.from(digests.map(({ address, digest }) => `${digest} ${address}\n`).join(''));
  const ofKind = (kind: Kind) => lines(digests.flatMap((one) => (one.kind === kind ? [one.address] : [])));
  const digest = digestOfLines([listed]);
  const summary: Summary = {
    digest,
    hasSql: noted.hasSql,
    datasets: noted.datasets,
    withFindings: noted.withFindings,
    empty: noted.empty,
    twice: [...noted.twice],
    refused,
    hasCollisions,
    roots: await lines(noted.roots),
    schemas: await lines(schemas),
    digests: await writer.put(listed),
    addresses: {
      mesh: await ofKind('mesh'),
      zone: await ofKind('zone'),
      datastore: await ofKind('datastore'),
      workspace: await ofKind('workspace'),
      transformer: await ofKind('transformer'),
      environment: await ofKind('environment'),
      consent: await ofKind('consent'),
      declassification: await ofKind('declassification'),
      offer: await ofKind('offer'),
    },
    signed: await writer.put(JSON.stringify(signed)),
    files: await lines([...files].map(([file, digest]) => `${digest} ${file}`)),
  };
  writer.link(links.summary, await writer.put(JSON.stringify(summary)));
  return digest;
}

const links = {
  summary: 'summary',
  object: (address: string) => `object ${address}`,
  found: (index: string, key: string) => `found ${index} ${key}`,
  root: (file: string) => `root ${file}`,
  reading: (file: string) => `reading ${file}`,
  importing: (file: string) => `importing ${file}`,
} as const;

/** Is there anything in it to parse as SQL? Where in doubt, yes. */
export function saysSql({ kind, text }: Pick<Chunk, 'kind' | 'text'>): boolean {
  return (kind === 'transformer' && text.includes('"sql"')) || text.includes('"rows":');
}

export function entriesIn({ entries }: Pick<Chunk, 'entries'>): Readonly<Record<string, readonly Entry[]>> {
  return JSON.parse(entries);
}

export function digestOfLines(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const one of pieces) hash.update(one);
  return hash.digest('hex');
}

/** Null where there is none of this key. Errors, then and later: StoreBroken. */
export function openObjects(path: string, key: string): Objects | null {
  const file = openStoreFile(path, key);
  if (file === null) return null;
  // Whole pieces of ours: what they hold is what was written.
  const json = <T>(record: number): T => JSON.parse(file.record(record).toString('utf8'));
  const one = <T>(link: string, isIt: (value: T) => boolean): T | null => {
    for (const record of file.linked(link)) {
      const value: T = json(record);
      if (isIt(value)) return value;
    }
    return null;
  };
  const many = <T>(link: string): T[] => file.linked(link).map((record) => json<T>(record));
  const summary = one<Summary>(links.summary, (it) => typeof it.digest === 'string');
  if (summary === null) throw new StoreBroken('it has no summary');
  const lines = (record: number) =>
    file
      .record(record)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');

  const known = recent<Known>(keptCharacters, ({ characters }) => characters);
  /** Null where a hash led to what is none of an object by chance. */
  const objectAt = (record: number): Known | null => {
    const name = String(record);
    const before = known.get(name);
    if (before !== null) return before;
    const object = json<StoredObject>(record);
    if (object.entries === undefined) return null;
    const now: Known = {
      chunk: chunkIn(file, object),
      stands: object.stands,
      entries: entriesIn(object),
      characters: fewCharacters + 2 * object.entries.length,
    };
    known.set(name, now);
    return now;
  };
  const records = recent<number>(keptRecords, () => 1);
  const stored = (address: string) => {
    const record = records.get(address);
    if (record !== null) return objectAt(record)?.chunk ?? null;
    for (const one of file.linked(links.object(address))) {
      const object = objectAt(one);
      if (object?.chunk.address !== address || !object.stands) continue;
      records.set(address, one);
      return object.chunk;
    }
    return null;
  };
  const entries = (index: IndexName, key: string) =>
    file.linked(links.found(index, key)).flatMap((record) => {
      const object = objectAt(record);
      if (object === null || !object.stands) return [];
      return (object.entries[index] ?? [])
        .filter(([its]) => its === key)
        .map(([, address]) => ({ object: object.chunk.address, address }));
    });
  const nouns = nounsIn(stored, keptOfNouns);
  const listed = new Map<Kind, readonly string[]>();
  const { roots, schemas, digests, addresses, signed, files, ...told } = summary;
  return {
    summary: told,
    root: (name) => one<StoredRoot>(links.root(name), (it) => it.file === name && it.reads !== undefined),
    rootsReading: (name) =>
      many<StoredRoot>(links.reading(name)).flatMap((it) => (it.reads?.includes(name) ? [it.file] : [])),
    rootsImporting: (name) =>
      many<StoredRoot>(links.importing(name)).flatMap((it) => (it.imports?.includes(name) ? [it.file] : [])),
    chunksOf: (root) => root.records.map((record) => must(objectAt(record), root.file).chunk),
    chunk: stored,
    // In order of records, which is that of files.
    definitions: (address) =>
      file.linked(links.object(address)).flatMap((record) => {
        const chunk = objectAt(record)?.chunk;
        return chunk?.address === address ? [{ file: chunk.file, chunk }] : [];
      }),
    entries,
    lookup: {
      object: nouns,
      found: (index, key) => distinctSorted(entries(index, key).map(({ address }) => address)),
      addresses: (kind) => {
        const known = listed.get(kind) ?? lines(addresses[kind]);
        listed.set(kind, known);
        return known;
      },
      digestAt: (kind, address) => {
        const chunk = stored(address);
        return chunk?.kind === kind ? chunk.digest : null;
      },
    },
    roots: () => lines(roots),
    schemas: () => lines(schemas),
    digests: () => file.record(digests),
    signed: () => json<Signed>(signed),
    files: () => new Map(lines(files).map((line) => [line.slice(digestLength + 1), line.slice(0, digestLength)])),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Of SHA-256, as it is written here. */
const digestLength = 64;

/** An object that was read of late, and what it is found by. */
type Known = {
  readonly chunk: FiledChunk;
  readonly stands: boolean;
  readonly entries: Readonly<Record<string, readonly Entry[]>>;
  readonly characters: number;
};
type FiledChunk = Chunk & { readonly file: string };

const keptCharacters = 16 * 1024 * 1024;
/** Of an object but what it is found by. */
const fewCharacters = 500;
const keptRecords = 100_000;
/** Read, an object takes several times as much. Who asks for many asks for neighbours one after another. */
export const keptOfNouns = 16 * 1024 * 1024;

function chunkIn(file: StoreFile, { text, places, ...rest }: StoredObject): FiledChunk {
  return {
    ...rest,
    get text() {
      return file.record(text).toString('utf8');
    },
    get places() {
      return file.record(places).toString('utf8');
    },
  };
}

export function distinctSorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(byCodePoint);
}
