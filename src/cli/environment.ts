import { hostname } from 'node:os';
import { systemClock } from '../base/clock.ts';
import { engineFacts } from '../engines/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import type { Model } from '../model/model.ts';
import { makePlan } from '../plan/make.ts';
import type { Plan } from '../plan/plan.ts';
import { type Containers, containersOf, type GivenServer } from '../run/containers.ts';
import { secretsOf } from '../run/secrets.ts';
import { type ExitStatus, UseError } from './exit.ts';
import type { Output } from './output.ts';
import { modelOrFindings, openProject, type Project, tellRefusal } from './project.ts';

/** An environment of a model, opened: its plan as the model has it now, its databases, its ledger. */
export type OpenEnvironment = {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly containers: Containers;
  readonly ledger: Ledger;
} & AsyncDisposable;

export type GivenDatabases = { readonly server: GivenServer; readonly prefix: string };

/**
 * Opens what `--env` names. `plan` is null, with findings, where the model cannot be planned for it.
 * Errors: UseError for an unknown environment, EngineError where the ledger does not answer.
 */
export async function openEnvironment(
  root: string,
  model: Model,
  name: string,
  given?: GivenDatabases,
): Promise<OpenEnvironment | { readonly plan: null; readonly findings: readonly Finding[] }> {
  const planned = planFor(model, name);
  if (planned.plan === null) return { plan: null, findings: planned.findings };
  const containers = containersOf(planned.plan.containers, {
    root,
    secrets: secretsOf(root, process.env),
    ...(given === undefined ? {} : { given }),
  });
  try {
    const ledger = await openLedger(await containers.access('ledger'), `process ${process.pid} at ${hostname()}`);
    return {
      plan: planned.plan,
      findings: planned.findings,
      containers,
      ledger,
      async [Symbol.asyncDispose]() {
        await ledger[Symbol.asyncDispose]();
        await containers[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await containers[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The beginning of every verb that works in an environment: loads and judges the model, opens what `--env` names, and
 * closes it when the work has ended. Findings that block are told, and end it.
 */
export async function inEnvironment(
  options: { readonly dir?: string; readonly env: string },
  output: Output,
  work: (environment: OpenEnvironment, project: Project) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const project = await openProject(options.dir, systemClock);
  const model = modelOrFindings(project, output);
  if (model === null) return 1;
  const opened = await openEnvironment(project.root, model, options.env);
  if (opened.plan === null) return tellRefusal(opened.findings, project, output);
  await using environment = opened;
  return await work(environment, project);
}

/** The plan of an environment. Errors: UseError for a name that the model does not have. */
export function planFor(
  model: Model,
  name: string,
): { readonly plan: Plan | null; readonly findings: readonly Finding[] } {
  if (model.environments[name] === undefined) {
    const known = Object.keys(model.environments);
    throw new UseError(
      known.length === 0
        ? `The model has no environment, so nothing can run. Add one:  export default environment('${name}', { ... })`
        : `The model has no environment '${name}'. It has: ${known.join(', ')}. Choose one with --env.`,
    );
  }
  return makePlan(model, name, engineFacts, {}, systemClock.nowMs());
}
