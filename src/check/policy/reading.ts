import { isProduction, keyOf, purposeOf } from '../../model/effective.ts';
import type { Transformer, Workspace } from '../../model/model.ts';
import { type Columns, carrierOf, rowsOf, rowsSeenBy, seenBy } from '../graph/carried.ts';
import type { Carried } from '../graph/classification.ts';
import { type DatasetRead, readingGroups } from '../graph/reads.ts';
import { environmentsOfTransformer, type Site, servingSites, storageIn } from '../graph/sites.ts';
import { transformerReads } from '../graph/transformer.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask, Report, Spot } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';
import { keptMs } from './at-rest.ts';
import { reportOf } from './report.ts';
import { notKept, type Party, type Situation } from './situation.ts';
import { brokenIn, type ZonePolicy, zonePolicies } from './zone-policies.ts';

/** Who reads what, and the copies that are made for them. */
export function* brokenByGroups(workspace: Workspace, ask: Ask): Iterable<Report> {
  for (const { address, group, reads } of readingGroups(workspace, ask)) {
    const datastores = [...new Set(reads.map(({ datastore }) => datastore.address))];
    const { replicas, stores } = servingSites(ask, datastores, purposeOf(group));
    const reader: Reader = {
      words: `group '${address}'`,
      party: partyOf(address),
      isProduction: isProduction(workspace),
      keptMs: keptMs(group),
      keeping: spotOf(address, group.retention === undefined ? 'history' : 'retention'),
      replicas,
      sites: [...replicas, ...stores],
    };
    yield* brokenBy(ask, reader, reads, (read) => referenceSpot(address, read.reference));
  }
}

export function* brokenByTransformer(transformer: Transformer, ask: Ask): Iterable<Report> {
  const { address } = transformer;
  const environments = [...environmentsOfTransformer(ask, address)];
  const reader: Reader = {
    words: `transformer '${address}'`,
    party: partyOf(address),
    isProduction: isProduction(transformer),
    keptMs: null,
    keeping: null,
    replicas: [],
    sites: environments.flatMap((environment) => storageIn(ask, environment).stores),
  };
  for (const [name, reads] of transformerReads(ask, address))
    yield* brokenBy(ask, reader, reads, () => spotOf(address, 'reads', name));
}

type Reader = {
  readonly words: string;
  readonly party: Party;
  readonly isProduction: boolean;
  /** How long it keeps versions; null: it keeps none. */
  readonly keptMs: number | null;
  /** Where it says so. */
  readonly keeping: Spot | null;
  /** Where copies may be made for it. */
  readonly replicas: readonly Site[];
  /** Where it may read. */
  readonly sites: readonly Site[];
};

/** `isByKeeping`: it would not be broken if the reader kept nothing. */
type Broken = { readonly policy: ZonePolicy; readonly site: Site | null; readonly isByKeeping: boolean };

function* brokenBy(
  ask: Ask,
  reader: Reader,
  reads: readonly DatasetRead[],
  spotOfRead: (read: DatasetRead) => Spot,
): Iterable<Report> {
  const mesh = wordsOfMesh(ask);
  // Rows that carry the same are judged once for each reader.
  const inReplicas = judgedOnce((rows, zone) => brokenInReplicas(ask, reader, rows, zone));
  const inReading = judgedOnce((rows, zone) => brokenInReading(ask, reader, rows, zone));
  for (const read of reads) {
    const carrier = carrierOf(ask, read.datastore.address);
    const { zone } = partyOf(read.address);
    const resting = restingIn(read, carrier.of);
    const rows = read.isWhole ? carrier.rows(read.name) : rowsOf(resting());
    for (const { policy, site } of inReplicas(rows, zone))
      yield reportOf(ask, mesh, {
        ...{ policy, dataset: read.address, columns: resting, site, end: null, at: spotOfRead(read) },
        happens: `may be copied for ${reader.words} to`,
        help: `Bind a replica in another place, read without the column,  { from: '${read.address}', columns: [...] },  or ask the owner of zone '${policy.zone}'.`,
      });
    for (const { policy, site, isByKeeping } of inReading(rowsSeenBy(mesh, carrier, read), zone))
      yield reportOf(ask, mesh, {
        ...{ policy, dataset: read.address, site, end: reader.words },
        at: (isByKeeping ? reader.keeping : null) ?? spotOfRead(read),
        columns: () => seenBy(mesh, carrier, read),
        happens: `are read${keeps(reader.keptMs)} by ${reader.words}${site === null ? '' : ' in'}`,
        help: `${isByKeeping ? 'Keep it as long as that allows, read' : 'Read'} without the column, mask it where its labels say that this is enough, or ask the owner of zone '${policy.zone}'.`,
      });
  }
}

function judgedOnce(judge: (rows: Carried, zone: string) => readonly Broken[]): typeof judge {
  const known = new Map<Carried, readonly Broken[]>();
  return (rows, zone) => {
    const before = known.get(rows);
    if (before !== undefined) return before;
    const broken = judge(rows, zone);
    known.set(rows, broken);
    return broken;
  };
}

/** A replica holds what its readers see, the key, and what their conditions look at; masks are over what they see, not over it. */
function restingIn(read: DatasetRead, carriedBy: (dataset: string, column: string) => Carried): () => Columns {
  return () => {
    const key = keyOf(read.dataset);
    return Object.keys(read.dataset.columns)
      .filter((column) => read.sees(column) !== undefined || read.filters.has(column) || key.includes(column))
      .map((column) => [column, carriedBy(read.name, column)]);
  };
}

function brokenInReplicas(ask: Ask, reader: Reader, carried: Carried, zoneOfRead: string): readonly Broken[] {
  const broken: Broken[] = [];
  for (const [zone, rows] of carried) {
    const policies = zonePolicies(ask, zone);
    if (policies.sites.length === 0) continue;
    for (const site of reader.replicas)
      for (const policy of brokenIn(policies, 'sites', {
        rows,
        isDirect: zone === zoneOfRead,
        isProduction: reader.isProduction,
        site,
        reader: null,
        kept: notKept,
        name: null,
      }))
        broken.push({ policy, site, isByKeeping: false });
  }
  return broken;
}

function brokenInReading(ask: Ask, reader: Reader, carried: Carried, zoneOfRead: string): readonly Broken[] {
  const broken: Broken[] = [];
  for (const [zone, rows] of carried) {
    const policies = zonePolicies(ask, zone);
    const situation: Situation = {
      rows,
      isDirect: zone === zoneOfRead,
      isProduction: reader.isProduction,
      site: null,
      reader: reader.party,
      kept: { longestMs: null, ownMs: reader.keptMs },
      name: null,
    };
    const find = (which: 'readers' | 'readersInSites', site: Site | null) => {
      const found = brokenIn(policies, which, { ...situation, site });
      if (found.length === 0) return;
      const anyway = reader.keptMs === null ? found : brokenIn(policies, which, { ...situation, site, kept: notKept });
      for (const policy of found) broken.push({ policy, site, isByKeeping: !anyway.includes(policy) });
    };
    find('readers', null);
    if (policies.readersInSites.length === 0) continue;
    for (const site of reader.sites) find('readersInSites', site);
  }
  return broken;
}

/** ` and kept for ever`; empty where it keeps none. */
function keeps(keptMs: number | null): string {
  if (keptMs === null) return '';
  return Number.isFinite(keptMs) ? ` and kept for ${Math.round(keptMs / 86_400_000)} days` : ' and kept for ever';
}

export function partyOf(address: string): Party {
  const [zone = '', team = ''] = address.split('/');
  return { zone, team };
}
