import type { Finding } from '../../findings/finding.ts';
import type { Origin } from '../../review/origin.ts';
import type { AttributeChange, Phase } from '../../review/verdict.ts';
import { programVersion } from '../version.ts';
import type { Judged } from './judge.ts';

/** The document of `freehold review --json`: docs/schemas/review.schema.json. What a transition of the branch will hold. */
export type ReviewDocument = Outcome & {
  readonly version: 1;
  readonly mesh: string | null;
  /** The one of every step; null where several steps have each their own. */
  readonly origin: Origin | null;
  readonly asOf: string;
  readonly language: 1;
  readonly programVersion: string;
  readonly notes: readonly string[];
  /** Where proposals were judged one on top of the other: a merge queue, a push. Null: there is one. */
  readonly steps: readonly StepDocument[] | null;
};

type Outcome = {
  readonly base: { readonly commit: string; readonly digest: string | null };
  /** `tree`: what stands on the branch after it; null where merging has no result. */
  readonly head: { readonly commit: string; readonly tree: string | null; readonly digest: string | null };
  readonly verdict: 'pass' | 'blocked';
  readonly phase: Phase | null;
  readonly changes: readonly AttributeChange[];
  readonly findings: readonly Finding[];
  readonly inherited: readonly Finding[];
  readonly consents: readonly string[];
};

export type StepDocument = Outcome & { readonly proposal: number | null; readonly origin: Origin };

export function stepDocument({ step, tree, base, head, verdict }: Judged, inherited: readonly Finding[]): StepDocument {
  return {
    base: { commit: step.base.id, digest: base.digest },
    head: { commit: step.head.id, tree, digest: head?.digest ?? null },
    proposal: step.proposal,
    origin: verdict.origin,
    verdict: verdict.verdict,
    phase: verdict.phase,
    changes: verdict.changes,
    findings: verdict.findings,
    inherited,
    consents: verdict.consents,
  };
}

/** All steps as one: blocked where one is, for the reason of the first that is. */
export function reviewDocument(
  steps: readonly StepDocument[],
  about: { readonly mesh: string | null; readonly asOfMs: number; readonly notes: readonly string[] },
): ReviewDocument {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) throw new Error('bug: a review of nothing');
  const blocked = steps.find(({ verdict }) => verdict === 'blocked');
  return {
    version: 1,
    mesh: about.mesh,
    base: first.base,
    head: last.head,
    origin: steps.length === 1 ? first.origin : null,
    verdict: blocked === undefined ? 'pass' : 'blocked',
    phase: blocked?.phase ?? null,
    changes: steps.flatMap(({ changes }) => changes),
    findings: distinct(steps.flatMap(({ findings }) => findings)),
    inherited: distinct(steps.flatMap(({ inherited }) => inherited)),
    consents: [...new Set(steps.flatMap(({ consents }) => consents))],
    asOf: new Date(about.asOfMs).toISOString(),
    language: 1,
    programVersion: programVersion(),
    notes: about.notes,
    steps: steps.length === 1 ? null : steps,
  };
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [finding.digest, finding])).values()];
}
