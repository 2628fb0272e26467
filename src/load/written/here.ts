import { type RootInput, type RootResult, rootReader } from '../root.ts';
import { isYamlFile } from '../yaml-root.ts';
import { longest } from './written.ts';

/** Texts of a model's files, with the names of all files there are where only some of the texts are given. */
export type Given = Omit<RootInput, 'roots' | 'schemas'> & {
  readonly roots: Readonly<Record<string, string>>;
  readonly schemas: Readonly<Record<string, string>>;
  readonly names?: { readonly roots: readonly string[]; readonly schemas: readonly string[] };
};

/**
 * What roots come to that are written out, read in this process: a worker takes longer to start than dozens of them to be
 * read. Left out, and left to a worker, is what workers exist for: whatever runs, is long, or needs the stripper or YAML;
 * and every file in which anything is found, for how deep a text may nest depends on where it is read.
 */
export async function readHere(given: Given, files: readonly string[]): Promise<ReadonlyMap<string, RootResult>> {
  const results = new Map<string, RootResult>();
  if (!given.limits.isWritten) return results;
  const { roots, schemas, names } = given;
  const refuse = () => {
    throw notHere;
  };
  const input: RootInput = {
    ...given,
    roots: { names: names?.roots ?? Object.keys(roots), text: (file) => roots[file] ?? null },
    schemas: { names: names?.schemas ?? Object.keys(schemas), text: refuse },
  };
  const read = rootReader(input, refuse, refuse);
  for (const file of files) {
    if (isYamlFile(file) || (roots[file]?.length ?? 0) > longest) continue;
    try {
      const result = await read(file);
      if (result.findings.length === 0) results.set(file, result);
    } catch (cause) {
      if (cause !== notHere && !(cause instanceof RangeError)) throw cause;
    }
  }
  return results;
}

const notHere = new Error('not in this process');
