import { memberAddress } from '../../model/address.ts';
import { type Classified, isProduction, keyOf, purposeOf } from '../../model/effective.ts';
import type { Transformer, Workspace } from '../../model/model.ts';
import { type Columns, carrierOf, seenBy } from '../graph/carried.ts';
import { type DatasetRead, readsIn } from '../graph/reads.ts';
import { environmentsOfTransformer, type Site, servingSites, storageIn } from '../graph/sites.ts';
import { transformerReads } from '../graph/transformer.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask, Report, Spot } from '../rule.ts';
import { referenceSpot, spotOf } from '../spots.ts';
import { keptMs } from './at-rest.ts';
import { reportOf } from './report.ts';
import { rowsOf } from './rows.ts';
import { notKept, type Party, type Situation } from './situation.ts';
import { brokenIn, zonePolicies } from './zone-policies.ts';

/** Who reads what, and the copies that are made for them. */
export function* brokenByGroups(workspace: Workspace, ask: Ask): Iterable<Report> {
  const mesh = wordsOfMesh(ask);
  for (const [name, group] of Object.entries(workspace.groups)) {
    const address = memberAddress(workspace.address, name);
    const reads = readsIn(ask, group.read);
    const datastores = [...new Set(reads.map(({ datastore }) => datastore.address))];
    const { replicas, stores } = servingSites(ask, datastores, purposeOf(group));
    const reader = { words: `group '${address}'`, party: partyOf(address), isProduction: isProduction(workspace) };
    for (const read of reads) {
      const at = referenceSpot(address, read.reference);
      yield* brokenInReplicas(ask, mesh, read, replicas, reader, at);
      yield* brokenByReader(ask, mesh, read, [...replicas, ...stores], { ...reader, keptMs: keptMs(group) }, at);
    }
  }
}

export function* brokenByTransformer(transformer: Transformer, ask: Ask): Iterable<Report> {
  const mesh = wordsOfMesh(ask);
  const { address } = transformer;
  const sites = [...environmentsOfTransformer(ask, address)].flatMap(
    (environment) => storageIn(ask, environment).stores,
  );
  const reader = {
    words: `transformer '${address}'`,
    party: partyOf(address),
    isProduction: transformer.production ?? false,
    keptMs: null,
  };
  for (const [name, reads] of transformerReads(ask, address))
    for (const read of reads) yield* brokenByReader(ask, mesh, read, sites, reader, spotOf(address, 'reads', name));
}

type Reader = { readonly words: string; readonly party: Party; readonly isProduction: boolean };

/** A replica holds what its readers see, the key, and what their conditions look at; masks are over what they see, not over it. */
function* brokenInReplicas(
  ask: Ask,
  mesh: Classified,
  read: DatasetRead,
  replicas: readonly Site[],
  { words, isProduction: inProduction }: Reader,
  at: Spot,
): Iterable<Report> {
  if (replicas.length === 0) return;
  const carrier = carrierOf(ask, read.datastore.address);
  const key = keyOf(read.dataset);
  const columns: Columns = Object.keys(read.dataset.columns)
    .filter((column) => read.seen.has(column) || read.filters.has(column) || key.includes(column))
    .map((column) => [column, carrier(read.name, column)]);
  for (const [zone, rows] of rowsOf(columns)) {
    const policies = zonePolicies(ask, zone);
    if (policies.sites.length === 0) continue;
    const isDirect = zone === zoneOf(read);
    for (const site of replicas) {
      const situation: Situation = {
        ...{ rows, isDirect, isProduction: inProduction, site },
        ...{ reader: null, kept: notKept, name: null },
      };
      for (const policy of brokenIn(policies, 'sites', situation))
        yield reportOf(ask, mesh, {
          ...{ policy, dataset: read.address, columns, site, at },
          happens: `may be copied for ${words} to`,
          end: null,
          help: `Bind a replica in another place, read without the column,  { from: '${read.address}', columns: [...] },  or ask the owner of zone '${zone}'.`,
        });
    }
  }
}

function* brokenByReader(
  ask: Ask,
  mesh: Classified,
  read: DatasetRead,
  sites: readonly Site[],
  reader: Reader & { readonly keptMs: number | null },
  at: Spot,
): Iterable<Report> {
  const columns = seenBy(ask, mesh, read);
  for (const [zone, rows] of rowsOf(columns)) {
    const policies = zonePolicies(ask, zone);
    if (policies.readers.length + policies.readersInSites.length === 0) continue;
    const situation: Situation = {
      ...{ rows, isDirect: zone === zoneOf(read), isProduction: reader.isProduction },
      ...{ site: null, reader: reader.party, kept: { longestMs: null, ownMs: reader.keptMs }, name: null },
    };
    const breach = {
      ...{ dataset: read.address, columns, at, end: reader.words },
      happens: `are read${keeps(reader.keptMs)} by ${reader.words}`,
      help: `Read without the column, mask it where its labels say that this is enough, or ask the owner of zone '${zone}'.`,
    };
    for (const policy of brokenIn(policies, 'readers', situation))
      yield reportOf(ask, mesh, { ...breach, policy, site: null });
    for (const site of sites)
      for (const policy of brokenIn(policies, 'readersInSites', { ...situation, site }))
        yield reportOf(ask, mesh, { ...breach, policy, site, happens: `${breach.happens} in` });
  }
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

function zoneOf(read: DatasetRead): string {
  return partyOf(read.address).zone;
}
