import type { Finding } from '../findings/finding.ts';
import { inReadingOrder } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import { digestObjects } from '../model/canonical.ts';
import type { Model, Places } from '../model/model.ts';
import { eachOnce, withoutMesh } from './assemble.ts';
import { badConsentFiles } from './bad-consent-file.ts';
import { languageBundle, programDigest } from './bundle.ts';
import { listed, type ModelFiles, rootsIn } from './files.ts';
import { distinctFindings, emptyRoot, isWhole, withOwners } from './findings.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type ChunkLookup, lookupOf } from './lookup.ts';
import { modelOf, placesOf } from './model.ts';
import type { RootResult } from './root.ts';
import { type Judges, judgeRoots, judgesFor } from './sandbox/judge.ts';
import { readModelFiles } from './seen.ts';

export type Loaded = {
  /** What could be read, in canonical form, made when first asked for; null where there is not exactly one mesh. */
  readonly model: Model | null;
  /** The same, asked object by object: none of it is read before. Null where the model is. */
  readonly lookup: ChunkLookup | null;
  readonly findings: readonly Finding[];
  readonly places: Places;
  /** Of the whole model: null where any of it could not be read. */
  readonly digest: string | null;
  /** Signed statements, the text of each `*.consent.json` by its path. */
  readonly signed: Readonly<Record<string, string>>;
  /** Files that an object is made from: evaluated for it, or named by it as data. */
  readonly madeFrom: ReadonlySet<string>;
  /** The same of recoveries, `*.recovery.json`. */
  readonly recoveries: Readonly<Record<string, string>>;
  /** What each root came to, by file. */
  readonly roots: ReadonlyMap<string, RootResult>;
  /** Text of a file of the model, for code frames. */
  readonly source: (file: string) => string | null;
};

export type LoadOptions = {
  readonly limits?: Partial<Limits>;
  readonly judges?: Judges;
};

/** Reads the model below a directory. What is wrong with it are findings; rejects only where the directory cannot be read. */
export async function loadModel(root: string, options: LoadOptions = {}): Promise<Loaded> {
  const limits = { ...defaultLimits, ...options.limits };
  const all = await listed(root, '');
  // Workers start while files are read.
  await using judges = judgesFor(options.judges === undefined ? rootsIn(all) : 0);
  return await loadFiles(await readModelFiles(root, all, limits.fileCharacters), { judges, ...options });
}

/** The model in files that were read already, from a directory or from git. */
export async function loadFiles(files: ModelFiles, { limits, judges }: LoadOptions = {}): Promise<Loaded> {
  const { roots, schemas } = files;
  const input = { roots, schemas, language: await languageBundle(), limits: { ...defaultLimits, ...limits } };
  return loadedFrom(files, await judgeRoots(input, Object.keys(roots), judges));
}

/** The model that roots come to together. */
export function loadedFrom(files: ModelFiles, judged: ReadonlyMap<string, RootResult>): Loaded {
  const { roots, schemas, signed, recoveries } = files;
  // In order of files, whichever worker was first.
  const results = Object.keys(roots).flatMap((file) => judged.get(file) ?? []);
  const assembled = eachOnce(results.flatMap((result) => result.chunks));
  const read = [
    ...files.findings,
    ...results.flatMap((result) => result.findings),
    ...emptyRoots(judged),
    ...assembled.findings,
  ];
  const found = [...read, ...withoutMesh(assembled.chunks.has(meshAddress), read)];
  // A consent is about the model, and no part of it: what a bad one says is lost, and the model is whole without.
  const findings = inReadingOrder(distinctFindings([...found, ...badConsentFiles(signed)]));
  const { chunks } = assembled;
  const lookup = chunks.has(meshAddress) ? lookupOf(chunks) : null;
  let model: Model | null = null;
  return {
    get model() {
      model ??= modelOf(chunks);
      return model;
    },
    lookup,
    findings: withOwners(findings, lookup),
    places: placesOf(chunks),
    digest: isWhole(chunks.has(meshAddress), found)
      ? digestObjects([...chunks.values()].map(({ address, digest }) => [address, digest]))
      : null,
    roots: judged,
    signed,
    recoveries,
    source: (file) => roots[file] ?? schemas[file] ?? signed[file] ?? recoveries[file] ?? null,
    madeFrom: new Set(results.flatMap(({ chunks: own, reads }) => (own.length === 0 ? [] : reads))),
  };
}

/** All but files that what a file comes to depends on. */
export async function readerOf(limits: Limits) {
  return { program: await programDigest(), node: process.versions.node, limits };
}

function emptyRoots(results: ReadonlyMap<string, RootResult>): Finding[] {
  const imported = new Set<string>();
  for (const { imports } of results.values()) for (const file of imports) imported.add(file);
  return [...results].flatMap(([file, { isEmpty }]) => (isEmpty && !imported.has(file) ? emptyRoot(file) : []));
}
