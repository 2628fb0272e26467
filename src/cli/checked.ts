import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { digestText } from '../base/digest.ts';
import { around } from '../check/judgement.ts';
import { engineFacts } from '../engines/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { cacheIn } from '../load/cache/cache.ts';
import { cacheDirectory } from '../load/cache/directory.ts';
import { type ModelFiles, readModelFiles } from '../load/files.ts';
import { defaultLimits } from '../load/limits.ts';
import { digestsOf, type Loaded, loadFiles } from '../load/load.ts';
import { StoreBroken } from '../load/store/file.ts';
import { foundOver } from '../load/store/found.ts';
import type { Counts, Judgements } from '../load/store/judged.ts';
import { type Edits, type Later, later } from '../load/store/later.ts';
import { rootsOver, type TextsOf } from '../load/store/read-roots.ts';
import { type Store, type Stores, storesIn } from '../load/store/stores.ts';
import { openProject } from './project.ts';
import { sqlWhere } from './review/sides.ts';

/** A model directory as it stands, judged: no more of it than is told. */
export type Checked = {
  readonly root: string;
  readonly findings: readonly Finding[];
  readonly digest: string | null;
  readonly counts: Counts;
  readonly source: (file: string) => string | null;
};

/**
 * Checks the model in a directory: what changed since it was checked last, where that is known and little. Errors: UseError
 * where there is no such directory.
 */
export async function checkDirectory(
  directory: string | undefined,
  clock: Clock,
  options: { readonly cache?: boolean },
): Promise<Checked> {
  const root = resolve(directory ?? '.');
  const kept = options.cache === false || !existsSync(root) ? null : cacheDirectory(root, process.env);
  if (kept === null) return wholeOf(directory, clock, { cache: false });
  const files = await readModelFiles(root, defaultLimits.fileCharacters);
  const stores = await storesIn(kept);
  const name = `directory-${digestText(root).slice(0, 32)}`;
  const asOfMs = clock.nowMs();
  const source = sourceIn(files);
  const sources = { root, source };
  const textsOf: TextsOf = async (wanted) => new Map(wanted.map((file) => [file, source(file) ?? '']));
  try {
    using store = files.findings.length > 0 ? null : await stores.open(name);
    const since = store === null ? null : editsSince(store, files);
    if (store !== null && since !== null) return { ...sources, ...(await checkedOver(store, since, textsOf, asOfMs)) };
  } catch (error) {
    if (!(error instanceof StoreBroken)) throw error;
  }
  const loaded = await loadFiles(files, { cache: cacheIn(kept) });
  if (files.findings.length === 0 && loaded.digest !== null && (await keep(stores, name, files, loaded, asOfMs))) {
    using store = await stores.open(name);
    if (store !== null) return { ...sources, ...(await checkedOver(store, nothingSince(files), textsOf, asOfMs)) };
  }
  return wholeOf(directory, clock, {});
}

async function wholeOf(
  directory: string | undefined,
  clock: Clock,
  options: { readonly cache?: boolean },
): Promise<Checked> {
  const { root, findings, counts, loaded } = await openProject(directory, clock, options);
  return { root, findings, counts, digest: loaded.digest, source: loaded.source };
}

/** More files than these are read with all the others, and kept. */
const farFiles = 300;

/** What differs from what was kept; null where that is much. */
function editsSince({ objects }: Store, files: ModelFiles): Edits | null {
  const before = objects.contents();
  if (before === null) return null;
  const { roots, schemas, signed } = nothingSince(files);
  const edits = { roots: new Map(roots), schemas: new Map(schemas), signed };
  const now = digestsOf(files);
  for (const [file, digest] of now)
    if (before.get(file) !== digest) {
      const of = Object.hasOwn(files.roots, file) ? 'roots' : 'schemas';
      edits[of].set(file, files[of][file] ?? null);
    }
  const wereRoots = new Set(objects.roots());
  for (const file of before.keys())
    if (!now.has(file)) edits[wereRoots.has(file) ? 'roots' : 'schemas'].set(file, null);
  return edits.roots.size + edits.schemas.size > farFiles ? null : edits;
}

function nothingSince({ signed, recoveries }: ModelFiles): Edits {
  return { roots: new Map(), schemas: new Map(), signed: { signed, recoveries } };
}

async function checkedOver(
  { objects, judgements }: Store,
  edits: Edits,
  textsOf: TextsOf,
  asOfMs: number,
): Promise<Pick<Checked, 'findings' | 'digest' | 'counts'>> {
  const read = rootsOver(objects, edits, textsOf);
  const state = await later(objects, edits, read);
  const { digest, hasSql, findings } = state;
  if (digest === null) return { findings, digest, counts: { datastores: 0, datasets: 0, workspaces: 0 } };
  const found = foundOver(state, judgements, engineFacts, { asOfMs, ...(await sqlWhere(hasSql)) });
  return { findings: [...findings, ...found], digest, counts: countsOver(state, judgements) };
}

function countsOver({ store, chunks, lookup }: Later, { counts }: Judgements): Counts {
  let { datastores, datasets, workspaces } = counts;
  for (const [address, chunk] of chunks) {
    for (const [kind, by] of [
      [store.chunk(address)?.kind, -1],
      [chunk?.kind, 1],
    ] as const) {
      if (kind === 'workspace') workspaces += by;
      if (kind !== 'datastore') continue;
      datastores += by;
      const noun = (by < 0 ? store.lookup : lookup)?.object('datastore', address);
      datasets += by * Object.keys(noun?.datasets ?? {}).length;
    }
  }
  return { datastores, datasets, workspaces };
}

async function keep(
  stores: Stores,
  name: string,
  files: ModelFiles,
  { lookup, roots }: Loaded,
  asOfMs: number,
): Promise<boolean> {
  if (lookup === null) return false;
  const { schemas, signed, recoveries } = files;
  async function* each() {
    yield* roots;
  }
  const input = {
    roots: each(),
    schemas: Object.keys(schemas),
    signed: { signed, recoveries },
    contents: digestsOf(files),
  };
  try {
    await stores.keep(name, input, async (objects) =>
      around(lookup, engineFacts, asOfMs, {
        digestAt: lookup.digestAt,
        ...(await sqlWhere(objects.summary.hasSql)),
      }),
    );
    return true;
  } catch (error) {
    // Nowhere to keep it: it is judged without.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function sourceIn({ roots, schemas, signed, recoveries }: ModelFiles): (file: string) => string | null {
  return (file) => roots[file] ?? schemas[file] ?? signed[file] ?? recoveries[file] ?? null;
}
