import { byCodePoint } from '../../base/digest.ts';
import { languageBundle } from '../bundle.ts';
import { defaultLimits } from '../limits.ts';
import type { RootResult } from '../root.ts';
import { type Judges, judgeRoots } from '../sandbox/judge.ts';
import type { Edits, ReadRoots } from './later.ts';
import type { Objects } from './objects.ts';

/** Texts of files of the model as it is now, of those that are asked for and are there. */
export type TextsOf = (files: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * Reads roots of a model of which a store holds the rest. Which files a root rests on is known once it was read: what the
 * store says of its last reading is there at once, and what was missing is fetched and the root is read again.
 */
export function rootsOver(store: Objects, edits: Edits, textsOf: TextsOf, judges?: Judges): ReadRoots {
  return async (wanted) => {
    const names = {
      roots: namesAfter(store.roots(), edits.roots),
      schemas: namesAfter(store.schemas(), edits.schemas),
    };
    const [rootNames, schemaNames] = [new Set(names.roots), new Set(names.schemas)];
    const texts = new Map([...edits.roots, ...edits.schemas]);
    const missingOf = (files: readonly string[]) =>
      [...new Set(files)].filter((file) => !texts.has(file) && (rootNames.has(file) || schemaNames.has(file)));
    const hold = async (files: readonly string[]) => {
      const missing = missingOf(files);
      const given = missing.length === 0 ? new Map<string, string>() : await textsOf(missing);
      // What nobody can give is as good as gone: it is not asked for again.
      for (const file of missing) texts.set(file, given.get(file) ?? null);
    };
    const around = (files: readonly string[]) => files.flatMap((file) => [file, ...(store.root(file)?.reads ?? [])]);
    const held = (names: ReadonlySet<string>) =>
      Object.fromEntries(
        [...texts].flatMap(([file, text]) => (names.has(file) && text !== null ? [[file, text]] : [])),
      );
    const language = await languageBundle();
    const results = new Map<string, RootResult>();
    let left = wanted;
    while (left.length > 0) {
      await hold(around(left));
      const input = { roots: held(rootNames), schemas: held(schemaNames), names, language, limits: defaultLimits };
      const read = await judgeRoots(input, left, judges);
      const lacking = [...read].filter(([, { reads }]) => missingOf([...reads]).length > 0);
      for (const [file, result] of read) results.set(file, result);
      await hold(around(lacking.flatMap(([, { reads }]) => reads)));
      left = lacking.map(([file]) => file);
    }
    // In order of files, whichever was read first.
    return new Map([...results].sort(([a], [b]) => byCodePoint(a, b)));
  };
}

function namesAfter(names: readonly string[], edits: ReadonlyMap<string, string | null>): readonly string[] {
  const added = [...edits].flatMap(([file, text]) => (text === null ? [] : [file]));
  const before = new Set(names);
  const isSame = added.every((file) => before.has(file)) && [...edits.values()].every((text) => text !== null);
  if (isSame) return names;
  return [...new Set([...names.filter((file) => edits.get(file) !== null), ...added])].sort(byCodePoint);
}
