import { byCodePoint } from '../../base/digest.ts';
import { around } from '../../check/judgement.ts';
import { engineFacts } from '../../engines/facts.ts';
import { blobsOf } from '../../git/blobs.ts';
import type { Repository } from '../../git/repository.ts';
import { changesBetween, filesAt, type TreeChange, type TreeEntry } from '../../git/tree.ts';
import { collisions, type FileKind, isAside, kindOfFile, textOf } from '../../load/files.ts';
import { defaultLimits } from '../../load/limits.ts';
import type { RootResult } from '../../load/root.ts';
import { type Judges, keptJudges } from '../../load/sandbox/judge.ts';
import { sqlWhere } from '../../load/sql-parser.ts';
import { foundOver } from '../../load/store/found.ts';
import { type Edits, editsOf, type Later, later } from '../../load/store/later.ts';
import type { Objects, Signed } from '../../load/store/objects.ts';
import { type Names, readRoots, rootsOver, type TextsOf } from '../../load/store/read-roots.ts';
import type { Store, Stores } from '../../load/store/stores.ts';
import { meshAddress } from '../../model/address.ts';
import type { TreeModel } from './sides.ts';

/**
 * The model of one tree, of which a store holds another: it costs what differs between the two. Null where what differs is
 * more than objects (a link, a file that cannot be read, names that are one on some machines): then it is read whole.
 */
export async function modelOverStore(
  repository: Repository,
  tree: string,
  store: Store,
  asOfMs: number,
  judges?: Judges,
): Promise<TreeModel | null> {
  const { objects } = store;
  const from = treeNamed(store.name);
  const changes = from === tree ? [] : await changesBetween(repository, from, tree);
  const edits = await editsFrom(repository, objects, changes);
  if (edits === null) return null;
  const textsOf = textsAt(repository, tree);
  const state = await later(objects, edits, rootsOver(objects, edits, textsOf, judges));
  return { ...(await laterModel(state, store, edits.signed, asOfMs)), tree, texts: textsOf };
}

export async function laterModel(
  later: Later,
  { judgements }: Pick<Store, 'judgements'>,
  { signed, recoveries }: Signed,
  asOfMs: number,
): Promise<Omit<TreeModel, 'tree' | 'texts'>> {
  const { lookup, digest, places, findings, isMadeFrom, hasSql } = later;
  const checked =
    digest === null ? [] : foundOver(later, judgements, engineFacts, { asOfMs, ...(await sqlWhere(hasSql)) });
  return {
    mesh: lookup?.object('mesh', 'mesh') ?? null,
    lookup,
    digest,
    places,
    loading: findings,
    findings: [...findings, ...checked],
    signed: { ...signed, ...recoveries },
    isMadeFrom,
    hasSql,
    later,
  };
}

/**
 * Reads the model of a tree and keeps what it came to, some files at a time, so that it need never be in memory as a whole.
 * False where not all of it could be read: states of a model share what was whole.
 */
export async function keepTree(
  stores: Stores,
  repository: Repository,
  tree: string,
  entries: ReadonlyMap<string, TreeEntry>,
  asOfMs: number,
): Promise<boolean> {
  const { prefix } = repository;
  const named: Record<FileKind, string[]> = { root: [], schema: [], signed: [], recovery: [] };
  const files = new Map<string, TreeEntry>();
  for (const entry of entries.values()) {
    const file = entry.path.slice(prefix.length);
    if (!entry.path.startsWith(prefix) || isAside(file)) continue;
    if (entry.kind !== 'file') return false;
    const kind = kindOfFile(file);
    if (kind === null) continue;
    named[kind].push(file);
    files.set(file, entry);
  }
  for (const names of Object.values(named)) names.sort(byCodePoint);
  if (!collisions(files.keys()).next().done) return false;
  const textsOf = async (wanted: readonly string[]) => {
    const texts = await textsOfEntries(
      repository,
      wanted.flatMap((file) => files.get(file) ?? []),
    );
    if (texts.size < wanted.length) throw new NotWhole();
    return new Map([...texts].map(([path, text]) => [path.slice(prefix.length), text]));
  };
  const names = { roots: named.root, schemas: named.schema };
  try {
    // Data that nobody names is read as well: that it can be is asked of every file.
    for (const some of pieces(named.schema)) await textsOf(some);
    const signed = {
      signed: Object.fromEntries(await textsOf(named.signed)),
      recoveries: Object.fromEntries(await textsOf(named.recovery)),
    };
    const input = { roots: rootsInPieces(names, textsOf), schemas: named.schema, signed };
    await stores.keep(nameOfTree(repository, tree), input, async ({ lookup, summary }) =>
      around(lookup, engineFacts, asOfMs, { digestAt: lookup.digestAt, ...(await sqlWhere(summary.hasSql)) }),
    );
    return true;
  } catch (error) {
    if (error instanceof NotWhole) return false;
    throw error;
  }
}

