import { digestText } from '../base/digest.ts';
import type { Finding, Severity } from './finding.ts';
import { harmless } from './harmless.ts';
import { inReadingOrder } from './make.ts';
import { type Outcome, pathInTree, type Setting } from './outcome.ts';

/**
 * What a step of GitHub Actions writes: annotations as workflow commands, then `log`, text for people, in which commands
 * are stopped. GitHub shows ten errors and ten warnings of a step; the rest are in the log and in the job's summary,
 * which is print-markdown.ts.
 */
export function printGithub(outcome: Outcome, setting: Setting, log: string): string {
  const findings = inReadingOrder(outcome.findings);
  const annotated = (severity: Severity) => findings.filter((f) => f.severity === severity).slice(0, annotations);
  const commands = [...annotated('error'), ...annotated('warning')].map((finding) => annotation(finding, setting));
  // No text can hold its own digest, so none can end the pause.
  const token = digestText(log);
  return [...commands, `::stop-commands::${token}`, log.trimEnd(), `::${token}::`, ''].join('\n');
}

/** Of each severity, in one step: what GitHub shows. */
const annotations = 10;

function annotation(finding: Finding, setting: Setting): string {
  const path = finding.at === null ? null : pathInTree(finding.at.file, setting);
  const title = finding.address === null ? finding.rule : `${finding.rule}: ${finding.address}`;
  const properties = [
    ...(finding.at === null || path === null
      ? []
      : [`file=${property(path)}`, `line=${finding.at.line}`, `col=${finding.at.column}`]),
    `title=${property(harmless(title, 200))}`,
  ];
  const lines = [harmless(finding.message), harmless(finding.help)];
  if (finding.owner !== null) lines.push(`Owner: ${harmless(finding.owner)}`);
  return `::${finding.severity} ${properties.join(',')}::${data(lines.join('\n'))}`;
}

/** What the runner undoes in the text of a command; the percent sign first, so that nothing is undone twice. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** What it undoes in the value of a property as well. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
