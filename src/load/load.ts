import { digestJson, digestText } from '../base/digest.ts';
import type { Finding } from '../findings/finding.ts';
import { inReadingOrder } from '../findings/make.ts';
import { meshAddress } from '../model/address.ts';
import { digestObjects } from '../model/canonical.ts';
import type { Model, Places } from '../model/model.ts';
import type { ObjectName } from '../model/named.ts';
import type { ModelObject } from '../model/object.ts';
import { assemble } from './assemble.ts';
import { badConsentFiles } from './bad-consent-file.ts';
import { languageBundle, programDigest } from './bundle.ts';
import { type Cache, noCache, type OpenCache } from './cache/cache.ts';
import { type ModelFiles, readModelFiles } from './files.ts';
import { distinctFindings, emptyRoot, isWhole } from './findings.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type ChunkLookup, lookupOf, objectIn } from './lookup.ts';
import { modelOf, placesOf } from './model.ts';
import type { RootResult } from './root.ts';
import { type Judges, judgeRoots } from './sandbox/judge.ts';

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
  /** An object as a former run read it, by its digest; null where no cache knows it. */
  readonly former: (name: ObjectName, digest: string) => ModelObject | null;
  /** Of the program that reads and judges, its packages, and what it allows a file. */
  readonly programDigest: () => Promise<string>;
  /** Of every file that counts, by name and content. */
  readonly filesDigest: () => Promise<string>;
  /** What each root came to, by file. */
  readonly roots: ReadonlyMap<string, RootResult>;
  /** Text of a file of the model, for code frames. */
  readonly source: (file: string) => string | null;
};

export type LoadOptions = {
  readonly limits?: Partial<Limits>;
  readonly judges?: Judges;
  /** Absent: nothing is kept from run to run. */
  readonly cache?: Cache;
};

/** Reads the model below a directory. What is wrong with it are findings; rejects only where the directory cannot be read. */
export async function loadModel(root: string, options: LoadOptions = {}): Promise<Loaded> {
  const limits = { ...defaultLimits, ...options.limits };
  return loadFiles(await readModelFiles(root, limits.fileCharacters), options);
}

/** The model in files that were read already, from a directory or from git. */
export async function loadFiles(files: ModelFiles, options: LoadOptions = {}): Promise<Loaded> {
  const limits = { ...defaultLimits, ...options.limits };
  // Nobody asks for them where nothing is kept.
  const digests = options.cache === undefined ? null : digestsOf(files);
  const { cache = noCache } = options;
  // The program's digest is made for the cache alone.
  const open = await cache.open(cache === noCache ? '' : digestJson(await readerOf(limits)));
  const judged = await resultsOf(files, digests ?? new Map(), limits, open, options);
  const { signed, recoveries, findings } = files;
  const kept: Pick<Loaded, 'former' | 'filesDigest' | 'programDigest'> = {
    former: ({ kind, address }, digest) => {
      const chunk = open.former(digest);
      return chunk === null || chunk.kind !== kind || chunk.address !== address ? null : objectIn(chunk);
    },
    filesDigest: async () => digestJson([linesOf(digests ?? digestsOf(files)), signed, recoveries, findings]),
    programDigest: async () => digestJson(await readerOf(limits)),
  };
  // No copy: the model is made when it is asked for.
  return Object.assign(loadedFrom(files, judged), kept);
}

/** What a model is, whatever is kept of it. */
export type LoadedWhole = Omit<Loaded, 'former' | 'filesDigest' | 'programDigest'>;

/** The model that roots come to together. */
export function loadedFrom(files: ModelFiles, judged: ReadonlyMap<string, RootResult>): LoadedWhole {
  const { roots, schemas, signed, recoveries } = files;
  // In order of files, whichever worker was first.
  const results = Object.keys(roots).flatMap((file) => judged.get(file) ?? []);
  const assembled = assemble(results.flatMap((result) => result.chunks));
  const found = [
    ...files.findings,
    ...results.flatMap((result) => result.findings),
    ...emptyRoots(judged),
    ...assembled.findings,
  ];
  // A consent is about the model, and no part of it: what a bad one says is lost, and the model is whole without.
  const findings = inReadingOrder(distinctFindings([...found, ...badConsentFiles(signed)]));
  const { chunks } = assembled;
  let model: Model | null = null;
  return {
    get model() {
      model ??= modelOf(chunks);
      return model;
    },
    lookup: chunks.has(meshAddress) ? lookupOf(chunks) : null,
    findings,
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

/** What each root comes to: as it was kept, where it was; the others are made. */
async function resultsOf(
  { roots, schemas }: ModelFiles,
  digests: ReadonlyMap<string, string>,
  limits: Limits,
  open: OpenCache,
  { cache, judges }: LoadOptions,
): Promise<ReadonlyMap<string, RootResult>> {
  const names = Object.keys(roots);
  const input = { roots, schemas, language: await languageBundle(), limits };
  if (cache === undefined) return judgeRoots(input, names, judges);
  const now = {
    digestOf: (file: string) => digests.get(file) ?? null,
    names: digestText(JSON.stringify([...digests.keys()])),
  };
  const results = new Map<string, RootResult>();
  for (const file of names) {
    const kept = open.find(file, now);
    if (kept !== null) results.set(file, kept);
  }
  const wanted = names.filter((file) => !results.has(file));
  const made = wanted.length === 0 ? new Map<string, RootResult>() : await judgeRoots(input, wanted, judges);
  await open.keep(
    [...made].map(([file, result]) => ({ file, result })),
    now,
  );
  for (const [file, result] of made) results.set(file, result);
  return results;
}

/** All but files that what a file comes to depends on. */
export async function readerOf(limits: Limits) {
  return { program: await programDigest(), node: process.versions.node, limits };
}

/** Names with their digests, as one text. */
function linesOf(digests: ReadonlyMap<string, string>): string {
  return JSON.stringify([...digests].flat());
}

function digestsOf({ roots, schemas }: ModelFiles): ReadonlyMap<string, string> {
  const texts = [...Object.entries(roots), ...Object.entries(schemas)];
  return new Map(texts.map(([file, text]) => [file, digestText(text)]));
}

function emptyRoots(results: ReadonlyMap<string, RootResult>): Finding[] {
  const imported = new Set<string>();
  for (const { imports } of results.values()) for (const file of imports) imported.add(file);
  return [...results].flatMap(([file, { isEmpty }]) => (isEmpty && !imported.has(file) ? emptyRoot(file) : []));
}
