import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { digestJson } from '../../base/digest.ts';
import type { Around } from '../../check/judgement.ts';
import { defaultLimits } from '../limits.ts';
import { readerOf } from '../load.ts';
import { StoreBroken } from './file.ts';
import { type Judgements, keepJudgements, openJudgements } from './judged.ts';
import { type KeptInput, keepObjects, type Objects, openObjects } from './objects.ts';

/** What a state of a model's files came to and was found to be, on disk. */
export type Store = Disposable & {
  /** Of the state: the id of a tree of git with where the model is in it, or of a directory. */
  readonly name: string;
  readonly objects: Objects;
  readonly judgements: Judgements;
};

/**
 * Stores of this program in a directory that only trusted runs write: whoever can write there can say what a model is.
 * Each is two files, found by the state that they are of and by all else that they were made from, and neither is believed
 * where it does not say the same of itself.
 */
export type Stores = {
  /** Names of those that are there, the latest first. Which of them are whole is not known. */
  readonly names: () => Promise<readonly string[]>;
  /** Null: there is none. Errors: StoreBroken. */
  readonly open: (name: string) => Promise<Store | null>;
  /** Makes it, in place of one of that name; `aroundOf` says what its objects are judged against. */
  readonly keep: (name: string, input: KeptInput, aroundOf: (objects: Objects) => Promise<Around>) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
};

/** Null: there is none. One that is damaged is removed, and is none. */
export async function openWhole(stores: Stores, name: string): Promise<Store | null> {
  try {
    return await stores.open(name);
  } catch (error) {
    if (!(error instanceof StoreBroken)) throw error;
    await stores.remove(name);
    return null;
  }
}

/** The latest are kept: these in any case, more while they are small together. */
const fewStores = 4;
const mostStores = 32;
const mostBytes = 2 ** 31;

export async function storesIn(directory: string): Promise<Stores> {
  const reader = digestJson(await readerOf(defaultLimits)).slice(0, 32);
  const own = join(directory, 'stores', reader);
  const files = (name: string) => ({ objects: join(own, `${name}.objects`), judged: join(own, `${name}.judged`) });
  const names = async () => {
    const listed = await readdir(own).catch(() => []);
    const aged = await Promise.all(
      listed
        .filter((file) => file.endsWith('.judged'))
        .map(async (file) => ({
          name: file.slice(0, -'.judged'.length),
          ms: (await stat(join(own, file)).catch(() => null))?.mtimeMs ?? 0,
        })),
    );
    return aged.sort((a, b) => b.ms - a.ms).map(({ name }) => name);
  };
  const remove = async (name: string) => {
    for (const file of Object.values(files(name))) await rm(file, { force: true }).catch(() => {});
  };
  const open = async (name: string): Promise<Store | null> => {
    const paths = files(name);
    const objects = openObjects(paths.objects, `${reader} ${name}`);
    if (objects === null) return null;
    try {
      const judgements = openJudgements(paths.judged, `${reader} ${name} ${objects.summary.digest}`);
      if (judgements === null) {
        objects[Symbol.dispose]();
        return null;
      }
      // The latest used are kept.
      await utimes(paths.judged, new Date(), new Date()).catch(() => {});
      return {
        name,
        objects,
        judgements,
        [Symbol.dispose]: () => {
          objects[Symbol.dispose]();
          judgements[Symbol.dispose]();
        },
      };
    } catch (error) {
      objects[Symbol.dispose]();
      throw error;
    }
  };
  return {
    names,
    open,
    remove,
    keep: async (name, input, aroundOf) => {
      const paths = files(name);
      await mkdir(own, { recursive: true });
      const digest = await keepObjects(paths.objects, `${reader} ${name}`, input);
      using objects = openObjects(paths.objects, `${reader} ${name}`);
      if (objects === null) throw new StoreBroken('what was written is not there');
      await keepJudgements(paths.judged, `${reader} ${name} ${digest}`, await aroundOf(objects));
      let bytes = 0;
      for (const [index, one] of (await names()).entries()) {
        for (const file of Object.values(files(one))) bytes += (await stat(file).catch(() => null))?.size ?? 0;
        if (index >= fewStores && (index >= mostStores || bytes > mostBytes)) await remove(one);
      }
      await removeLeft(join(directory, 'stores'));
    },
  };
}

/**
 * What nobody will use again: stores that other versions of the program made and have not used of late, and what a run was
 * writing when it was ended. Of a large model either is as large as a store.
 */
async function removeLeft(stores: string): Promise<void> {
  const now = Date.now();
  const files = await readdir(stores, { recursive: true }).catch(() => []);
  for (const file of files) {
    const path = join(stores, file);
    const found = await stat(path).catch(() => null);
    if (found?.isFile() !== true) continue;
    // That a store is used, its other file says.
    const used = file.endsWith('.objects') ? await stat(path.replace(/objects$/, 'judged')).catch(() => found) : found;
    const idleMs = now - Math.max(found.mtimeMs, used.mtimeMs);
    if (idleMs > (file.endsWith('.draft') ? dayMs : 30 * dayMs)) await rm(path, { force: true }).catch(() => {});
  }
}

const dayMs = 86_400_000;
