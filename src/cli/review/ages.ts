import type { Clock } from '../../base/clock.ts';
import type { Finding } from '../../findings/finding.ts';
import { blameOf } from '../../git/blame.ts';
import type { Repository } from '../../git/repository.ts';
import type { Judged } from './judge.ts';

/**
 * Inherited findings with their age: who last changed the line, as the branch has it. History may be long: the first few
 * are asked about, for so long, and the rest stay without.
 */
export async function withAges(judged: Judged, repository: Repository, clock: Clock): Promise<readonly Finding[]> {
  const { verdict, base, step } = judged;
  const until = clock.nowMs() + askedMs;
  const places = new Map(base.findings.map(({ digest, at }) => [digest, at]));
  const findings: Finding[] = [];
  for (const [index, finding] of verdict.inherited.entries()) {
    const at = places.get(finding.digest) ?? null;
    const isAsked = at !== null && index < most && clock.nowMs() < until;
    const blame = isAsked ? await blameOf(repository, step.base.id, repository.prefix + at.file, at.line) : null;
    findings.push({ ...finding, blame });
  }
  return findings;
}

const most = 50;
const askedMs = 10_000;
