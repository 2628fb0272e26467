/**
 * May this change be made? Three phases, and every finding of the first that fails: is head right, may the origin do this,
 * who breaks by it. Pure: the same proposal at the same time has the same verdict.
 */

import { byCodePoint } from '../base/digest.ts';
import type { Facts } from '../engine/facts.ts';
import { countsOf } from '../findings/counts.ts';
import type { Finding } from '../findings/finding.ts';
import { inReadingOrder } from '../findings/make.ts';
import type { ParseSql } from '../sql/lineage/tree.ts';
import { authorize } from './authorize.ts';
import { causedBy } from './causality.ts';
import { compatibility } from './compatibility.ts';
import { consentFiles } from './consent-files.ts';
import { consented } from './consents.ts';
import { attributeChanges } from './difference.ts';
import { lostIdentities } from './identity.ts';
import { interlock } from './interlock.ts';
import { lifecycle } from './lifecycle.ts';
import type { Proposal } from './proposal.ts';
import { notices, toldOf, withNotice } from './recoveries.ts';
import type { Phase, Verdict } from './verdict.ts';

/** `parseSql`: how queries of transformers are read, to tell what they use; absent: all that they take. */
export function review(
  proposal: Proposal,
  facts: Facts,
  { asOfMs, parseSql }: { readonly asOfMs: number; readonly parseSql?: ParseSql },
): Verdict {
  const { base, origin } = proposal;
  const changes = [...proposal.changes]
    .sort((a, b) => byCodePoint(`${a.address} ${a.kind}`, `${b.address} ${b.kind}`))
    .flatMap(attributeChanges);
  const { caused, inherited } = causedBy(proposal);
  const announced = base === null ? [] : toldOf(proposal, base, asOfMs);
  const told = (findings: readonly Finding[]) =>
    inReadingOrder([...new Map(findings.map((one) => [one.digest, one])).values()]).map((one) =>
      withNotice(one, proposal, announced),
    );
  const end = (phase: Phase | null, findings: readonly Finding[], consents: readonly string[] = []): Verdict => ({
    verdict: phase === null ? 'pass' : 'blocked',
    phase,
    asOfMs,
    origin,
    changes,
    findings: told(findings),
    // What stands in the way of its own owner now is no longer merely inherited.
    inherited: told(inherited.filter(({ digest }) => !findings.some((one) => one.digest === digest))),
    consents,
  });

  const ownMoves = [
    ...consentFiles(proposal, asOfMs),
    ...lifecycle(proposal, facts, asOfMs, parseSql),
    ...lostIdentities(proposal, asOfMs),
  ];
  const first = [...caused, ...notices(proposal, asOfMs), ...ownMoves];
  if (blocks(first)) return end(1, first);
  const second = [...authorize(proposal, asOfMs), ...interlock(proposal, asOfMs)];
  // Nothing in the first blocks by now: what is left of it are warnings.
  if (blocks(second)) return end(2, [...first, ...second]);
  const third = consented(compatibility(proposal, facts, asOfMs, parseSql), proposal, asOfMs);
  return end(blocks(third.findings) ? 3 : null, [...first, ...second, ...third.findings], third.consents);
}

function blocks(findings: readonly Finding[]): boolean {
  return countsOf(findings).errors > 0;
}
