import { memberAddress } from '../../model/address.ts';
import { type Classified, isProduction } from '../../model/effective.ts';
import { seenBy } from '../graph/carried.ts';
import { type Classification, overall } from '../graph/classification.ts';
import { type DatasetRead, readsIn } from '../graph/reads.ts';
import { transformerReads } from '../graph/transformer.ts';
import { listedZone, wordsOfMesh } from '../mesh.ts';
import { admits } from '../policy/admits.ts';
import { partyOf } from '../policy/reading.ts';
import { rowsOf } from '../policy/rows.ts';
import { notKept, type Situation } from '../policy/situation.ts';
import { zonePolicies } from '../policy/zone-policies.ts';
import type { Ask, Report, Rule, Spot } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';

/** Nothing crosses a zone unless a policy of the zone lets its reader in. A datastore's `consumers` narrow that further. */
export const crossZoneRead: Rule = {
  name: 'cross-zone-read',
  judges: {
    *workspace(workspace, ask) {
      for (const [name, group] of Object.entries(workspace.groups)) {
        const address = memberAddress(workspace.address, name);
        yield* shutOut(ask, `group '${address}'`, address, isProduction(workspace), readsIn(ask, group.read), (read) =>
          referenceSpot(address, read.reference),
        );
      }
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
  for (const read of reads) {
    const { address } = read.datastore;
    const { zone } = partyOf(address);
    // A zone that the mesh does not list is found by unknown-zone.
    const areListed = [zone, party.zone].every((each) => listedZone(each, ask) !== null);
    if (zone === party.zone || said.has(address) || !areListed) continue;
    const situation: Situation = {
      ...{ rows: rowsSeen(ask, mesh, read, zone), isDirect: true, isProduction: inProduction },
      ...{ site: null, reader: party, kept: notKept, name: null },
    };
    if (zonePolicies(ask, zone).all.some((policy) => admits(policy, situation))) continue;
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

/** A row of which nothing is seen is seen to be there. */
function rowsSeen(ask: Ask, mesh: Classified, read: DatasetRead, zone: string): Classification {
  return rowsOf(seenBy(ask, mesh, read)).get(zone) ?? overall(new Map());
}
