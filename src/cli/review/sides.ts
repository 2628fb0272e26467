import { askOf, findingOf, judgeObject } from '../../check/draft.ts';
import { engineFacts } from '../../engines/facts.ts';
import type { Finding } from '../../findings/finding.ts';
import { inReadingOrder } from '../../findings/make.ts';
import { blobsOf } from '../../git/blobs.ts';
import type { Repository } from '../../git/repository.ts';
import type { TreeEntry } from '../../git/tree.ts';
import { isAside, isOfModel, type Listed, type ModelFiles, modelFilesIn } from '../../load/files.ts';
import { defaultLimits } from '../../load/limits.ts';
import type { Loaded } from '../../load/load.ts';
import type { DigestLookup } from '../../load/lookup.ts';
import { sqlWhere } from '../../load/sql-parser.ts';
import type { Later } from '../../load/store/later.ts';
import { saysSql } from '../../load/store/objects.ts';
import type { Mesh, Places } from '../../model/model.ts';
import { objectNamed } from '../../model/named.ts';
import { kinds } from '../../model/object.ts';
import { placeOf } from '../../model/places.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';

/** The model of one tree, from objects of git alone: read whole, or what differs from what a store holds. */
export type TreeModel = {
  readonly tree: string;
  /** Null where there is not exactly one mesh. */
  readonly mesh: Mesh | null;
  readonly lookup: DigestLookup | null;
  /** Of the whole; null where any of it could not be read. */
  readonly digest: string | null;
  readonly places: Places;
  /** Of loading alone. */
  readonly loading: readonly Finding[];
  /** Of loading, and of checking where all of it could be read. */
  readonly findings: readonly Finding[];
  /** Texts of signed statements below the model's root, by path. */
  readonly signed: Readonly<Record<string, string>>;
  /** Is an object made from the file: evaluated for it, or named by it? */
  readonly isMadeFrom: (file: string) => boolean;
  readonly hasSql: boolean;
  /** Texts of files of the model, for code frames. */
  readonly texts: (files: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Where it was not read whole. */
  readonly later: Later | null;
};

/** The files of a tree that make up its model. */
export async function modelFilesOf(
  repository: Repository,
  entries: ReadonlyMap<string, TreeEntry>,
): Promise<ModelFiles> {
  const below = belowRoot(repository, entries);
  const wanted = below.filter((one) => one.kind === 'file' && isOfModel(one.path));
  const contents = await blobsOf(
    repository,
    wanted.map(({ id }) => id),
    // A character takes at most three bytes.
    3 * defaultLimits.fileCharacters,
  );
  const bytes = new Map(wanted.map(({ path, id }) => [path, contents.get(id) ?? null]));
  return modelFilesIn(below, async (path) => bytes.get(path) ?? null, defaultLimits.fileCharacters);
}

/** Of files that were read whole. */
export async function wholeModel(
  tree: string,
  { signed, recoveries }: ModelFiles,
  loaded: Loaded,
  asOfMs: number,
): Promise<TreeModel> {
  const { lookup, digest, places, findings } = loaded;
  const chunks = [...loaded.roots.values()].flatMap((root) => root.chunks);
  const hasSql = chunks.some(saysSql);
  const isWhole = lookup !== null && digest !== null;
  const checked = isWhole ? checkedIn(lookup, places, { asOfMs, ...(await sqlWhere(hasSql)) }) : [];
  return {
    tree,
    mesh: lookup?.object('mesh', 'mesh') ?? null,
    lookup,
    digest,
    places,
    loading: findings,
    findings: [...findings, ...checked],
    signed: { ...signed, ...recoveries },
    isMadeFrom: (file) => loaded.madeFrom.has(file),
    hasSql,
    texts: async (files) =>
      new Map(
        files.flatMap((file) => {
          const text = loaded.source(file);
          return text === null ? [] : [[file, text]];
        }),
      ),
    later: null,
  };
}

function checkedIn(
  lookup: DigestLookup,
  places: Places,
  { asOfMs, parseSql }: { readonly asOfMs: number; readonly parseSql?: ParseSql },
): readonly Finding[] {
  const ask = askOf(lookup, engineFacts, asOfMs, parseSql);
  const placeIn = (address: string, ...path: readonly (string | number)[]) => placeOf(places, address, ...path);
  return inReadingOrder(
    kinds.flatMap((kind) =>
      lookup.addresses(kind).flatMap((address) => {
        const object = objectNamed(lookup, { kind, address });
        return object === null ? [] : judgeObject(object, ask).map((draft) => findingOf(draft, lookup, placeIn));
      }),
    ),
  );
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
