import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { digestJson } from '../base/digest.ts';
import { check } from '../check/check.ts';
import { engineFacts } from '../engines/facts.ts';
import { countsOf } from '../findings/counts.ts';
import type { Finding } from '../findings/finding.ts';
import { findingsDocument } from '../findings/print-json.ts';
import { printText } from '../findings/print-text.ts';
import { noCache } from '../load/cache/cache.ts';
import { cacheFor } from '../load/cache/directory.ts';
import { type Loaded, loadModel } from '../load/load.ts';
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
  if (!existsSync(root))
    throw new UseError(`There is no directory ${root}. A new model begins with  freehold init ${directory ?? ''}`);
  const cache = isCached ? cacheFor(root, process.env) : noCache;
  const loaded = await loadModel(root, cache === noCache ? {} : { cache });
  const asOfMs = clock.nowMs();
  // What could not be read would be missing to every rule: its own finding is enough.
  const judge = async (): Promise<Judged> => {
    const { model, places } = loaded;
    if (model === null || loaded.digest === null) return { found: [], counts: countsIn(null) };
    const found = check(model, engineFacts, { asOfMs, places, ...(await sqlOf(model)) });
    return { found, counts: countsIn(model) };
  };
  const key = async () => digestJson([await loaded.filesDigest(), Math.floor(asOfMs / dayMs)]);
  const { found, counts } = cache === noCache ? await judge() : await cache.remembered(await key(), judge);
  return { root, loaded, findings: [...loaded.findings, ...found], counts };
}

const dayMs = 86_400_000;

type Judged = { readonly found: readonly Finding[]; readonly counts: Counts };

function countsIn(model: Model | null): Counts {
  const datastores = Object.values(model?.datastores ?? {});
  return {
    datastores: datastores.length,
    datasets: datastores.reduce((sum, store) => sum + Object.keys(store.datasets).length, 0),
    workspaces: Object.keys(model?.workspaces ?? {}).length,
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
