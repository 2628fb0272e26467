import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { engineFacts } from '../engines/facts.ts';
import { countsOf } from '../findings/counts.ts';
import type { Finding } from '../findings/finding.ts';
import { findingsDocument } from '../findings/print-json.ts';
import { printText } from '../findings/print-text.ts';
import { type Ask, type Checked, checkedWhole } from '../load/checked.ts';
import { loadModel } from '../load/load.ts';
import { checkedOver } from '../load/store/directory.ts';
import { storesIn } from '../load/store/stores.ts';
import { cacheDirectory } from '../load/store/where.ts';
import type { Model } from '../model/model.ts';
import { type ExitStatus, UseError } from './exit.ts';
import type { Output } from './output.ts';

/** A model directory as it stands, judged. */
export type Project = Omit<Checked<unknown>, 'asked'> & {
  readonly root: string;
  /** Null where there is not exactly one mesh. */
  readonly model: Model | null;
};

type Cached = { readonly cache?: boolean };

/** Loads and checks the model in a directory. Errors: UseError where there is no such directory. */
export async function openProject(directory: string | undefined, clock: Clock, options: Cached = {}): Promise<Project> {
  const { asked: model, root, ...checked } = await checkedIn(directory, clock, options, (read) => read());
  return { ...checked, root, model };
}

/** The same without the model: what did not change since a former run is not read. */
export async function checkProject(
  directory: string | undefined,
  clock: Clock,
  options: Cached = {},
): Promise<Omit<Project, 'model'>> {
  return checkedIn(directory, clock, options, () => null);
}

async function checkedIn<T>(
  directory: string | undefined,
  clock: Clock,
  { cache: isCached = true }: Cached,
  ask: Ask<T>,
): Promise<Checked<T> & { readonly root: string }> {
  const root = resolve(directory ?? '.');
  if (statSync(root, { throwIfNoEntry: false })?.isFile() === true)
    throw new UseError(`${root} is a file, and a model is a directory: name that, such as ${dirname(root)}`);
  if (!existsSync(root))
    throw new UseError(`There is no directory ${root}. A new model begins with  freehold init ${directory ?? ''}`);
  const checking = { facts: engineFacts, asOfMs: clock.nowMs() };
  const kept = isCached ? cacheDirectory(root, process.env) : null;
  const over = kept === null ? null : await checkedOver(root, await storesIn(kept), checking, ask);
  return { root, ...(over ?? (await checkedWhole(await loadModel(root), checking, ask))) };
}

export function blocks(findings: readonly Finding[]): boolean {
  return countsOf(findings).errors > 0;
}

/** The model of a project whose findings do not block; else null, and they were told. */
export function modelOrFindings(project: Project, output: Output): Model | null {
  if (!blocks(project.findings) && project.model !== null) return project.model;
  tellRefusal(project.findings, project, output);
  return null;
}

/** Tells the findings that block a verb: for a person, and as the document of `check`. The status that it ends with. */
export function tellRefusal(findings: readonly Finding[], project: Project, output: Output): ExitStatus {
  output.document(findingsDocument(findings, project.digest));
  tell(findings, project, output);
  return 1;
}

/** Findings, for a person. */
export function tell(findings: readonly Finding[], project: Project, output: Output): void {
  output.problem(printText(findings, project.source, { color: output.isColored }));
}
