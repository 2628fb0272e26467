import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { endOfDay } from '../model/duration.ts';
import { statementText } from './consent-file.ts';
import { signedIn } from './consents-given.ts';
import type { Proposal } from './proposal.ts';

/**
 * A signed statement counts once since base has it ever after. Taken out of the model it could come back and count again:
 * so it stays until its last day is over. It may move to another path. Work follows the files that differ.
 */
export function consentFiles({ base, head }: Proposal, asOfMs: number): readonly Finding[] {
  const gone = Object.entries(base?.signed ?? {}).filter(([path, text]) => head.signed[path] !== text);
  const removed = signedIn(Object.fromEntries(gone)).filter(
    ({ statement }) => (endOfDay(statement.notAfter) ?? Number.NEGATIVE_INFINITY) > asOfMs,
  );
  if (removed.length === 0) return [];
  const kept = new Set(signedIn(head.signed).map(({ statement }) => statementText(statement)));
  return removed
    .filter(({ statement }) => !kept.has(statementText(statement)))
    .map(({ at, statement }) =>
      finding({
        rule: 'consent-removed',
        message: `this change takes a consent of '${statement.party}' about '${statement.address}' out of '${at}'. A consent counts once because base still has it: gone from there, it could come back and count again.`,
        help: `Put it back as it was, under this path or another. After ${statement.notAfter}, its last day, it can go.`,
      }),
    );
}
