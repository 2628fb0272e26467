import { writeFile } from 'node:fs/promises';
import { canonicalJson } from '../../base/digest.ts';
import { printText } from '../../findings/print-text.ts';
import { type PlanChange, planChanges } from '../../plan/diff.ts';
import { preflight } from '../../run/apply.ts';
import { inEnvironment } from '../environment.ts';
import type { ExitStatus } from '../exit.ts';
import type { Output } from '../output.ts';
import { blocks } from '../project.ts';

/** The difference between what is deployed and what the model says, and whether the real sources are ready for it. */
export async function planCommand(
  options: { readonly dir?: string; readonly env: string; readonly out?: string },
  output: Output,
): Promise<ExitStatus> {
  return inEnvironment(options, output, async (environment, project) => {
    const deployed = await environment.ledger.deployed(options.env);
    const changes = planChanges(deployed, environment.plan);
    const findings = [
      ...project.findings,
      ...environment.findings,
      ...(await preflight(environment.plan, environment.containers, deployed)),
    ];
    if (options.out !== undefined) await writeFile(options.out, `${canonicalJson(environment.plan)}\n`);
    output.document({ version: 1, environment: options.env, changes, findings });
    output.result(changesText(changes, output));
    if (findings.length > 0) output.result(printText(findings, project.source, { color: output.isColored }));
    if (options.out !== undefined) output.note(`The plan is in ${options.out}.`);
    return blocks(findings) ? 1 : 0;
  });
}

export function changesText(changes: readonly PlanChange[], output: Output): string {
  if (changes.length === 0) return 'Nothing changes: what is deployed is what the model says.';
  const paint = { '+': output.color.green, '~': output.color.yellow, '-': output.color.red, '-/+': output.color.red };
  return changes
    .map((change) =>
      [
        `${paint[change.sign](change.sign.padEnd(3))} ${change.object}`,
        ...change.detail.map((line) => `      ${line}`),
      ].join('\n'),
    )
    .join('\n');
}
