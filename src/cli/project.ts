import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { digestJson } from '../base/digest.ts';
import { check } from '../check/check.ts';
import { engineFacts } from '../engines/facts.ts';
import { countsOf } from '../findings/counts.ts';
import type { Finding } from '../findings/finding.ts';
import { findingsDocument } from '../findings/print-json.ts';
import { printText } from '../findings/print-text.ts';
import { type Cache, noCache } from '../load/cache/cache.ts';
import { cacheFor } from '../load/cache/directory.ts';
import { findingsOf, type Judged, judgeAgain, judgeAll } from '../load/cache/judged.ts';
import { type Loaded, loadModel } from '../load/load.ts';
import type { ChunkLookup } from '../load/lookup.ts';
import { hasSql, sqlParser } from '../load/sql-parser.ts';
import type { Model } from '../model/model.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import { type ExitStatus, UseError } from './exit.ts';
import type { Output } from './output.ts';

/** A model directory as it stands, judged. */
export type Project = {
  readonly root: string;
  readonly loaded: Loaded;
  /** Of loading and of checking, in reading order. */
  readonly findings: readonly Finding[];
  readonly counts: Counts;
};

/** Of what was judged; zeros where it could not be. */
export type Counts = { readonly datastores: number; readonly datasets: number; readonly workspaces: number };

/**
 * Loads and checks the model in a directory. What was found before, of the same files on the same day (which is all that
 * rules know of time), is found again. Errors: UseError where there is no such directory.
 */
export async function openProject(
  directory: string | undefined,
  clock: Clock,
  { cache: isCached = true }: { readonly cache?: boolean } = {},
): Promise<Project> {
  const root = resolve(directory ?? '.');
  if (statSync(root, { throwIfNoEntry: false })?.isFile() === true)
    throw new UseError(`${root} is a file, and a model is a directory: name that, such as ${dirname(root)}`);
  if (!existsSync(root))
    throw new UseError(`There is no directory ${root}. A new model begins with  freehold init ${directory ?? ''}`);
  const cache = isCached ? cacheFor(root, process.env) : noCache;
  const loaded = await loadModel(root, cache === noCache ? {} : { cache });
  const asOfMs = clock.nowMs();
  // What could not be read would be missing to every rule: its own finding is enough.
  const { found, counts } =
    loaded.lookup === null || loaded.digest === null
      ? { found: [], counts: { datastores: 0, datasets: 0, workspaces: 0 } }
      : await judged(loaded, loaded.lookup, asOfMs, { cache, root });
  return { root, loaded, findings: [...loaded.findings, ...found], counts };
}

const dayMs = 86_400_000;

type Found = { readonly found: readonly Finding[]; readonly counts: Counts };

async function judged(
  loaded: Loaded,
  lookup: ChunkLookup,
  asOfMs: number,
  { cache, root }: { readonly cache: Cache; readonly root: string },
): Promise<Found> {
  if (cache === noCache) {
    const { model, places } = loaded;
    const found = model === null ? [] : check(model, engineFacts, { asOfMs, places, ...(await sqlOf(model)) });
    return { found, counts: countsIn(lookup) };
  }
  const program = await loaded.programDigest();
  const exactly = digestJson([program, await loaded.filesDigest(), Math.floor(asOfMs / dayMs)]);
  const known = await cache.value<Found>(exactly);
  if (known !== null) return known;
  // Files of the same model that were here before.
  const here = digestJson([program, 'judged', root]);
  const parseSql = maySaySql(lookup) ? { parseSql: await sqlParser() } : {};
  const against = { facts: engineFacts, asOfMs, ...parseSql };
  const former = await cache.value<Judged>(here);
  const now =
    (former === null ? null : judgeAgain(lookup, against, former, loaded.former)) ?? judgeAll(lookup, against);
  const told = { found: findingsOf(now, lookup, loaded), counts: countsIn(lookup) };
  await Promise.all([cache.keepValue(here, now), cache.keepValue(exactly, told)]);
  return told;
}

/** Where it does not, the parser need not be had. */
function maySaySql(lookup: ChunkLookup): boolean {
  return (
    lookup.says('transformer', '"sql"') || lookup.says('transformer', '"rows"') || lookup.says('workspace', '"rows"')
  );
}

function countsIn(lookup: ChunkLookup): Counts {
  const datastores = lookup.addresses('datastore');
  return {
    datastores: datastores.length,
    datasets: datastores.reduce((sum, address) => sum + lookup.datasetsOf(address), 0),
    workspaces: lookup.addresses('workspace').length,
  };
}

/** The parser of SQL, where the model has any. */
export async function sqlOf(model: Model): Promise<{ readonly parseSql?: ParseSql }> {
  return hasSql(model) ? { parseSql: await sqlParser() } : {};
}

export function blocks(findings: readonly Finding[]): boolean {
  return countsOf(findings).errors > 0;
}

/** The model of a project whose findings do not block; else null, and they were told. */
export function modelOrFindings(project: Project, output: Output): Model | null {
  if (!blocks(project.findings) && project.loaded.model !== null) return project.loaded.model;
  tellRefusal(project.findings, project, output);
  return null;
}

/** Tells the findings that block a verb: for a person, and as the document of `check`. The status that it ends with. */
export function tellRefusal(findings: readonly Finding[], project: Project, output: Output): ExitStatus {
  output.document(findingsDocument(findings, project.loaded.digest));
  tell(findings, project, output);
  return 1;
}

/** Findings, for a person. */
export function tell(findings: readonly Finding[], project: Project, output: Output): void {
  output.problem(printText(findings, project.loaded.source, { color: output.isColored }));
}
