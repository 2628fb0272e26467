import { systemClock } from '../../base/clock.ts';
import { askOf } from '../../check/draft.ts';
import { usedParts } from '../../check/graph/used.ts';
import { rulePage } from '../../check/page.ts';
import { engineFacts } from '../../engines/facts.ts';
import { harmless } from '../../findings/harmless.ts';
import { hasSql, sqlParser } from '../../load/sql-parser.ts';
import { codeDigest } from '../../model/code.ts';
import { own } from '../../model/effective.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model, Transformer } from '../../model/model.ts';
import { offeredDigest } from '../../model/offered.ts';
import { ownerLabel } from '../../model/owner.ts';
import { ownerOfParty, partyWords } from '../../model/party.ts';
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
      const { model } = await openProject(options.dir, systemClock);
      if (model !== null && isParty(model, subject)) return explainParty(model, subject, output);
      throw new UseError(
        `${page.help} An address is one of the model: a zone, environment:NAME, mesh, or with slashes, such as retail/sales/orders.`,
      );
    }
    output.document({ version: 1, rule: subject, page: page.text });
    output.result(page.text);
    return 0;
  }
  const project = await openProject(options.dir, systemClock);
  if (project.model !== null && isParty(project.model, subject)) return explainParty(project.model, subject, output);
  const transformer = own(project.model?.transformers ?? {}, subject);
  if (project.model !== null && transformer !== undefined)
    return explainTransformer(project.model, transformer, options.env, output);
  const model = modelOrFindings(project, output);
  if (model === null) return 1;
  const { plan, findings } = planFor(model, options.env);
  if (plan === null) return tellRefusal(findings, project, output);
  const { reasons } = explain(plan, subject);
  const lookup = lookupIn(model);
  const ask = askOf(lookup, engineFacts, systemClock.nowMs(), hasSql(model) ? await sqlParser() : undefined);
  const ending = endingLines(lookup, subject, systemClock.nowMs(), (reader) => usedParts(reader, ask));
  if (reasons.length === 0 && ending.length === 0)
    throw new UseError(`Nothing in environment '${options.env}' is about '${subject}'. Look at  freehold status`);
  const offered = offeredDigest(lookupIn(model), subject);
  const says = [...about(model, options.env, subject), ...ending, ...offeredLines(offered)];
  output.document({ version: 1, address: subject, about: says, offered, reasons });
  const parts = reasons.map((reason) => reason.says.map((line, i) => `${i === 0 ? '' : '  - '}${line}`).join('\n'));
  output.result([says.map((line) => harmless(line)).join('\n'), ...parts].filter((part) => part !== '').join('\n\n'));
  return 0;
}

/** Findings do not stand in the way: what is printed here is often what mends them. */
function explainTransformer(model: Model, transformer: Transformer, environment: string, output: Output): ExitStatus {
  const { address } = transformer;
  const says = about(model, environment, address);
  const code = codeDigest(transformer);
  const offered = offeredDigest(lookupIn(model), address);
  output.document({ version: 1, address, about: says, offered, code });
  const lines = [
    ...says,
    `code: ${code}`,
    'A declassification of what it makes is about exactly this code and these reads.',
    ...offeredLines(offered),
  ];
  output.result(lines.map((line) => harmless(line)).join('\n'));
  return 0;
}

function isParty(model: Model, address: string): boolean {
  return ownerOfParty(lookupIn(model), address) !== null;
}

/** The mesh, a zone, a team or an environment: who owns it. */
function explainParty(model: Model, address: string, output: Output): ExitStatus {
  const lookup = lookupIn(model);
  const owner = ownerOfParty(lookup, address);
  const offered = offeredDigest(lookup, address);
  const says = [
    ...(owner === null ? [] : [`${partyWords(address)}: owned by ${ownerLabel(owner)}`]),
    ...offeredLines(offered),
  ];
  output.document({ version: 1, address, about: says, offered });
  output.result(says.map((line) => harmless(line)).join('\n'));
  return 0;
}

/** What an offer of it says in `digest`. */
function offeredLines(offered: string | null): readonly string[] {
  return offered === null ? [] : [`offered as it is: digest '${offered}'`];
}
