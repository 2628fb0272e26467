import { didYouMean } from '../../findings/near-name.ts';
import { deprecatedReads, readingParts, thingAt } from '../../model/deprecated.ts';
import type { Transformer, Workspace } from '../../model/model.ts';
import type { Ask, Report, Rule } from '../rule.ts';
import { spotOf } from '../spots.ts';

/** What is acknowledged is there, deprecated, and read. Never more than a warning: what made it needless is often another's change. */
export const needlessAcknowledgement: Rule = {
  name: 'needless-acknowledgement',
  judges: { workspace: needless, transformer: needless },
};

function* needless(reader: Workspace | Transformer, ask: Ask): Iterable<Report> {
  const { acknowledges = [] } = reader;
  if (acknowledges.length === 0) return;
  const datastoreAt = (address: string) => ask.object('datastore', address);
  const read = readingParts(reader).flatMap((part) => deprecatedReads(datastoreAt, part.read));
  const known = new Set(read.map(({ address }) => address));
  const noun = 'reads' in reader ? 'transformer' : 'workspace';
  for (const address of acknowledges) {
    if (known.has(address)) continue;
    const thing = thingAt(ask, address);
    const why =
      thing === null
        ? 'which is not there'
        : thing.deprecation === null
          ? `but ${thing.what} '${address}' is not deprecated`
          : `but does not read this ${thing.what}`;
    yield {
      severity: 'warning',
      message: `${noun} '${reader.address}' acknowledges '${address}', ${why}: it says nothing.`,
      help: `Take it out of  acknowledges.${thing === null ? didYouMean(address, known) : ''}`,
      at: spotOf(reader.address, 'acknowledges'),
    };
  }
}
