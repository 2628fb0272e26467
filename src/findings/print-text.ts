import picocolors from 'picocolors';
import { codeFrame } from './code-frame.ts';
import { countsOf } from './counts.ts';
import type { Finding, Place } from './finding.ts';
import { harmless } from './harmless.ts';
import { blameText, countsText, shown } from './outcome.ts';

/**
 * Findings for a person: each with its place, the source line and a caret, what to do, whose it is and the other places;
 * at the end one line that counts them. `source` gives the text of a model file, null where there is none. The first 200
 * are shown: JSON has all. Ends with a newline.
 */
export function printText(
  findings: readonly Finding[],
  source: (file: string) => string | null,
  style: { readonly color: boolean },
): string {
  const paint = picocolors.createColors(style.color);
  const files = new Map<string, readonly string[]>();
  const linesOf = (file: string) => {
    const known = files.get(file);
    if (known) return known;
    const lines = source(file)?.split('\n') ?? [];
    files.set(file, lines);
    return lines;
  };
  const blocks = findings.slice(0, shown).map((f) => block(f, linesOf, paint).join('\n'));
  if (findings.length > shown) blocks.push(`${findings.length - shown} more findings are not shown; --json has all.`);
  blocks.push(summary(findings, paint));
  return `${blocks.join('\n\n')}\n`;
}

type Paint = ReturnType<typeof picocolors.createColors>;

function block(finding: Finding, linesOf: (file: string) => readonly string[], paint: Paint): string[] {
  const word = finding.severity === 'error' ? paint.red('error') : paint.yellow('warning');
  const frame = finding.at === null ? null : codeFrame(linesOf(finding.at.file), finding.at);
  const margin = ' '.repeat(frame?.number.length ?? 1);
  const lines = [`${word} ${paint.bold(harmless(finding.rule))}  ${harmless(finding.message)}`];
  if (finding.at !== null) lines.push(`${margin} ${paint.dim('-->')} ${placeText(finding.at)}`);
  if (frame !== null) {
    lines.push(`${paint.dim(`${frame.number} |`)} ${frame.line}`);
    lines.push(`${margin} ${paint.dim('|')} ${frame.indent}${paint.red('^')}`);
  }
  const note = (name: string, text: string) => lines.push(`${margin} ${paint.dim(`${name}:`)} ${text}`);
  note('help', harmless(finding.help));
  for (const other of finding.related.slice(0, 10))
    note('see', `${harmless(other.message)}${other.at === null ? '' : ` (${placeText(other.at)})`}`);
  if (finding.related.length > 10) note('see', `and ${finding.related.length - 10} more places`);
  if (finding.address !== null) note('about', harmless(finding.address));
  if (finding.owner !== null) note('owner', harmless(finding.owner));
  if (finding.blame !== null) note('since', blameText(finding.blame));
  return lines;
}

function placeText(at: Place): string {
  return `${harmless(at.file)}:${at.line}:${at.column}`;
}

function summary(findings: readonly Finding[], paint: Paint): string {
  const counts = countsOf(findings);
  if (counts.errors === 0 && counts.warnings === 0) return paint.green('no findings');
  const text = countsText(counts);
  return counts.errors > 0 ? paint.red(text) : paint.yellow(text);
}