/** What a store is made of can be read, all of it, and is defined once. */
class NotWhole extends Error {
  override name = 'NotWhole';
}

async function* rootsInPieces(names: Names, textsOf: TextsOf): AsyncGenerator<readonly [string, RootResult]> {
  await using judges = keptJudges();
  const addresses = new Set<string>();
  const read = (some: readonly string[]) => readRoots(names, some, textsOf, () => [], judges);
  for await (const results of readAhead([...pieces(names.roots)], read)) {
    for (const [file, result] of results) {
      if (result.findings.some(({ severity }) => severity === 'error')) throw new NotWhole();
      for (const { address } of result.chunks) {
        if (addresses.has(address)) throw new NotWhole();
        addresses.add(address);
      }
      yield [file, result];
    }
  }
  if (!addresses.has(meshAddress)) throw new NotWhole();
}

/** What reading gives, one after the other; the next is read while somebody is at work on one. */
async function* readAhead<T, R>(all: readonly T[], read: (one: T) => Promise<R>): AsyncGenerator<R> {
  let reading: Promise<R> | null = null;
  try {
    for (const [index, one] of all.entries()) {
      const result: R = await (reading ?? read(one));
      const next = all[index + 1];
      reading = next === undefined ? null : read(next);
      // Whoever takes it hears of it.
      reading?.catch(() => {});
      yield result;
    }
  } finally {
    // What reads is given back before it ends.
    await reading?.catch(() => {});
  }
}

/** Files that are read together: these and the next are in memory at one time. */
const pieceLength = 4000;

function* pieces(files: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < files.length; start += pieceLength) yield files.slice(start, start + pieceLength);
}

/** Of the model in a tree: below one prefix it is another. */
export function nameOfTree({ prefix }: Repository, tree: string): string {
  return `${tree}-${Buffer.from(prefix).toString('hex')}`;
}

export function treeNamed(name: string): string {
  return name.split('-')[0] ?? '';
}

async function editsFrom(
  repository: Repository,
  objects: Objects,
  changes: readonly TreeChange[],
): Promise<Edits | null> {
  const { prefix } = repository;
  const below = changes.flatMap(({ path, before, after }) =>
    path.startsWith(prefix) && !isAside(path.slice(prefix.length))
      ? [{ file: path.slice(prefix.length), before, after }]
      : [],
  );
  if (below.some(({ after }) => after !== null && after.kind !== 'file')) return null;
  const ofModel = below.filter(({ file }) => kindOfFile(file) !== null);
  const signed = objects.signed();
  if (ofModel.some(({ before, after }) => before === null && after !== null)) {
    const gone = new Set(ofModel.flatMap(({ file, after }) => (after === null ? [file] : [])));
    const now = [
      ...objects.roots(),
      ...objects.schemas(),
      ...Object.keys({ ...signed.signed, ...signed.recoveries }),
    ].filter((file) => !gone.has(file));
    const all = new Set([...now, ...ofModel.flatMap(({ file, after }) => (after === null ? [] : [file]))]);
    if (!collisions(all).next().done) return null;
  }
  const texts = await textsOfEntries(
    repository,
    ofModel.flatMap(({ after }) => after ?? []),
  );
  const changed: [string, string | null][] = [];
  for (const { file, after } of ofModel) {
    const text = after === null ? null : (texts.get(after.path) ?? null);
    // Its finding is of loading whole.
    if (after !== null && text === null) return null;
    changed.push([file, text]);
  }
  return editsOf(objects, changed);
}

function textsAt(repository: Repository, tree: string): TextsOf {
  const { prefix } = repository;
  return async (files) => {
    const entries = await filesAt(
      repository,
      tree,
      files.map((file) => `${prefix}${file}`),
    );
    const texts = await textsOfEntries(
      repository,
      entries.filter(({ kind }) => kind === 'file'),
    );
    return new Map([...texts].map(([path, text]) => [path.slice(prefix.length), text]));
  };
}

/** By path; those that cannot be read are left out. */
async function textsOfEntries(
  repository: Repository,
  entries: readonly TreeEntry[],
): Promise<ReadonlyMap<string, string>> {
  const { fileCharacters } = defaultLimits;
  const contents = await blobsOf(
    repository,
    entries.map(({ id }) => id),
    3 * fileCharacters,
  );
  return new Map(
    entries.flatMap(({ path, id }) => {
      const bytes = contents.get(id) ?? null;
      const text = bytes === null ? null : textOf(bytes);
      return text === null || text.length > fileCharacters ? [] : [[path, text]];
    }),
  );
}
