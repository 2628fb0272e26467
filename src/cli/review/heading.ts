import { harmless } from '../../findings/harmless.ts';
import type { Origin } from '../../review/origin.ts';
import { originWords } from '../../review/words.ts';
import type { Output } from '../output.ts';
import type { ReviewDocument, StepDocument } from './document.ts';

/** The verdict for a person, above what was found. */
export function heading(document: ReviewDocument, output: Output): string {
  const { verdict, phase, base, head, steps } = document;
  const paint = output.color;
  const word = verdict === 'pass' ? paint.green('pass') : paint.red('blocked');
  const reason = phase === null ? '' : `  phase ${phase}: ${phases[phase]}`;
  const lines = [
    `${word}${reason}`,
    `  ${head.commit.slice(0, 12)} into ${base.commit.slice(0, 12)}, ${many(document.changes.length, 'attribute')} changed`,
  ];
  if (document.origin !== null) lines.push(`  from ${fromWords(document.origin)}`);
  for (const step of steps ?? []) lines.push(`  ${stepLine(step)}`);
  if (document.consents.length > 0)
    lines.push(`  by consent: ${document.consents.map((one) => harmless(one)).join(', ')}`);
  if (isUnofficial(document))
    lines.push(
      `  ${paint.yellow('unofficial')}: no forge vouches for where it comes from, so this verdict counts nowhere`,
    );
  for (const note of document.notes) lines.push(`  note: ${harmless(note)}`);
  // A runner of GitHub takes these signs for a command wherever they stand in a line.
  return lines.join('\n').replaceAll('##[', '## [');
}

function isUnofficial({ origin, steps }: ReviewDocument): boolean {
  return [origin, ...(steps ?? []).map((step) => step.origin)].some((one) => one !== null && !one.isOfficial);
}

function stepLine({ verdict, head, proposal, origin }: StepDocument): string {
  const what = proposal === null ? 'no proposal' : `proposal ${proposal}`;
  return `${verdict === 'pass' ? 'pass   ' : 'blocked'} ${head.commit.slice(0, 12)} ${what}, from ${fromWords(origin)}`;
}

function fromWords(origin: Origin): string {
  return harmless(originWords(origin), 300);
}

const phases = { 1: 'is it right?', 2: 'may it be made?', 3: 'who breaks by it?' } as const;

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
