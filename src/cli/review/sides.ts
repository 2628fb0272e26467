import { byCodePoint } from '../../base/digest.ts';
import { check } from '../../check/check.ts';
import { engineFacts } from '../../engines/facts.ts';
import type { Finding } from '../../findings/finding.ts';
import { blobsOf } from '../../git/blobs.ts';
import type { Repository } from '../../git/repository.ts';
import type { TreeEntry } from '../../git/tree.ts';
import { isAside, isOfModel, type Listed, modelFilesIn } from '../../load/files.ts';
import { defaultLimits } from '../../load/limits.ts';
import { type Loaded, loadFiles } from '../../load/load.ts';
import { sqlOf } from '../project.ts';

/** The model of one tree: read whole, from objects of git alone. */
export type TreeModel = {
  readonly tree: string;
  readonly loaded: Loaded;
  /** Of loading, and of checking where all of it could be read. */
  readonly findings: readonly Finding[];
  /** Texts of signed statements below the model's root, by path. */
  readonly signed: Readonly<Record<string, string>>;
};

export async function modelOfTree(
  repository: Repository,
  tree: string,
  entries: ReadonlyMap<string, TreeEntry>,
  asOfMs: number,
): Promise<TreeModel> {
  const below = belowRoot(repository, entries);
  const wanted = below.filter((one) => one.kind === 'file' && (isOfModel(one.path) || isSigned(one.path)));
  const contents = await blobsOf(
    repository,
    wanted.map(({ id }) => id),
    // A character takes at most three bytes.
    3 * defaultLimits.fileCharacters,
  );
  const bytes = new Map(wanted.map(({ path, id }) => [path, contents.get(id) ?? null]));
  const files = await modelFilesIn(below, async (path) => bytes.get(path) ?? null, defaultLimits.fileCharacters);
  const loaded = await loadFiles(files);
  const { model, digest, places } = loaded;
  const isWhole = model !== null && digest !== null;
  const checked = isWhole ? check(model, engineFacts, { asOfMs, places, ...(await sqlOf(model)) }) : [];
  const signed = wanted.filter(({ path }) => isSigned(path)).sort((a, b) => byCodePoint(a.path, b.path));
  return {
    tree,
    loaded,
    findings: [...loaded.findings, ...checked],
    signed: Object.fromEntries(signed.map(({ path }) => [path, bytes.get(path)?.toString('utf8') ?? ''])),
  };
}

/** Statements that are carried as files: what they say is known by their signatures, whoever brings them. */
export function isSigned(path: string): boolean {
  return !isAside(path) && /\.(consent|recovery)\.json$/.test(path);
}

function belowRoot(
  { prefix }: Repository,
  entries: ReadonlyMap<string, TreeEntry>,
): readonly (Listed & { readonly id: string })[] {
  return [...entries.values()].flatMap(({ path, kind, id }) =>
    path.startsWith(prefix) ? [{ path: path.slice(prefix.length), kind, id }] : [],
  );
}
