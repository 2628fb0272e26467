import type { Repository } from '../../git/repository.ts';
import { git } from '../../git/run.ts';
import { changesBetween, filesOf } from '../../git/tree.ts';
import { loadFiles } from '../../load/load.ts';
import type { Judges } from '../../load/sandbox/judge.ts';
import { openWhole, type Store, type Stores } from '../../load/store/stores.ts';
import { keepTree, modelOverStore, nameOfTree, treeNamed } from './over.ts';
import { modelFilesOf, type TreeModel, wholeModel } from './sides.ts';

/** Models of trees of one repository, as of one time; each is made once. */
export type States = Disposable & {
  readonly of: (tree: string) => Promise<TreeModel>;
  /** The name of the store that they are read over; null: of none. */
  readonly over: string | null;
};

/** Reads each tree whole. */
export function statesRead(repository: Repository, asOfMs: number): States {
  return rememberedStates((tree) => readWhole(repository, tree, asOfMs), null);
}

/**
 * Reads what differs from a store: that of `base`, or of a tree that is not far from it; where there is none, base is read
 * whole and kept. Errors of what it gives: StoreBroken.
 */
export async function statesOver(
  repository: Repository,
  base: string,
  asOfMs: number,
  stores: Stores,
  judges?: Judges,
): Promise<States> {
  const store = (await storeNear(repository, base, stores)) ?? (await storeMade(repository, base, asOfMs, stores));
  if (store === null) return statesRead(repository, asOfMs);
  return rememberedStates(
    async (tree) =>
      (await modelOverStore(repository, tree, store, asOfMs, judges)) ?? (await readWhole(repository, tree, asOfMs)),
    store,
  );
}

function rememberedStates(make: (tree: string) => Promise<TreeModel>, store: Store | null): States {
  const made = new Map<string, Promise<TreeModel>>();
  return {
    of: (tree) => {
      const known = made.get(tree) ?? make(tree);
      made.set(tree, known);
      // Steps follow one another: what lies further back is not asked for again.
      for (const [oldest] of made) if (made.size > 3) made.delete(oldest);
      return known;
    },
    over: store?.name ?? null,
    [Symbol.dispose]: () => store?.[Symbol.dispose](),
  };
}

async function readWhole(repository: Repository, tree: string, asOfMs: number): Promise<TreeModel> {
  const files = await modelFilesOf(repository, await filesOf(repository, tree));
  return wholeModel(tree, files, await loadFiles(files), asOfMs);
}

/** More files than these are read whole, and kept: the next review has less to read. */
const farFiles = 300;

async function storeNear(repository: Repository, base: string, stores: Stores): Promise<Store | null> {
  const own = nameOfTree(repository, base);
  const exact = await openWhole(stores, own);
  if (exact !== null) return exact;
  const suffix = own.slice(base.length);
  for (const name of await stores.names()) {
    const tree = treeNamed(name);
    if (name !== `${tree}${suffix}` || !(await isTreeHere(repository, tree))) continue;
    if ((await changesBetween(repository, tree, base)).length > farFiles) continue;
    const near = await openWhole(stores, name);
    if (near !== null) return near;
  }
  return null;
}

async function isTreeHere(repository: Repository, tree: string): Promise<boolean> {
  if (!/^[0-9a-f]{40,64}$/.test(tree)) return false;
  const { status } = await git(['cat-file', '-e', `${tree}^{tree}`], { at: repository.workshop, answers: [1, 128] });
  return status === 0;
}

async function storeMade(repository: Repository, base: string, asOfMs: number, stores: Stores): Promise<Store | null> {
  try {
    return (await keepTree(stores, repository, base, await filesOf(repository, base), asOfMs))
      ? await openWhole(stores, nameOfTree(repository, base))
      : null;
  } catch (error) {
    // Nowhere to keep it: it is read without.
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
