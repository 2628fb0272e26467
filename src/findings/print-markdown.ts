import { codeFrame } from './code-frame.ts';
import { codeBlock, codeSpan } from './code-span.ts';
import { countsOf } from './counts.ts';
import type { Finding } from './finding.ts';
import { inReadingOrder } from './make.ts';
import { countsText, many, type Outcome, pathInTree, type Setting, shown } from './outcome.ts';

/**
 * The comment on a proposal, and the summary of a job: a table of what was found, and of each what to do, folded. All
 * words of a model stand in code. As much as fits into a comment is shown: `freehold <verb> --json` has all.
 */
export function printMarkdown(outcome: Outcome, setting: Pick<Setting, 'prefix' | 'source'>): string {
  const findings = inReadingOrder(outcome.findings);
  const inherited = inReadingOrder(outcome.inherited ?? []);
  const parts = [`### freehold ${outcome.verb}: ${headline(outcome)}`];
  const table = fitting(findings, 24_000, (finding) => row(finding, setting));
  if (table.length > 0) parts.push(tableOf(table));
  parts.push(
    ...fitting(findings.slice(0, table.length), 24_000, (finding, index) => detail(finding, index + 1, setting)),
  );
  if (findings.length > table.length) parts.push(missing(findings.length - table.length, outcome));
  if (inherited.length > 0) {
    const before = fitting(inherited, 8_000, (finding) => row(finding, setting));
    parts.push(
      `<details>\n<summary>${many(inherited.length, 'finding')} from before this change, blocking nobody</summary>`,
      ...(before.length > 0 ? [tableOf(before)] : []),
      ...(inherited.length > before.length ? [missing(inherited.length - before.length, outcome)] : []),
      '</details>',
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/**
 * The text of each, as long as they fit into so many UTF-8 bytes, and 200 at most. All texts of a comment together stay
 * below 65,536 characters, since GitHub refuses more.
 */
function fitting(
  findings: readonly Finding[],
  bytes: number,
  text: (finding: Finding, index: number) => string,
): string[] {
  const texts: string[] = [];
  let left = bytes;
  for (const [index, finding] of findings.slice(0, shown).entries()) {
    const one = text(finding, index);
    left -= Buffer.byteLength(one) + 2;
    if (left < 0) break;
    texts.push(one);
  }
  return texts;
}

function headline({ findings, inherited }: Outcome): string {
  const counts = countsOf(findings);
  if (findings.length > 0) return countsText(counts);
  return inherited === null ? 'no findings' : 'nothing that this change causes';
}

function missing(count: number, { verb }: Outcome): string {
  return `${many(count, 'more finding')} not shown here: \`freehold ${verb} --json\` has all.`;
}

function row(finding: Finding, setting: Pick<Setting, 'prefix'>): string {
  const since = finding.blame === null ? '' : `, since ${codeSpan(finding.blame.at.slice(0, 10))}`;
  const cells = [
    finding.severity,
    codeSpan(finding.rule, 100),
    codeSpan(placeOf(finding, setting) ?? finding.address ?? 'the model', 200),
    codeSpan(finding.message, 500),
    `${finding.owner === null ? '' : codeSpan(finding.owner, 200)}${since}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function tableOf(lines: readonly string[]): string {
  return ['| | rule | where | what is wrong | owner |', '|---|---|---|---|---|', ...lines].join('\n');
}

function detail(finding: Finding, number: number, setting: Pick<Setting, 'prefix' | 'source'>): string {
  // HTML that Markdown does not look into: our own words alone.
  const lines = [`<details${number <= 3 ? ' open' : ''}>\n<summary>${number}. What to do</summary>`];
  lines.push(codeSpan(finding.message), codeSpan(finding.help));
  const frame = frameOf(finding, setting);
  if (frame !== null) lines.push(frame);
  const notes = finding.related.slice(0, 10).map(({ message, at }) => {
    const place = at === null ? null : placeOf({ ...finding, at }, setting);
    return `* see ${codeSpan(message, 300)}${place === null ? '' : ` at ${codeSpan(place, 200)}`}`;
  });
  if (finding.related.length > 10) notes.push(`* and ${finding.related.length - 10} more places`);
  if (finding.address !== null) notes.push(`* about ${codeSpan(finding.address, 300)}`);
  if (finding.blame !== null)
    notes.push(
      `* since ${codeSpan(finding.blame.at)} by ${codeSpan(finding.blame.author, 100)}, commit ${codeSpan(finding.blame.commit.slice(0, 10))}`,
    );
  notes.push(`* finding ${codeSpan(finding.id)}; \`freehold explain\` ${codeSpan(finding.rule, 100)} prints the rule`);
  lines.push(notes.join('\n'), '</details>');
  return lines.join('\n\n');
}

function frameOf(finding: Finding, setting: Pick<Setting, 'prefix' | 'source'>): string | null {
  const { at } = finding;
  if (at === null || placeOf(finding, setting) === null) return null;
  const frame = codeFrame(setting.source(at.file)?.split('\n') ?? [], at);
  if (frame === null) return null;
  const margin = ' '.repeat(frame.number.length);
  return codeBlock([`${frame.number} | ${frame.line}`, `${margin} | ${frame.indent}^`]);
}

function placeOf({ at }: Finding, setting: Pick<Setting, 'prefix'>): string | null {
  const path = at === null ? null : pathInTree(at.file, setting);
  return at === null || path === null ? null : `${path}:${at.line}:${at.column}`;
}
