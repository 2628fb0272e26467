import type { Step, Way } from './forge.ts';

/**
 * The way of a branch, step by step. `ofProposal` says to which proposal a forge counts a commit, and `ends` with which
 * commit a proposal's part ends: a stretch of commits is a step only where all of it is of one proposal and it ends where
 * that ends. Whatever is not accounted for so is a step of nobody's.
 */
export function stepsOf(
  way: Way,
  ofProposal: (commit: string) => number | null,
  ends: (proposal: number) => string | null,
): readonly Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < way.commits.length; i++) {
    const proposal = ofProposal(way.commits[i] ?? '');
    const end = proposal === null ? null : ends(proposal);
    const last = end === null ? -1 : way.commits.indexOf(end, i);
    const isWhole = last >= i && way.commits.slice(i, last + 1).every((one) => ofProposal(one) === proposal);
    if (isWhole) i = last;
    steps.push({ head: way.commits[i] ?? '', proposal: isWhole ? proposal : null });
  }
  return steps;
}
