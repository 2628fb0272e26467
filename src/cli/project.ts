import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { check } from '../check/check.ts';
import { engineFacts } from '../engines/facts.ts';
import { countsOf } from '../findings/counts.ts';
import type { Finding } from '../findings/finding.ts';
import { findingsDocument } from '../findings/print-json.ts';
import { printText } from '../findings/print-text.ts';
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
};

/** Loads and checks the model in a directory. Errors: UseError where there is no such directory. */
export async function openProject(directory: string | undefined, clock: Clock): Promise<Project> {
  const root = resolve(directory ?? '.');
  if (!existsSync(root))
    throw new UseError(`There is no directory ${root}. A new model begins with  freehold init ${directory ?? ''}`);
  const loaded = await loadModel(root);
  // What could not be read would be missing to every rule: its own finding is enough.
  const found =
    loaded.model === null || loaded.digest === null
      ? []
      : check(loaded.model, engineFacts, {
          asOfMs: clock.nowMs(),
          places: loaded.places,
          ...(await sqlOf(loaded.model)),
        });
  return { root, loaded, findings: [...loaded.findings, ...found] };
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
