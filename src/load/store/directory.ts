import { digestText } from '../../base/digest.ts';
import { must } from '../../base/must.ts';
import { around } from '../../check/judgement.ts';
import type { Finding } from '../../findings/finding.ts';
import { kinds } from '../../model/object.ts';
import { type Ask, type Checked, type Checking, checkedWhole, countsIn } from '../checked.ts';
import { kindOfFile, listed, modelFilesFrom, rootsIn } from '../files.ts';
import { isUnsure } from '../findings.ts';
import { defaultLimits } from '../limits.ts';
import { loadFiles } from '../load.ts';
import type { DigestLookup } from '../lookup.ts';
import { modelOf } from '../model.ts';
import type { RootResult } from '../root.ts';
import { judgesFor } from '../sandbox/judge.ts';
import { type SeenFiles, seeFiles, textSeen } from '../seen.ts';
import { sqlWhere } from '../sql-parser.ts';
import { StoreBroken } from './file.ts';
import { foundOver } from './found.ts';
import { type Edits, editsOf, type Later, later } from './later.ts';
import { type Signed, saysSql } from './objects.ts';
import { rootsOver } from './read-roots.ts';
import { openWhole, type Store, type Stores } from './stores.ts';

/** A directory as it is now, and against what it is judged. */
type Here = { readonly root: string; readonly seen: SeenFiles } & Checking;

/**
 * The model in a directory, read as what differs from what was kept of it; where nothing was, or much differs, it is kept
 * anew. `ask`: what else is read of it. Null where what was kept cannot be relied on, and is removed, or where files
 * change while they are read. Errors: those of reading the directory.
 */
export async function checkedOver<T>(
  root: string,
  stores: Stores,
  checking: Checking,
  ask: Ask<T>,
): Promise<Checked<T> | null> {
  const name = `directory-${digestText(root)}`;
  const keep = async (here: Here, state: State) =>
    (await isKept(stores, name, here, state)) ? openWhole(stores, name) : null;
  try {
    using former = await openWhole(stores, name);
    const all = await listed(root, '');
    // Where all is read, workers start while files are.
    await using judges = judgesFor(former === null && checking.judges === undefined ? rootsIn(all) : 0);
    const seen = seeFiles(root, all, former?.objects.files() ?? new Map(), fileCharacters);
    const here = { root, seen, ...checking };
    if (former === null) {
      const files = modelFilesFrom(seen.texts, seen.findings);
      const loaded = await loadFiles(files, { judges, ...checking });
      const { lookup, findings, roots } = loaded;
      const hasSql = [...roots.values()].some(({ chunks }) => chunks.some(saysSql));
      const resultOf = (file: string) => must(roots.get(file), file);
      using store = await keep(here, { lookup, findings, hasSql, resultOf, signed: files });
      if (store === null) return await checkedWhole(loaded, checking, ask);
      return await checkedLater(await overStore(store, here), here, ask);
    }
    const over = await overStore(former, here);
    const isFar = over.state.results.size > over.store.objects.roots().length / few;
    using store = isFar ? await keep(here, stateOf(over)) : null;
    return await checkedLater(store === null ? over : await overStore(store, here), here, ask);
  } catch (error) {
    if (error instanceof StoreBroken) await stores.remove(name);
    else if (!(error instanceof ChangedMeanwhile)) throw error;
    return null;
  }
}

const { fileCharacters } = defaultLimits;

/** To read so many times fewer files again, each time, is worth more than to keep all anew. */
const few = 50;

/** A file is another than the one that was seen: what is made of both is of no state. */
class ChangedMeanwhile extends Error {
  override name = 'ChangedMeanwhile';
}

type Over = { readonly store: Store; readonly edits: Edits; readonly state: Later };

async function overStore(store: Store, here: Here): Promise<Over> {
  const { objects } = store;
  const { root, seen } = here;
  const before = objects.files();
  const gone = [...before.keys()].filter((file) => !seen.digests.has(file));
  const changed = [...seen.texts].filter(([file]) => before.get(file) !== seen.digests.get(file));
  const edits: Edits = {
    ...editsOf(objects, [...changed, ...gone.map((file) => [file, null] as const)]),
    findings: seen.findings,
  };
  const textsOf = async (files: readonly string[]) =>
    new Map(
      files.map((file) => {
        const text = textSeen(root, file, seen, fileCharacters);
        if (text === null) throw new ChangedMeanwhile();
        return [file, text] as const;
      }),
    );
  return { store, edits, state: await later(objects, edits, rootsOver(objects, edits, textsOf, here.judges)) };
}

async function checkedLater<T>({ store, edits, state }: Over, here: Here, ask: Ask<T>): Promise<Checked<T>> {
  const { lookup, digest, findings, hasSql, datasets } = state;
  const { root, seen, facts, asOfMs } = here;
  const found: readonly Finding[] =
    digest === null ? [] : foundOver(state, store.judgements, facts, { asOfMs, ...(await sqlWhere(hasSql)) });
  return {
    digest,
    recoveries: edits.signed.recoveries,
    source: (file) => textSeen(root, file, seen, fileCharacters),
    findings: [...findings, ...found],
    counts: countsIn(digest === null ? null : lookup, datasets),
    asked: ask(() => {
      const addresses = kinds.flatMap((kind) => lookup?.addresses(kind) ?? []);
      return modelOf(new Map(addresses.map((address) => [address, must(state.chunk(address), address)])));
    }),
  };
}

/** A state of a directory's model as a store of its own takes it. */
type State = Pick<Later, 'findings' | 'hasSql'> & {
  readonly lookup: DigestLookup | null;
  readonly signed: Signed;
  readonly resultOf: (file: string) => RootResult;
};

function stateOf({ store: { objects }, edits, state }: Over): State {
  const { lookup, findings, hasSql, results } = state;
  const keptOf = (name: string): RootResult => {
    const root = must(objects.root(name), name);
    const { findings: own, imports, reads, isEmpty } = root;
    return { chunks: objects.chunksOf(root), findings: own, imports, reads, isEmpty };
  };
  return { lookup, findings, hasSql, signed: edits.signed, resultOf: (file) => results.get(file) ?? keptOf(file) };
}

/** False where it cannot be: there is no mesh, or the machine was too slow for a file. */
async function isKept(stores: Stores, name: string, here: Here, state: State): Promise<boolean> {
  const { lookup, findings, hasSql, resultOf, signed } = state;
  if (lookup === null || findings.some(isUnsure)) return false;
  const named = (kind: string) => [...here.seen.digests.keys()].filter((file) => kindOfFile(file) === kind);
  async function* roots() {
    for (const file of named('root')) yield [file, resultOf(file)] as const;
  }
  const { recoveries, signed: consents } = signed;
  const input = {
    roots: roots(),
    schemas: named('schema'),
    signed: { signed: consents, recoveries },
    files: here.seen.digests,
  };
  try {
    const options = { digestAt: lookup.digestAt, ...(await sqlWhere(hasSql)) };
    await stores.keep(name, input, async () => around(lookup, here.facts, here.asOfMs, options));
    return true;
  } catch (error) {
    // Nowhere to keep it: it is read without.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
