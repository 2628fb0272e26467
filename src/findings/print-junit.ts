import type { Finding } from './finding.ts';
import { harmless } from './harmless.ts';
import { inReadingOrder } from './make.ts';
import { blameText, type Outcome, pathInTree, type Setting } from './outcome.ts';

/**
 * JUnit's report, as Jenkins, GitLab and Azure read it: an error is a test that failed, a warning one that passed and
 * says something, what was there before the change one that was skipped. Without findings one test passes, since an
 * empty report counts as a missing one.
 */
export function printJunit(outcome: Outcome, setting: Pick<Setting, 'prefix'>): string {
  const findings = inReadingOrder(outcome.findings);
  const inherited = inReadingOrder(outcome.inherited ?? []);
  const cases = [
    ...findings.map((finding) => testCase(finding, setting, finding.severity === 'error' ? failed : passed)),
    ...inherited.map((finding) => testCase(finding, setting, skipped)),
  ];
  if (cases.length === 0) cases.push(element('testcase', { classname: 'freehold', name: 'no findings' }, ''));
  const counts = {
    name: `freehold ${outcome.verb}`,
    tests: cases.length,
    failures: findings.filter(({ severity }) => severity === 'error').length,
    errors: 0,
    skipped: inherited.length,
  };
  const suite = element('testsuite', counts, `\n${cases.join('\n')}\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', counts, `\n${suite}\n`)}\n`;
}

type Outcomes = (finding: Finding, says: string) => string;

const failed: Outcomes = (finding, says) =>
  element('failure', { type: harmless(finding.rule), message: harmless(finding.message) }, says);

const passed: Outcomes = (_, says) => element('system-out', {}, says);

const skipped: Outcomes = (_, says) =>
  element('skipped', { message: 'It was so before this change, and blocks nobody.' }, '') +
  element('system-out', {}, says);

function testCase(finding: Finding, setting: Pick<Setting, 'prefix'>, outcome: Outcomes): string {
  const path = finding.at === null ? null : pathInTree(finding.at.file, setting);
  const place = finding.at === null || path === null ? null : `${path}:${finding.at.line}:${finding.at.column}`;
  const says = [
    harmless(finding.message),
    harmless(finding.help),
    ...(place === null ? [] : [`at: ${place}`]),
    ...(finding.owner === null ? [] : [`owner: ${harmless(finding.owner)}`]),
    ...(finding.blame === null ? [] : [`since: ${blameText(finding.blame)}`]),
  ];
  const about = finding.address === null ? '' : ` ${harmless(finding.address)}`;
  return element(
    'testcase',
    {
      classname: harmless(finding.rule),
      // Test cases of one name are taken for one.
      name: `${harmless(finding.rule)}${about} (${finding.id})`,
      ...(path === null ? {} : { file: path }),
      ...(finding.at === null || path === null ? {} : { line: finding.at.line }),
    },
    outcome(finding, says.map(escaped).join('\n')),
  );
}

/** `content` is XML already. */
function element(name: string, attributes: Readonly<Record<string, string | number>>, content: string): string {
  const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${words.join('')}${content === '' ? '/>' : `>${content}</${name}>`}`;
}

/** Characters that no XML may hold, even escaped, are gone by then: harmless text has none. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
