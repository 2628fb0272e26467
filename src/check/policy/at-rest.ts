import { memberAddress, parseMemberAddress } from '../../model/address.ts';
import { parseDurationMs } from '../../model/duration.ts';
import { isProduction, own, wantsHistory } from '../../model/effective.ts';
import type { Datastore, Group } from '../../model/model.ts';
import { type Columns, carrierOf } from '../graph/carried.ts';
import { sitesOf } from '../graph/sites.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask, Report } from '../rule.ts';
import { reportOf } from './report.ts';
import { notKept, type Situation } from './situation.ts';
import { brokenIn, zonePolicies } from './zone-policies.ts';

/** Where the rows of a datastore rest, and how long: in its source, and in every store that they may be routed to. */
export function* brokenAtRest(datastore: Datastore, ask: Ask): Iterable<Report> {
  const mesh = wordsOfMesh(ask);
  const [ownZone = ''] = datastore.address.split('/');
  const carrier = carrierOf(ask, datastore.address);
  const sites = sitesOf(ask, datastore.address);
  for (const [name, { columns }] of Object.entries(datastore.datasets)) {
    const dataset = memberAddress(datastore.address, name);
    const there = (): Columns => Object.keys(columns).map((column) => [column, carrier.of(name, column)]);
    for (const [zone, rows] of carrier.rows(name)) {
      const policies = zonePolicies(ask, zone);
      if (policies.all.length === 0) continue;
      const isDirect = zone === ownZone;
      const situation: Situation = {
        rows,
        isDirect,
        isProduction: isProduction(datastore),
        site: null,
        reader: null,
        kept: notKept,
        name: null,
      };
      const breach = { dataset, columns: there, at: null, end: null };
      for (const policy of brokenIn(policies, 'rows', situation))
        yield reportOf(ask, mesh, {
          ...breach,
          policy,
          happens: 'are offered',
          site: null,
          help: `Classify them as they are, leave the column out, or ask the owner of zone '${zone}'.`,
        });
      for (const site of sites)
        for (const policy of brokenIn(policies, 'sites', { ...situation, site }))
          yield reportOf(ask, mesh, {
            ...breach,
            policy,
            happens: site.role === 'source' ? 'are read from' : 'may rest (staged, stored, with history and delta) in',
            site,
            help: whatToDo(zone, isDirect),
          });
      if (!isDirect || policies.longest.length === 0) continue;
      const { longestMs, by } = longestKept(ask, datastore.address, name);
      for (const policy of brokenIn(policies, 'longest', { ...situation, kept: { longestMs, ownMs: null } }))
        yield reportOf(ask, mesh, {
          ...breach,
          policy,
          happens:
            by === null ? 'are kept by nobody once they change' : `are kept no longer than group '${by}' keeps them`,
          site: null,
          help: "Let a group of yours read them with  history: 'full'  and a retention that is long enough.",
        });
    }
  }
}

function whatToDo(zone: string, isDirect: boolean): string {
  const asked = isDirect ? `ask the owner of zone '${zone}'` : `ask the owner of zone '${zone}' to declassify it`;
  return `Bind a container in another place, leave the column out, or ${asked}.`;
}

/** How long versions of a dataset are kept by the group that keeps them longest; 0 by nobody. */
function longestKept(
  ask: Ask,
  datastore: string,
  dataset: string,
): { readonly longestMs: number; readonly by: string | null } {
  const readers = [memberAddress(datastore, dataset), memberAddress(datastore, '*')].flatMap((from) =>
    ask.found('readers', from),
  );
  let longest: { readonly longestMs: number; readonly by: string | null } = { longestMs: 0, by: null };
  for (const by of new Set(readers)) {
    const address = parseMemberAddress(by);
    const workspace = address === null ? null : ask.object('workspace', address.object);
    const group = workspace === null ? undefined : own(workspace.groups, address?.member ?? '');
    const longestMs = group === undefined ? null : keptMs(group);
    if (longestMs !== null && (longest.by === null || longestMs > longest.longestMs)) longest = { longestMs, by };
  }
  return longest;
}

/** How long a group keeps versions; null where it keeps none. One that says no end keeps them for ever. */
export function keptMs(group: Group): number | null {
  if (!wantsHistory(group)) return null;
  return group.retention === undefined ? Number.POSITIVE_INFINITY : parseDurationMs(group.retention);
}
