import { deprecatedReads, hasAcknowledged } from '../../model/deprecated.ts';
import type { Transformer, Workspace } from '../../model/model.ts';
import { usedParts } from '../graph/used.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';

/**
 * Who reads what will go says that it knows. A warning here, since the deprecation is another's word; `review` makes it
 * block when the reader's own object changes.
 */
export const notAcknowledged: Rule = {
  name: 'not-acknowledged',
  judges: { workspace: unacknowledged, transformer: unacknowledged },
};

function* unacknowledged(reader: Workspace | Transformer, ask: Ask): Iterable<Report> {
  const datastoreAt = (address: string) => ask.object('datastore', address);
  for (const part of usedParts(reader, ask))
    for (const { what, address, deprecation, reference } of deprecatedReads(datastoreAt, part.read)) {
      const { removal, reason, use } = deprecation;
      if (hasAcknowledged(reader, address) || ask.isReached(removal)) continue;
      const noun = part.what === 'group' ? 'workspace' : 'transformer';
      yield {
        severity: 'warning',
        message: `${part.what} '${part.address}' reads ${what} '${address}', which is deprecated and may be gone from ${removal} on${reason === undefined ? '' : ` (${reason})`}; ${noun} '${reader.address}' does not say that it knows.`,
        help: `${use === undefined ? 'Stop reading it' : `Read '${use}' instead`}, or go on until then with  acknowledges: ['${address}']. Until one of them is done no other change of this ${noun} passes a review.`,
        at: part.what === 'group' ? referenceSpot(part.address, reference) : spotOf(part.address, 'reads'),
        related: [{ message: `${what} '${address}'`, at: spotOf(address, 'deprecated') }],
      };
    }
}
