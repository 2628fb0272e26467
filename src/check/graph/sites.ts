import type { Purpose } from '../../engine/facts.ts';
import { environmentAddress } from '../../model/address.ts';
import type { Environment } from '../../model/model.ts';
import type { Placed } from '../../model/parts.ts';
import { containerWords, nameOfEnvironment, type StorageEntry, storageIn as storageOf } from '../containers.ts';
import { type Location, parseLocation } from '../locations.ts';
import { remembered } from '../memo.ts';
import type { Ask, Spot } from '../rule.ts';
import { environmentSpot } from '../spots.ts';
import { inputsOf } from './transformer.ts';
import { upstreamFirst } from './upstream-first.ts';

/** A container where rows may rest or pass, in its role in an environment. */
export type Site = {
  /** Unique in the mesh. */
  readonly id: string;
  /** `store 'main' of environment 'prod'`. */
  readonly words: string;
  readonly role: 'source' | 'store' | 'replica';
  readonly container: Placed;
  /** Null: it does not say, or what it says is no location. */
  readonly location: Location | null;
  readonly spot: Spot;
};

type Storage = {
  /** Those that a row may be routed to: how large it will be, nobody knows. Staging, history and delta are there too. */
  readonly stores: readonly Site[];
  readonly replicas: readonly { readonly site: Site; readonly serves: readonly Purpose[] }[];
};

/** Where rows come to rest in an environment. */
export const storageIn = remembered((ask: Ask, address: string): Storage => {
  const storage = ask.part('storage', address);
  const all = storage === null ? [] : storageOf(nameOfEnvironment(address), storage.stores, storage.replicas);
  const routed = routedStores(storage?.route);
  return {
    stores: all.flatMap((entry) =>
      entry.role === 'store' && (routed === null || routed.has(entry.name)) ? siteOf(entry) : [],
    ),
    replicas: all.flatMap((entry) => (entry.role === 'replica' ? [{ site: siteOf(entry), serves: entry.serves }] : [])),
  };
});

/** Null: any of them. */
function routedStores(route: Environment['route']): ReadonlySet<string> | null {
  if (route === undefined) return null;
  const last = route.findIndex(({ larger }) => larger === undefined);
  return new Set(route.slice(0, last < 0 ? route.length : last + 1).map(({ to }) => to));
}

function siteOf(entry: StorageEntry): Site {
  const { role, container, spot } = entry;
  return siteAt(role, containerWords(entry), container, spot);
}

function siteAt(role: Site['role'], words: string, container: Placed, spot: Spot): Site {
  const location = container.at === undefined ? null : parseLocation(container.at);
  return { id: [spot.address, ...spot.path].join('>'), words, role, container, location, spot };
}

/** The database that a datastore is read from in an environment. */
function sourceIn(ask: Ask, address: string, connection: string): Site | null {
  const container = ask.part('connection', address, connection);
  if (container === null) return null;
  const environment = nameOfEnvironment(address);
  const words = `source '${connection}' of environment '${environment}'`;
  return siteAt('source', words, container, environmentSpot(environment, 'connections', connection));
}

/** The environments, by address, where a datastore's rows are: those that bind its source, or all that it is made of. */
export const environmentsOf = upstreamFirst(environmentsBy, (_ask, _datastore, environments) =>
  [...environments].join(' '),
);

function environmentsBy(
  ask: Ask,
  address: string,
  known: (input: string) => ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  const datastore = ask.object('datastore', address);
  const all = ask.addresses('environment');
  if (datastore === null) return new Set();
  const { transformer } = datastore.changes;
  if (transformer !== undefined) return runsWith(all, inputsOf(ask, transformer), known);
  const { source = '' } = datastore;
  return new Set(all.filter((environment) => ask.part('connection', environment, source) !== null));
}

/** The environments where a transformer runs: those that have all its inputs. */
export function environmentsOfTransformer(ask: Ask, transformer: string): ReadonlySet<string> {
  return runsWith(ask.addresses('environment'), inputsOf(ask, transformer), (input) => environmentsOf(ask, input));
}

function runsWith(
  all: readonly string[],
  inputs: readonly string[],
  known: (input: string) => ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  const sets = inputs.map(known).filter((set) => set !== undefined);
  return new Set(all.filter((environment) => sets.every((set) => set.has(environment))));
}

/** Where the rows of a datastore rest before anybody reads them. */
export function sitesOf(ask: Ask, datastore: string): readonly Site[] {
  const source = ask.object('datastore', datastore)?.source;
  return [...environmentsOf(ask, datastore)].flatMap((environment) => {
    const { stores } = storageIn(ask, environment);
    const bound = source === undefined ? null : sourceIn(ask, environment, source);
    return bound === null ? stores : [bound, ...stores];
  });
}

/** Where a reader of datastores may be served: in replicas that serve its purpose, or in a store. */
export function servingSites(
  ask: Ask,
  datastores: readonly string[],
  purpose: Purpose,
): { readonly replicas: readonly Site[]; readonly stores: readonly Site[] } {
  // All that a group reads is in one container: an environment that lacks some of it does not serve the group.
  const environments = runsWith(ask.addresses('environment'), datastores, (one) => environmentsOf(ask, one));
  const sites = [...environments].map((environment) => storageIn(ask, environment));
  return {
    replicas: sites.flatMap(({ replicas }) =>
      replicas.flatMap(({ site, serves }) => (serves.includes(purpose) ? site : [])),
    ),
    stores: sites.flatMap(({ stores }) => stores),
  };
}

/** The containers of a name in an environment, whether rows are routed there or not. */
export function environmentSites(ask: Ask, environment: string, role: Site['role'], name: string): readonly Site[] {
  const address = environmentAddress(environment);
  if (role === 'source') return [sourceIn(ask, address, name)].filter((site) => site !== null);
  const storage = ask.part('storage', address);
  const all = storage === null ? [] : storageOf(environment, storage.stores, storage.replicas);
  return all.filter((entry) => entry.role === role && entry.name === name).map(siteOf);
}

/** A container that is nowhere but in a test. */
export function statedSite({ engine = '', ...said }: Omit<Placed, 'engine'> & { readonly engine?: string }): Site {
  return siteAt('store', 'a container', { engine, ...said }, { address: '', path: [] });
}
