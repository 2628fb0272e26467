import { systemClock } from '../../base/clock.ts';
import { askOf } from '../../check/draft.ts';
import { madeOf } from '../../check/graph/made-of.ts';
import { usedParts } from '../../check/graph/used.ts';
import { rulePage } from '../../check/page.ts';
import { engineFacts } from '../../engines/facts.ts';
import { harmless } from '../../findings/harmless.ts';
import { nearName } from '../../findings/near-name.ts';
import { hasSql, sqlParser } from '../../load/sql-parser.ts';
import { columnAddress, memberAddress } from '../../model/address.ts';
import { codeDigest } from '../../model/code.ts';
import { own } from '../../model/effective.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model, Transformer } from '../../model/model.ts';
import { offeredDigest } from '../../model/offered.ts';
import { ownerOfParty } from '../../model/party.ts';
import { about, aboutParty } from '../../plan/about.ts';
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
    return await explainTransformer(project.model, transformer, options.env, output);
  const model = modelOrFindings(project, output);
  if (model === null) return 1;
  const { plan, findings } = planFor(model, options.env);
  if (plan === null) return tellRefusal(findings, project, output);
  const { part, column } = partOf(subject);
  const near = addressIn(model, subject);
  if (near !== subject)
    throw new UseError(
      `The model has nothing called '${subject}'.${near === null ? ' Addresses are such as retail/sales/orders, retail/sales/orders.customers.' : ` Did you mean '${near}'?`}`,
    );
  const { reasons } = explain(plan, part);
  const lookup = lookupIn(model);
  const ask = askOf(lookup, engineFacts, systemClock.nowMs(), hasSql(model) ? await sqlParser() : undefined);
  const ending = endingLines(lookup, subject, systemClock.nowMs(), (reader) => usedParts(reader, ask));
  const offered = offeredDigest(lookupIn(model), subject);
  const others = (line: string) => column === null || !/^column '/.test(line) || line.startsWith(`column '${column}'`);
  const says = [...about(model, options.env, part).filter(others), ...ending, ...offeredLines(offered)];
  output.document({ version: 1, address: subject, about: says, offered, reasons });
  const parts = reasons.map((reason) => reason.says.map((line, i) => `${i === 0 ? '' : '  - '}${line}`).join('\n'));
  if (parts.length === 0)
    parts.push(
      `Nothing is planned for it in environment '${options.env}': nobody reads it there, nothing there brings its rows, or a transformer makes them, which this release does not run.`,
    );
  output.result([says.map((line) => harmless(line)).join('\n'), ...parts].filter((part) => part !== '').join('\n\n'));
  return 0;
}

/** Findings do not stand in the way: what is printed here is often what mends them. */
async function explainTransformer(
  model: Model,
  transformer: Transformer,
  environment: string,
  output: Output,
): Promise<ExitStatus> {
  const { address } = transformer;
  const ask = askOf(lookupIn(model), engineFacts, systemClock.nowMs(), await sqlParser());
  const says = [...about(model, environment, address), ...madeOf(ask, transformer)];
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
  const offered = offeredDigest(lookupIn(model), address);
  const says = [...aboutParty(model, address), ...offeredLines(offered)];
  output.document({ version: 1, address, about: says, offered });
  output.result(says.map((line) => harmless(line)).join('\n'));
  return 0;
}

/** A column is planned with its dataset. */
function partOf(address: string): { readonly part: string; readonly column: string | null } {
  const [part = '', column = null] = address.split(/#(.*)/s);
  return { part, column };
}

/** The address itself where the model has it; else the nearest that it has, or null. */
function addressIn({ datastores, workspaces }: Model, wanted: string): string | null {
  const all = [
    ...Object.values(datastores).flatMap(({ address, datasets }) => [
      address,
      ...Object.entries(datasets).flatMap(([name, { columns }]) => [
        memberAddress(address, name),
        ...Object.keys(columns).map((column) => columnAddress(address, name, column)),
      ]),
    ]),
    ...Object.values(workspaces).flatMap(({ address, groups }) => [
      address,
      ...Object.keys(groups).map((name) => memberAddress(address, name)),
    ]),
  ];
  return all.includes(wanted) ? wanted : nearName(wanted, all);
}

/** What an offer of it says in `digest`. */
function offeredLines(offered: string | null): readonly string[] {
  return offered === null ? [] : [`offered as it is: digest '${offered}'`];
}
