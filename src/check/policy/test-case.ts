import { parseMemberAddress } from '../../model/address.ts';
import { parseDurationMs } from '../../model/duration.ts';
import { own } from '../../model/effective.ts';
import type { Container } from '../../model/model.ts';
import { carrierOf } from '../graph/carried.ts';
import type { Classification } from '../graph/classification.ts';
import { environmentSites, type Site, statedSite } from '../graph/sites.ts';
import { rankOf } from '../levels.ts';
import { wordsOfMesh } from '../mesh.ts';
import type { Ask } from '../rule.ts';
import { admits } from './admits.ts';
import { partyOf } from './reading.ts';
import { notKept, type Situation } from './situation.ts';
import { zonePolicies } from './zone-policies.ts';

/** One test of the policies of a zone, as a file has it: rows somewhere, before somebody, and what the zone says to that. */
export type PolicyTest = {
  readonly name: string;
  /** Rows as a column of the model carries them, `retail/sales/orders.customers#email`, or as they are said to be. */
  readonly column?: string;
  readonly rows?: { readonly level?: string; readonly labels?: readonly string[] };
  readonly place?: StatedPlace | ModelPlace;
  /** A zone and team, `risk/audit`; a group or a transformer is of its team. */
  readonly reader?: string;
  /** How long the reader keeps versions. */
  readonly kept?: string;
  /** Was it made of rows of the zone elsewhere? */
  readonly made?: boolean;
  readonly production?: boolean;
  /** The name of a datastore, dataset or column. */
  readonly called?: { readonly what: 'datastore' | 'dataset' | 'column'; readonly name: string };
  readonly expect: 'allowed' | 'refused';
  /** The policies that refuse it, all of them. */
  readonly by?: readonly string[];
};

export type StatedPlace = Pick<Container, 'at' | 'grade' | 'encrypted'> & { readonly engine?: string };

/** A container of an environment: one of its connections, stores or replicas. */
export type ModelPlace = {
  readonly environment: string;
  readonly connection?: string;
  readonly store?: string;
  readonly replica?: string;
};

export type PolicyTestResult =
  /** `by`: names of the policies that refuse it; 'cross-zone-read' where none lets a reader of another zone in. */
  | { readonly kind: 'judged'; readonly verdict: 'allowed' | 'refused'; readonly by: readonly string[] }
  /** It is about something that is not in the model. */
  | { readonly kind: 'unknown'; readonly part: 'column' | 'place' | 'rows'; readonly reason: string };

export function judgeTest(ask: Ask, zone: string, test: PolicyTest): PolicyTestResult {
  const rows = rowsIn(ask, zone, test);
  if ('reason' in rows) return rows;
  const sites = sitesIn(ask, test);
  if ('reason' in sites) return sites;
  const reader = test.reader === undefined ? null : partyOf(test.reader.split('.')[0] ?? '');
  const situation: Situation = {
    rows,
    isDirect: test.made !== true,
    isProduction: test.production ?? false,
    site: null,
    reader,
    kept: test.kept === undefined ? notKept : { longestMs: null, ownMs: parseDurationMs(test.kept) },
    name: test.called === undefined ? null : { what: test.called.what, text: test.called.name },
  };
  const { all } = zonePolicies(ask, zone);
  const situations = sites.length === 0 ? [situation] : sites.map((site) => ({ ...situation, site }));
  const by = all
    .filter(({ compiled }) => situations.some((each) => compiled.holds(each) === false))
    .map(({ name }) => name);
  const isShutOut =
    reader !== null && reader.zone !== zone && situation.isDirect && !all.some((policy) => admits(policy, situation));
  const refused = [...by, ...(isShutOut ? ['cross-zone-read'] : [])];
  return { kind: 'judged', verdict: refused.length === 0 ? 'allowed' : 'refused', by: refused };
}

type Unknown = Extract<PolicyTestResult, { kind: 'unknown' }>;

function rowsIn(ask: Ask, zone: string, { column, rows = {} }: PolicyTest): Classification | Unknown {
  const mesh = wordsOfMesh(ask);
  if (column === undefined) {
    const { level, labels = [] } = rows;
    const rank = level === undefined ? (mesh.classification === undefined ? -1 : 0) : rankOf(mesh, level);
    const unknownLabel = labels.find((label) => own(mesh.classification?.labels ?? {}, label) === undefined);
    if (rank === null) return unknown('rows', `'${level}' is no level of the mesh`);
    if (unknownLabel !== undefined) return unknown('rows', `'${unknownLabel}' is no label of the mesh`);
    return { rank, labels: [...labels].sort() };
  }
  const [dataset = '', name = ''] = column.split('#');
  const address = parseMemberAddress(dataset);
  const datastore = address === null ? null : ask.object('datastore', address.object);
  const known = own(own(datastore?.datasets ?? {}, address?.member ?? '')?.columns ?? {}, name);
  if (address === null || known === undefined) return unknown('column', `the model has no column '${column}'`);
  const carried = carrierOf(ask, address.object).of(address.member, name).get(zone);
  return carried ?? unknown('column', `nothing of zone '${zone}' is in '${column}'`);
}

/** A replica may be several containers: any of them counts. */
function sitesIn(ask: Ask, { place }: PolicyTest): readonly Site[] | Unknown {
  if (place === undefined) return [];
  if (!('environment' in place)) return [statedSite(place)];
  const { environment, connection, store, replica } = place;
  const [role, name] =
    connection !== undefined
      ? (['source', connection] as const)
      : store !== undefined
        ? (['store', store] as const)
        : (['replica', replica ?? ''] as const);
  const sites = environmentSites(ask, environment, role, name);
  return sites.length > 0
    ? sites
    : unknown(
        'place',
        `environment '${environment}' of the model has no ${role === 'source' ? 'connection' : role} '${name}'`,
      );
}

function unknown(part: Unknown['part'], reason: string): Unknown {
  return { kind: 'unknown', part, reason };
}
