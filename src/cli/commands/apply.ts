import { readFile } from 'node:fs/promises';
import { systemClock } from '../../base/clock.ts';
import { canonicalJson } from '../../base/digest.ts';
import type { Finding } from '../../findings/finding.ts';
import { printText } from '../../findings/print-text.ts';
import { planChanges } from '../../plan/diff.ts';
import { deployPlan } from '../../run/deploy.ts';
import { inEnvironment, type OpenEnvironment } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import { movingText } from '../loading.ts';
import type { Output } from '../output.ts';
import { progressLine } from '../progress-line.ts';
import { blocks } from '../project.ts';
import { switchingText } from '../switching.ts';
import { changesText } from './plan.ts';

/**
 * Makes databases what the plan says, once. With a file: only if the model still gives exactly that plan. `leaveHistory`: what
 * cannot move to another store with its history is loaded anew there.
 */
export async function applyCommand(
  file: string | undefined,
  options: { readonly dir?: string; readonly env: string; readonly leaveHistory?: boolean },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async (environment, project) => {
    if (file !== undefined && (await readPlanText(file)) !== canonicalJson(environment.plan)) {
      throw new UseError(
        `${file} is not what the model gives now, so nothing was applied. Make it again:  freehold plan --env ${options.env} --out ${file}`,
      );
    }
    const changes = planChanges(await environment.ledger.deployed(options.env), environment.plan);
    const deployed = await deploy(environment, output, options.leaveHistory === true);
    const findings = [...project.findings, ...environment.findings, ...deployed];
    const isDone = !blocks(deployed);
    output.document({ version: 1, environment: options.env, applied: isDone, changes, findings });
    if (isDone) output.result(changesText(changes, output));
    if (findings.length > 0) output.result(printText(findings, project.source, { color: output.isColored }));
    if (isDone) output.note(`Applied. Rows move with  freehold run --env ${options.env}`);
    return isDone ? 0 : 1;
  });
}

async function deploy(
  { plan, containers, ledger }: OpenEnvironment,
  output: Output,
  leavesHistory: boolean,
): Promise<readonly Finding[]> {
  using line = progressLine(output, systemClock);
  return await deployPlan(plan, containers, ledger, {
    leavesHistory,
    onMoving: (stream, progress) => line.say(`${stream} ${movingText(progress)}`),
    onSwitching: (switching) => line.say(switchingText(switching)),
  });
}

async function readPlanText(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trimEnd();
  } catch {
    throw new UseError(`There is no plan file ${file}. Make one with  freehold plan --out ${file}`);
  }
}
