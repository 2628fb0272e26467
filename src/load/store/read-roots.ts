import { byCodePoint } from '../../base/digest.ts';
import { languageBundle } from '../bundle.ts';
import { defaultLimits } from '../limits.ts';
import type { RootResult } from '../root.ts';
import { type Judges, judgeRoots } from '../sandbox/judge.ts';
import type { Edits, ReadRoots } from './later.ts';
import type { Objects } from './objects.ts';

/** Texts of files of the model as it is now, of those that are asked for and are there. */
export type TextsOf = (files: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** Names of all files of a model, by code point. */
export type Names = { readonly roots: readonly string[]; readonly schemas: readonly string[] };

/** Reads roots of a model of which a store holds the rest; what it says that they rested on is fetched at once. */
export function rootsOver(store: Objects, edits: Edits, textsOf: TextsOf, judges?: Judges): ReadRoots {
  const edited = new Map([...edits.roots, ...edits.schemas]);
  const given: TextsOf = async (files) => {
    const others = files.filter((file) => !edited.has(file));
    const texts = new Map(others.length === 0 ? [] : await textsOf(others));
    for (const file of files) {
      const text = edited.get(file);
      if (typeof text === 'string') texts.set(file, text);
    }
    return texts;
  };
  return (wanted) => {
    const names = {
      roots: namesAfter(store.roots(), edits.roots),
      schemas: namesAfter(store.schemas(), edits.schemas),
    };
    return readRoots(names, wanted, given, (file) => store.root(file)?.reads ?? [], judges);
  };
}

/**
 * Reads some roots of a model, with no more of its files than they rest on. Which these are is known once they were read:
 * what was missing is fetched, and they are read again. `around`: what a file is likely to need.
 */
export async function readRoots(
  names: Names,
  wanted: readonly string[],
  textsOf: TextsOf,
  around: (file: string) => readonly string[] = () => [],
  judges?: Judges,
): Promise<ReadonlyMap<string, RootResult>> {
  const [roots, schemas] = [setOf(names.roots), setOf(names.schemas)];
  const texts = new Map<string, string | null>();
  const missingOf = (files: readonly string[]) =>
    [...new Set(files)].filter((file) => !texts.has(file) && (roots.has(file) || schemas.has(file)));
  const hold = async (files: readonly string[]) => {
    const missing = missingOf(files.flatMap((file) => [file, ...around(file)]));
    const given = missing.length === 0 ? new Map<string, string>() : await textsOf(missing);
    // What nobody can give is as good as gone: it is not asked for again.
    for (const file of missing) texts.set(file, given.get(file) ?? null);
  };
  const held = (of: ReadonlySet<string>) =>
    Object.fromEntries([...texts].flatMap(([file, text]) => (of.has(file) && text !== null ? [[file, text]] : [])));
  const language = await languageBundle();
  const results = new Map<string, RootResult>();
  let left = wanted;
  while (left.length > 0) {
    await hold(left);
    const input = { roots: held(roots), schemas: held(schemas), names, language, limits: defaultLimits };
    const read = await judgeRoots(input, left, judges);
    for (const [file, result] of read) results.set(file, result);
    const lacking = [...read].filter(([, { reads }]) => missingOf(reads).length > 0);
    await hold(lacking.flatMap(([, { reads }]) => reads));
    left = lacking.map(([file]) => file);
  }
  // In order of files, whichever was read first.
  return new Map([...results].sort(([a], [b]) => byCodePoint(a, b)));
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Made once of the same names. */
function setOf(names: readonly string[]): ReadonlySet<string> {
  const known = sets.get(names) ?? new Set(names);
  sets.set(names, known);
  return known;
}

function namesAfter(names: readonly string[], edits: ReadonlyMap<string, string | null>): readonly string[] {
  const added = [...edits].flatMap(([file, text]) => (text === null ? [] : [file]));
  const before = setOf(names);
  const isSame = added.every((file) => before.has(file)) && [...edits.values()].every((text) => text !== null);
  if (isSame) return names;
  return [...new Set([...names.filter((file) => edits.get(file) !== null), ...added])].sort(byCodePoint);
}
