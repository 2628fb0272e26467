import type { Location, Log, ReportingDescriptor, Result } from 'sarif';
import { byCodePoint } from '../base/digest.ts';
import type { Finding, Place } from './finding.ts';
import { harmless } from './harmless.ts';
import { jsonText } from './json-text.ts';
import { inReadingOrder } from './make.ts';
import { noPlace, type Outcome, pathInTree, type Setting } from './outcome.ts';

/**
 * SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0): one run with all findings. With something to compare, what was
 * there before is `unchanged` and suppressed, since it blocks nobody.
 */
export function printSarif(outcome: Outcome, setting: Setting): string {
  const inherited = outcome.inherited ?? [];
  const rules = [...new Set([...outcome.findings, ...inherited].map(({ rule }) => rule))].sort(byCodePoint);
  const results = (findings: readonly Finding[], isInherited: boolean) =>
    inReadingOrder(findings).map(
      (finding): Result => ({
        ...resultOf(finding, rules.indexOf(finding.rule), setting),
        ...(outcome.inherited === null ? {} : comparedOf(finding, isInherited)),
      }),
    );
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'freehold', version: setting.version, rules: rules.map((r) => ruleOf(r, setting)) } },
        automationDetails: { id: `freehold/${outcome.verb}/` },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: true }],
        results: [...results(outcome.findings, false), ...results(inherited, true)],
      },
    ],
  };
  return jsonText(log);
}

function ruleOf(rule: string, { page }: Setting): ReportingDescriptor {
  const text = page(rule);
  const what = /^\*\*What\.\*\* (.*)$/m.exec(text ?? '')?.[1];
  return {
    id: harmless(rule),
    ...(what === undefined ? {} : { shortDescription: { text: sarifText(what) } }),
    // Our own page: it is Markdown, and meant as such.
    ...(text === null ? {} : { help: { text: `freehold explain ${harmless(rule)}`, markdown: text } }),
  };
}

function resultOf(finding: Finding, ruleIndex: number, setting: Setting): Result {
  const related = finding.related.flatMap(({ message, at }) => {
    const location = at === null ? null : physicalLocation(at, setting);
    return location === null ? [] : [{ ...location, message: { text: sarifText(message) } }];
  });
  const place =
    (finding.at === null ? null : physicalLocation(finding.at, setting)) ?? physicalLocation(noPlace, setting);
  const location: Location = {
    ...place,
    ...(finding.address === null ? {} : { logicalLocations: [{ fullyQualifiedName: harmless(finding.address) }] }),
  };
  return {
    ruleId: harmless(finding.rule),
    ruleIndex,
    level: finding.severity,
    message: { text: sarifText(`${finding.message} ${finding.help}`) },
    locations: [location],
    ...(related.length === 0 ? {} : { relatedLocations: related.map((one, id) => ({ id, ...one })) }),
    // Not `primaryLocationLineHash`: GitHub's uploader computes that one from the line, and warns of any other.
    partialFingerprints: { 'freehold/v1': finding.digest },
    properties: {
      id: finding.id,
      ...(finding.owner === null ? {} : { owner: harmless(finding.owner) }),
      ...(finding.blame === null
        ? {}
        : {
            commit: harmless(finding.blame.commit),
            author: harmless(finding.blame.author),
            since: harmless(finding.blame.at),
          }),
    },
  };
}

/** A run that compares says of each result how it compares. */
function comparedOf(finding: Finding, isInherited: boolean): Pick<Result, 'baselineState' | 'suppressions'> {
  if (!isInherited) return { baselineState: 'new', suppressions: [] };
  const justification = `It was so before this change${finding.owner === null ? '' : `; its owner is ${harmless(finding.owner)}`}.`;
  return { baselineState: 'unchanged', suppressions: [{ kind: 'external', status: 'accepted', justification }] };
}

/** Null where the file is not of the tree. */
function physicalLocation(at: Place, setting: Setting): Location | null {
  const path = pathInTree(at.file, setting);
  if (path === null) return null;
  // Each part is encoded, so that no name is read as a scheme, a query or a fragment.
  const uri = path.split('/').map(encodeURIComponent).join('/');
  return {
    physicalLocation: {
      artifactLocation: { uri, uriBaseId: '%SRCROOT%' },
      region: { startLine: at.line, startColumn: at.column },
    },
  };
}

/** Of a message: neither a link, `[text](destination)`, nor a placeholder, `{0}`, which SARIF has in plain text too. */
function sarifText(text: string): string {
  return harmless(text, 8000)
    .replaceAll('](', ']\\u0028')
    .replace(/\{(?=\d+\})/g, '\\u007b');
}
