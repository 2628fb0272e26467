import { isProduction } from '../../model/effective.ts';
import { carrierOf, rowsSeenBy } from '../graph/carried.ts';
import { type Carried, carriesNothing, overall } from '../graph/classification.ts';
import { type DatasetRead, readingGroups } from '../graph/reads.ts';
import { transformerReads } from '../graph/transformer.ts';
import { listedZone, wordsOfMesh } from '../mesh.ts';
import { admits } from '../policy/admits.ts';
import { partyOf } from '../policy/reading.ts';
import { notKept, type Situation } from '../policy/situation.ts';
import { zonePolicies } from '../policy/zone-policies.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';

/** Nothing crosses a zone unless a policy of the zone lets its reader in. A datastore's `consumers` narrow that further. */
export const crossZoneRead: Rule = {
  name: 'cross-zone-read',
  judges: {
    *workspace(workspace, ask) {
      for (const { address, reads } of readingGroups(workspace, ask))
        yield* shutOut(ask, `group '${address}'`, address, isProduction(workspace), reads, (read) =>
          referenceSpot(address, read.reference),
        );
    },
    *transformer({ address, production = false }, ask) {
      for (const [name, reads] of transformerReads(ask, address))
        yield* shutOut(ask, `transformer '${address}'`, address, production, reads, () =>
          spotOf(address, 'reads', name),
        );
    },
  },
};

function* shutOut(
  ask: Ask,
  words: string,
  reader: string,
  inProduction: boolean,
  reads: readonly DatasetRead[],
  spotOfRead: (read: DatasetRead) => Spot,
): Iterable<Report> {
  const mesh = wordsOfMesh(ask);
  const party = partyOf(reader);
  // One finding for each datastore, however many of its datasets are read.
  const said = new Set<string>();
  const letIn = new Set<Carried>();
  for (const read of reads) {
    const { address } = read.datastore;
    const { zone } = partyOf(address);
    if (zone === party.zone || said.has(address)) continue;
    const seen = rowsSeenBy(mesh, carrierOf(ask, address), read);
    if (letIn.has(seen)) continue;
    // A zone that the mesh does not list is found by unknown-zone.
    if ([zone, party.zone].some((each) => listedZone(each, ask) === null)) continue;
    const situation: Situation = {
      // A row of which nothing is seen is seen to be there.
      rows: seen.get(zone) ?? overall(carriesNothing),
      isDirect: true,
      isProduction: inProduction,
      site: null,
      reader: party,
      kept: notKept,
      name: null,
    };
    if (zonePolicies(ask, zone).all.some((policy) => admits(policy, situation))) {
      if (seen !== carriesNothing) letIn.add(seen);
      continue;
    }
    said.add(address);
    yield {
      message: `${words} reads datastore '${address}' of zone '${zone}', and no policy of that zone lets zone '${party.zone}' in: nothing crosses a zone unless its owner allows it.`,
      help: `Ask the owner of zone '${zone}' for a policy:  policies: { 'who reads': readableBy({ zones: ['${zone}', '${party.zone}'] }) }.`,
      at: spotOfRead(read),
      related: [
        { message: `datastore '${address}'`, at: spotOf(address) },
        { message: `zone '${zone}'`, at: spotOf(zone, 'policies') },
      ],
    };
  }
}
