import { byCodePoint } from '../../base/digest.ts';
import { around } from '../../check/judgement.ts';
import { engineFacts } from '../../engines/facts.ts';
import { blobsOf } from '../../git/blobs.ts';
import type { Repository } from '../../git/repository.ts';
import { changesBetween, filesAt, type TreeChange, type TreeEntry } from '../../git/tree.ts';
import {
  type FileKind,
  isAside,
  kindOfFile,
  type Refused,
  readText,
  refusedCollisions,
  refusedFile,
} from '../../load/files.ts';
import { isUnsure } from '../../load/findings.ts';
import { defaultLimits } from '../../load/limits.ts';
import type { RootResult } from '../../load/root.ts';
import { type Judges, keptJudges } from '../../load/sandbox/judge.ts';
import { sqlWhere } from '../../load/sql-parser.ts';
import { foundOver } from '../../load/store/found.ts';
import { type Edits, editsOf, type Later, later } from '../../load/store/later.ts';
import type { Objects, Signed } from '../../load/store/objects.ts';
import { type Names, readRoots, rootsOver, type TextsOf } from '../../load/store/read-roots.ts';
import type { Store, Stores } from '../../load/store/stores.ts';
import type { TreeModel } from './sides.ts';

/**
 * The model of one tree, of which a store holds another: it costs what differs between the two. Null where nothing in the
 * store was judged, for it has no mesh, and this one has: then it is read whole.
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
  const textsOf = textsAt(repository, tree);
  const state = await later(objects, edits, rootsOver(objects, edits, textsOf, judges));
  if (state.digest !== null && !store.judgements.isJudged) return null;
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
 * False where the machine was too slow for a file: it says nothing of the model.
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
  const refused: Refused[] = [];
  for (const entry of entries.values()) {
    const file = entry.path.slice(prefix.length);
    if (!entry.path.startsWith(prefix) || isAside(file)) continue;
    if (entry.kind !== 'file') refused.push({ file, why: entry.kind });
    const kind = kindOfFile(file);
    if (entry.kind !== 'file' || kind === null) continue;
    named[kind].push(file);
    files.set(file, entry);
  }
  for (const names of Object.values(named)) names.sort(byCodePoint);
  const hasCollisions = refusedCollisions(files.keys()).length > 0;
  const textsOf = async (wanted: readonly string[]) => {
    const { texts, refused: unread } = await textsOfEntries(
      repository,
      wanted.flatMap((file) => files.get(file) ?? []),
    );
    for (const one of unread) refused.push(one);
    return texts;
  };
  const readable = (names: readonly string[]) => {
    const not = new Set(refused.map(({ file }) => file));
    return names.filter((file) => !not.has(file));
  };
  const keep = async () => {
    const names = { roots: readable(named.root), schemas: readable(named.schema) };
    const input = { roots: rootsInPieces(names, textsOfAll), schemas: names.schemas, signed, refused, hasCollisions };
    await stores.keep(nameOfTree(repository, tree), input, async ({ lookup, summary }) =>
      around(lookup, engineFacts, asOfMs, { digestAt: lookup.digestAt, ...(await sqlWhere(summary.hasSql)) }),
    );
  };
  const textsOfAll: TextsOf = async (wanted) => {
    const texts = await textsOf(wanted);
    if (texts.size < wanted.length) throw new Unreadable();
    return texts;
  };
  // Data that nobody names is read as well: that it can be is asked of every file.
  for (const some of pieces(named.schema)) await textsOf(some);
  const signed = {
    signed: Object.fromEntries(await textsOf(named.signed)),
    recoveries: Object.fromEntries(await textsOf(named.recovery)),
  };
  try {
    await keep().catch(async (error: unknown) => {
      if (!(error instanceof Unreadable)) throw error;
      // Which files there are to import is known when it is known which of them can be read: seldom is one that cannot.
      const others = refused.filter(({ file }) => !files.has(file) || kindOfFile(file) !== 'root');
      refused.splice(0, refused.length, ...others);
      for (const some of pieces(named.root)) await textsOf(some);
      await keep();
    });
    return true;
  } catch (error) {
    if (error instanceof Unsure) return false;
    throw error;
  }
}

/** A root of a tree cannot be read. */
class Unreadable extends Error {
  override name = 'Unreadable';
}

