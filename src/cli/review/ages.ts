import type { Clock } from '../../base/clock.ts';
import type { Finding, Place } from '../../findings/finding.ts';
import { type Blame, blameOf } from '../../git/blame.ts';
import type { Repository } from '../../git/repository.ts';
import type { Judged } from './judge.ts';

/**
 * Inherited findings with their age: who last changed the line, or one of the lines that belong to it (the policy that it
 * breaks, the container that stands elsewhere), whichever was last, as the branch has them. History may be long: the first
 * few are asked about, for so long, and the rest stay without.
 */
export async function withAges(judged: Judged, repository: Repository, clock: Clock): Promise<readonly Finding[]> {
  const { verdict, base, step } = judged;
  const until = clock.nowMs() + askedMs;
  const before = new Map(base.findings.map((one) => [one.digest, one]));
  // Many findings are about one policy.
  const known = new Map<string, Promise<Blame | null>>();
  const blameAt = ({ file, line }: Place) => {
    const key = `${file}:${line}`;
    const blame = known.get(key) ?? blameOf(repository, step.base.id, repository.prefix + file, line);
    known.set(key, blame);
    return blame;
  };
  const findings: Finding[] = [];
  for (const [index, finding] of verdict.inherited.entries()) {
    const { at = null, related = [] } = before.get(finding.digest) ?? {};
    const isAsked = at !== null && index < most && clock.nowMs() < until;
    const places = isAsked ? [at, ...related.flatMap((one) => one.at ?? [])] : [];
    findings.push({ ...finding, blame: latest(await Promise.all(places.map(blameAt))) });
  }
  return findings;
}

/** Null where it is not known of the first: then none is. */
function latest([own = null, ...others]: readonly (Blame | null)[]): Blame | null {
  if (own === null) return null;
  return others.reduce<Blame>((last, one) => (one !== null && one.at > last.at ? one : last), own);
}

const most = 50;
const askedMs = 10_000;
