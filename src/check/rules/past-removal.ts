import { deprecatedReads } from '../../model/deprecated.ts';
import type { Transformer, Workspace } from '../../model/model.ts';
import { usedParts } from '../graph/used.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';

/**
 * Who still reads a thing whose day has come is not served it any more: `plan` leaves it out. A warning here, for the time
 * alone brought it about; `review` makes it block when the reader's own object changes.
 */
export const pastRemoval: Rule = {
  name: 'past-removal',
  judges: { workspace: readingOn, transformer: readingOn },
};

function* readingOn(reader: Workspace | Transformer, ask: Ask): Iterable<Report> {
  const datastoreAt = (address: string) => ask.object('datastore', address);
  for (const part of usedParts(reader, ask))
    for (const { what, address, deprecation, reference } of deprecatedReads(datastoreAt, part.read)) {
      const { removal, use } = deprecation;
      if (!ask.isReached(removal)) continue;
      yield {
        severity: 'warning',
        message: `${part.what} '${part.address}' still reads ${what} '${address}', which was to be gone from ${removal} on: it is not served any more, and may be removed any day.`,
        help: `${use === undefined ? 'Stop reading it' : `Read '${use}' instead`}; or ask its owner to move  removal  to a later day.`,
        at: part.what === 'group' ? referenceSpot(part.address, reference) : spotOf(part.address, 'reads'),
        related: [{ message: `${what} '${address}'`, at: spotOf(address, 'deprecated') }],
      };
    }
}