/** Read again, it might come to something else. */
class Unsure extends Error {
  override name = 'Unsure';
}

async function* rootsInPieces(names: Names, textsOf: TextsOf): AsyncGenerator<readonly [string, RootResult]> {
  await using judges = keptJudges();
  const read = (some: readonly string[]) => readRoots(names, some, textsOf, () => [], judges);
  for await (const results of readAhead([...pieces(names.roots)], read))
    for (const [file, result] of results) {
      if (result.findings.some(isUnsure)) throw new Unsure();
      yield [file, result];
    }
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

async function editsFrom(repository: Repository, objects: Objects, changes: readonly TreeChange[]): Promise<Edits> {
  const { prefix } = repository;
  const below = changes.flatMap(({ path, before, after }) =>
    path.startsWith(prefix) && !isAside(path.slice(prefix.length))
      ? [{ file: path.slice(prefix.length), before, after }]
      : [],
  );
  const touched = new Set(below.map(({ file }) => file));
  const there = below.flatMap(({ after }) => after ?? []);
  const { texts, refused: unread } = await textsOfEntries(
    repository,
    there.filter(({ path, kind }) => kind === 'file' && kindOfFile(path) !== null),
  );
  const aside = there.flatMap(({ path, kind }): Refused[] =>
    kind === 'file' ? [] : [{ file: path.slice(prefix.length), why: kind }],
  );
  const refused = [...objects.summary.refused.filter(({ file }) => !touched.has(file)), ...aside, ...unread];
  const edits = editsOf(
    objects,
    [...touched].flatMap((file) => (kindOfFile(file) === null ? [] : [[file, texts.get(file) ?? null]])),
  );
  const isAdded = below.some(({ before, after }) => before === null && after !== null);
  const collided =
    isAdded || objects.summary.hasCollisions ? refusedCollisions(pathsAfter(objects, edits, refused)) : [];
  return { ...edits, findings: [...refused.map((one) => refusedFile(one)), ...collided] };
}

/** Of all files of the model, whether they can be read or not. */
function pathsAfter(
  objects: Objects,
  { roots, schemas, signed }: Edits,
  refused: readonly Refused[],
): readonly string[] {
  const paths = new Set([...objects.roots(), ...objects.schemas()]);
  for (const [file, text] of [...roots, ...schemas]) {
    if (text === null) paths.delete(file);
    else paths.add(file);
  }
  for (const file of Object.keys({ ...signed.signed, ...signed.recoveries })) paths.add(file);
  for (const { file, why } of refused) if (why === 'no-text' || why === 'too-large') paths.add(file);
  return [...paths];
}

function textsAt(repository: Repository, tree: string): TextsOf {
  const { prefix } = repository;
  return async (files) => {
    const entries = await filesAt(
      repository,
      tree,
      files.map((file) => `${prefix}${file}`),
    );
    const { texts } = await textsOfEntries(
      repository,
      entries.filter(({ kind }) => kind === 'file'),
    );
    return texts;
  };
}

/** By path below the model's root; and those that cannot be read. */
async function textsOfEntries(
  repository: Repository,
  entries: readonly TreeEntry[],
): Promise<{ readonly texts: ReadonlyMap<string, string>; readonly refused: readonly Refused[] }> {
  const { fileCharacters } = defaultLimits;
  const ids = entries.map(({ id }) => id);
  const contents = await blobsOf(repository, ids, 3 * fileCharacters);
  const texts = new Map<string, string>();
  const refused: Refused[] = [];
  for (const { path, id } of entries) {
    const file = path.slice(repository.prefix.length);
    const read = readText(contents.get(id) ?? null, fileCharacters);
    if ('text' in read) texts.set(file, read.text);
    else refused.push({ file, why: read.why });
  }
  return { texts, refused };
}
