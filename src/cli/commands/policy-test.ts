import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { byCodePoint } from '../../base/digest.ts';
import { askOf } from '../../check/draft.ts';
import { judgeTest, type PolicyTestResult } from '../../check/policy/test-case.ts';
import { engineFacts } from '../../engines/facts.ts';
import { countsOf } from '../../findings/counts.ts';
import type { Finding, Place } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { finding } from '../../findings/make.ts';
import { didYouMean } from '../../findings/near-name.ts';
import { printText } from '../../findings/print-text.ts';
import { isPolicyTestFile, type PlacedTest, readPolicyTestFiles } from '../../load/policy-tests.ts';
import { hasSql, sqlWhere } from '../../load/sql-parser.ts';
import { lookupIn } from '../../model/lookup.ts';
import type { Model } from '../../model/model.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { openProject, tellRefusal } from '../project.ts';

/** A zone's tests of its policies. What is wrong with the model elsewhere does not stand in their way. */
export async function policyTestCommand(directory: string | undefined, output: Output): Promise<ExitStatus> {
  const project = await openProject(directory, systemClock);
  const { root, model, digest } = project;
  // Of a part of a model nothing is proven.
  if (model === null || digest === null) return tellRefusal(project.findings, project, output);
  const files = await testFiles(root);
  if (files.length === 0)
    throw new UseError(
      `There is no test of policies in ${root}. They are in files called  policies.test.yaml,  beside the zone: docs/policies.md shows one.`,
    );
  const { tests, findings: unread, texts } = await readPolicyTestFiles(root, files);
  const { parseSql } = await sqlWhere(hasSql(model));
  const ask = askOf(lookupIn(model), engineFacts, systemClock.nowMs(), parseSql);
  const outcomes = tests.map((placed) => outcomeOf(model, placed, judgeTest(ask, placed.zone, placed.test)));
  const findings = [...unread, ...outcomes.flatMap(({ finding: found }) => found ?? [])];
  const failed = outcomes.filter(({ finding: found }) => found !== null).length;
  const passed = outcomes.length - failed;
  output.document({
    version: 1,
    passed,
    failed,
    tests: outcomes.map(({ zone, name, expect, verdict, by, at, finding: found }) => {
      return { zone, name, expect, verdict, by, passed: found === null, at };
    }),
    findings,
  });
  if (findings.length > 0)
    output.result(printText(findings, (file) => texts[file] ?? project.source(file), { color: output.isColored }));
  for (const { zone, name, finding: found } of outcomes)
    if (found === null) output.note(`${output.color.green('ok')}  ${harmless(zone)}: ${harmless(name)}`);
  output.result(
    `${passed} passed, ${failed} failed${unread.length > 0 ? `, and ${unread.length} ${unread.length === 1 ? 'finding' : 'findings'} in their files` : ''}`,
  );
  return countsOf(findings).errors > 0 ? 1 : 0;
}

type Outcome = {
  readonly zone: string;
  readonly name: string;
  readonly expect: 'allowed' | 'refused';
  /** Null: it could not be judged. */
  readonly verdict: 'allowed' | 'refused' | null;
  readonly by: readonly string[];
  readonly at: Place | null;
  /** Null: it passed. */
  readonly finding: Finding | null;
};

function outcomeOf(model: Model, { zone, test, at }: PlacedTest, result: PolicyTestResult): Outcome {
  const { name, expect } = test;
  const outcome = { zone, name, expect, at };
  const fails = (message: string, help: string) =>
    finding({ rule: 'policy-test-failed', address: zone, message, help, at });
  const said = `test '${name}' of the policies of zone '${zone}'`;
  if (!Object.hasOwn(model.zones, zone))
    return {
      ...outcome,
      verdict: null,
      by: [],
      finding: fails(`${said}: the model has no zone '${zone}'.`, 'Name a zone of the model.'),
    };
  if (result.kind === 'unknown')
    return {
      ...outcome,
      verdict: null,
      by: [],
      finding: fails(`${said} cannot be judged: ${result.reason}.`, `Correct its '${result.part}'.`),
    };
  const { verdict, by } = result;
  const wanted = test.by === undefined ? null : [...test.by].sort(byCodePoint).join("', '");
  const got = [...by].sort(byCodePoint).join("', '");
  if (verdict === expect && (wanted === null || wanted === got)) return { ...outcome, verdict, by, finding: null };
  const byWhom = verdict === 'refused' ? ` by '${got}'` : '';
  const policies = Object.keys(model.zones[zone]?.policies ?? {});
  const unknown = (test.by ?? []).filter((one) => one !== 'cross-zone-read' && !policies.includes(one));
  const expected = `${expect}${wanted === null || wanted === '' ? '' : ` by '${wanted}'`}`;
  return {
    ...outcome,
    verdict,
    by,
    finding: fails(
      `${said} expects it to be ${expected}, and it is ${verdict}${byWhom}.`,
      [
        'Correct the policy, or what the test expects of it.',
        ...unknown.map((one) => `Zone '${zone}' has no policy '${one}'.${didYouMean(one, policies)}`),
      ].join(' '),
    ),
  };
}

async function testFiles(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const open = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() && isPolicyTestFile(entry.name)) found.push(relative(root, path).split(sep).join('/'));
    }
  return found.sort(byCodePoint);
}
