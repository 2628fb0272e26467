import { systemClock } from '../../base/clock.ts';
import { rulePage } from '../../check/page.ts';
import { harmless } from '../../findings/harmless.ts';
import { codeDigest } from '../../model/code.ts';
import { own } from '../../model/effective.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model, Transformer } from '../../model/model.ts';
import { about } from '../../plan/about.ts';
import { endingLines } from '../../plan/ending.ts';
import { explain } from '../../plan/explain.ts';
import { planFor } from '../environment.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { modelOrFindings, openProject, tellRefusal } from '../project.ts';

/** Why an address is planned as it is; or the page of a rule. */
export async function explainCommand(
  subject: string,
  options: { readonly dir?: string; readonly env: string },
  output: Output,
): Promise<ExitStatus> {
  if (!subject.includes('/')) {
    const page = await rulePage(subject);
    if (page.kind === 'unknown') {
      throw new UseError(`${page.help} An address has slashes, such as retail/sales/orders.`);
    }
    output.document({ version: 1, rule: subject, page: page.text });
    output.result(page.text);
    return 0;
  }
  const project = await openProject(options.dir, systemClock);
  const transformer = own(project.loaded.model?.transformers ?? {}, subject);
  if (project.loaded.model !== null && transformer !== undefined)
    return explainTransformer(project.loaded.model, transformer, options.env, output);
  const model = modelOrFindings(project, output);
  if (model === null) return 1;
  const { plan, findings } = planFor(model, options.env);
  if (plan === null) return tellRefusal(findings, project, output);
  const { reasons } = explain(plan, subject);
  const ending = endingLines(lookupIn(model), subject, systemClock.nowMs());
  if (reasons.length === 0 && ending.length === 0)
    throw new UseError(`Nothing in environment '${options.env}' is about '${subject}'. Look at  freehold status`);
  const says = [...about(model, options.env, subject), ...ending];
  output.document({ version: 1, address: subject, about: says, reasons });
  const parts = reasons.map((reason) => reason.says.map((line, i) => `${i === 0 ? '' : '  - '}${line}`).join('\n'));
  output.result([says.map((line) => harmless(line)).join('\n'), ...parts].filter((part) => part !== '').join('\n\n'));
  return 0;
}

/** Findings do not stand in the way: what is printed here is often what mends them. */
function explainTransformer(model: Model, transformer: Transformer, environment: string, output: Output): ExitStatus {
  const { address } = transformer;
  const says = about(model, environment, address);
  const code = codeDigest(transformer);
  output.document({ version: 1, address, about: says, code });
  const lines = [
    ...says,
    `code: ${code}`,
    'A declassification of what it makes is about exactly this code and these reads.',
  ];
  output.result(lines.map((line) => harmless(line)).join('\n'));
  return 0;
}
