import type { Clock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset, StreamDataset } from '../../plan/plan.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { endless, integer, loadedDatasets } from '../bookkeeping.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { ourSide, type Side } from '../ranges/side.ts';
import { isEqual, nothing } from '../ranges/tally.ts';
import { storedVersions } from '../replicate/versions.ts';
import { inOneView } from '../view.ts';
import { compare } from './compare.ts';
import type { CompareOptions, Comparison, Difference, Judged, Sides, Suspect } from './comparison.ts';
import { lookAt } from './look.ts';
import { differingColumns } from './source.ts';
import { tracesSince } from './traces.ts';

export type ReplicaToVerify = {
  readonly container: string;
  readonly dataset: ReplicaDataset;
  readonly connect: () => Promise<Connection>;
};

export type ReplicaSessions = {
  readonly stream: string;
  readonly dataset: StreamDataset;
  readonly store: Connection;
  readonly replica: Connection;
  readonly of: ReplicaToVerify;
  readonly clock: Clock;
};

/**
 * Where a replica is, and where the store was when it was asked after it: never before it. `isErasing`: the replica has not
 * yet done the store's last erasure.
 */
type Standing = {
  readonly at: bigint;
  readonly store: bigint;
  readonly completeFrom: bigint;
  readonly isErasing: boolean;
};

/** Null: the replica has nothing of the dataset yet. */
export async function replicaOrdinal({ stream, replica, of }: ReplicaSessions): Promise<bigint | null> {
  const held = await readCheckpoint(replica, stream);
  const loaded = (await loadedDatasets(replica, stream)).get(of.dataset.address);
  return held === null || loaded === undefined ? null : held.ordinal;
}

/**
 * Compares a replica's current rows, as of its own ordinal r, with the store's as of r: of its versions where it keeps them,
 * else its current rows, of which those count that have not changed since r. So a replica that is behind does not differ.
 */
export function compareReplica(sessions: ReplicaSessions, options: Omit<CompareOptions, 'judge'>): Promise<Comparison> {
  const sides: Sides = (ask) =>
    atReplica(
      sessions,
      () => ask(inReplica(sessions)),
      (standing) => ask(storeSide(sessions, standing)),
    );
  return compare(sides, inStore(sessions), { ...options, judge: (suspects) => judgeReplica(sessions, suspects) });
}

/** Asks the replica, then the store in a view that is no older: whatever the replica has, the store had then. */
async function atReplica<T>(
  { stream, dataset, store, replica, of }: ReplicaSessions,
  askReplica: (at: bigint) => Promise<T>,
  askStore: (standing: Standing) => Promise<T>,
): Promise<readonly [T, T]> {
  const [at, right] = await inOneView(replica, async () => {
    const held = must(await readCheckpoint(replica, stream), `checkpoint of '${stream}' in ${of.container}`);
    return [held, await askReplica(held.ordinal)] as const;
  });
  const left = await inOneView(store, async () => {
    const held = must(await readCheckpoint(store, stream), `checkpoint of '${stream}' in the store`);
    const loaded = (await loadedDatasets(store, stream)).get(dataset.address);
    return askStore({
      at: at.ordinal,
      store: held.ordinal,
      completeFrom: loaded?.completeFrom ?? held.ordinal,
      isErasing: at.erased < held.erased,
    });
  });
  return [left, right];
}

export function inReplica({ replica, of: { container, dataset } }: ReplicaSessions): Side {
  return ourSide(container, replica, sql`${name(dataset.schema, dataset.current)}`, dataset);
}

export function inStore({ store, of: { dataset } }: ReplicaSessions): Side {
  const current = sql`${name(dataset.store.schema, dataset.store.current)}`;
  return ourSide('store', store, current, dataset, { since: sql`fh_from` });
}

function storeSide(sessions: ReplicaSessions, { at, store, completeFrom }: Standing): Side {
  const now = inStore(sessions);
  if (!isKnownAt(sessions, at, completeFrom) || at >= store) return now;
  const { schema, current, history } = sessions.of.dataset.store;
  const columns = list([...now.columns.map((column) => name(column.name)), name('fh_from')]);
  return {
    ...now,
    from: sql`(select ${columns} from ${name(schema, current)} where fh_from <= ${integer(at)}
      union all select ${columns} from ${name(schema, history)}
        where fh_from <= ${integer(at)} and fh_to > ${integer(at)}) t`,
  };
}

/** Does the store know what its rows were at an ordinal? */
function isKnownAt({ dataset }: ReplicaSessions, at: bigint, completeFrom: bigint): boolean {
  return dataset.layout !== 'live' && dataset.key.length > 0 && completeFrom <= at;
}

const rounds = 6;
const pauseMs = 200;
const always = (_key: string) => true;

/**
 * A row of the store that has been what it is since the replica's ordinal or before is what the replica should have. Where
 * the store does not know what a changed row was, the replica is waited for.
 */
async function judgeReplica(sessions: ReplicaSessions, suspects: readonly Suspect[]): Promise<Judged> {
  const { stream, dataset, store, of, clock } = sessions;
  const ours = inReplica(sessions);
  const kept = { ...dataset, key: of.dataset.key };
  const different: Difference[] = [];
  let open = suspects;
  for (let round = 0; round < rounds && open.length > 0; round++) {
    if (round > 0) await clock.sleep(pauseMs * round);
    const keys = open.map(({ key }) => key);
    const lookThere = async () => ({ found: await lookAt(ours, keys), isUnchanged: always });
    const [left, right] = await atReplica(sessions, lookThere, async (standing) => {
      const found = await lookAt(storeSide(sessions, standing), keys);
      // What it has and the store has not, it may be about to erase.
      const isLeft = (text: string) => !standing.isErasing || found.has(text);
      if (isKnownAt(sessions, standing.at, standing.completeFrom) || standing.at >= standing.store)
        return { found, isUnchanged: isLeft };
      const traces = await tracesSince(store, stream, kept, keys, standing.at);
      return {
        found,
        isUnchanged: (text: string) => {
          const last = found.get(text)?.since ?? traces?.get(text) ?? (traces === null ? null : 0n);
          return isLeft(text) && last !== null && last <= standing.at;
        },
      };
    });
    open = open.flatMap(({ key }) => {
      const [inStore, inReplica] = [left.found.get(key.text), right.found.get(key.text)];
      const pair = { key, left: inStore?.tally ?? nothing, right: inReplica?.tally ?? nothing };
      if (isEqual(pair.left, pair.right)) return [];
      if (!left.isUnchanged(key.text)) return [pair];
      different.push({ ...pair, columns: differingColumns(ours, inStore, inReplica) });
      return [];
    });
  }
  return {
    different,
    moving: open.length,
    cleared: suspects.length - different.length - open.length,
    isBehind: open.length > 0,
  };
}

/**
 * Compares closed versions, where both keep them. A version that ended at the replica's ordinal or before never
 * changes again, so what is unequal at two looks is different; what is purged between the looks is gone from both.
 */
export async function compareVersions(
  sessions: ReplicaSessions,
  options: Omit<CompareOptions, 'judge'>,
): Promise<{ readonly comparison: Comparison; readonly left: Side; readonly right: Side } | null> {
  const { stream, dataset, replica, store, of } = sessions;
  if (!keepsVersions(dataset, of.dataset)) return null;
  const isPart = of.dataset.store.isPart === true;
  const begin = async (c: Connection) => (await loadedDatasets(c, stream)).get(dataset.address)?.completeFrom ?? 0n;
  const { closed } = storedVersions(store, of.dataset);
  const history = sql`${name(of.dataset.schema, of.dataset.history)}`;
  const left = (span: Span) => versionsOf(inStore(sessions), of.dataset, closed, span);
  const right = (span: Span) => versionsOf(inReplica(sessions), of.dataset, history, span);
  const sides: Sides = async (ask) => {
    const after = max(await begin(store), await begin(replica));
    return atReplica(
      sessions,
      (at) => ask(right([after, at])),
      ({ at }) => ask(left([after, at])),
    );
  };
  const judge = async (suspects: readonly Suspect[]): Promise<Judged> => {
    const keys = suspects.map(({ key }) => key);
    const after = max(await begin(store), await begin(replica));
    const [{ found: inLeft, isErasing }, { found: inRight }] = await atReplica(
      sessions,
      async (at) => ({ found: await lookAt(right([after, at]), keys), isErasing: false }),
      async ({ at, isErasing: is }) => ({ found: await lookAt(left([after, at]), keys), isErasing: is }),
    );
    // What it has and the store has not, it may be about to erase.
    const moving = isErasing ? suspects.filter(({ key }) => !inLeft.has(key.text) && inRight.has(key.text)) : [];
    const different = suspects.flatMap((suspect): Difference[] => {
      const { key } = suspect;
      if (moving.includes(suspect)) return [];
      const [a, b] = [inLeft.get(key.text), inRight.get(key.text)];
      const pair = { key, left: a?.tally ?? nothing, right: b?.tally ?? nothing };
      const columns = differingColumns(left(all), a, b);
      return isEqual(pair.left, pair.right) ? [] : [{ ...pair, columns }];
    });
    const cleared = suspects.length - different.length - moving.length;
    return { different, moving: moving.length, cleared, isBehind: moving.length > 0 };
  };
  return {
    comparison: await compare(sides, isPart ? inStore(sessions) : left(all), { ...options, judge }),
    left: left(all),
    right: right(all),
  };
}

/** Ordinals after the first, up to the second. */
type Span = readonly [bigint, bigint];
const all: Span = [0n, endless];

/**
 * Closed versions that ended within a span. Of a part of the columns, neighbours that are equal in it are one version, in
 * the replica for good and in the store as it is asked; what began before the span may have lost its beginning, so
 * beginnings are cut there on both sides.
 */
function versionsOf(side: Side, { key, store }: ReplicaDataset, closed: Sql, [after, to]: Span): Side {
  const bigint = { kind: 'int', bits: 64 } as const;
  const shown = list(side.columns.map((column) => name(column.name)));
  const isPart = store.isPart === true;
  return {
    ...side,
    from: isPart
      ? sql`(select ${shown}, greatest(fh_from, ${integer(after)}) as fh_from, fh_to from ${closed} c) v`
      : sql`${closed} v`,
    columns: [...side.columns, ...['fh_from', 'fh_to'].map((each) => ({ name: each, from: each, type: bigint }))],
    key: [...side.key, 'fh_from'],
    ...(isPart ? { rangeKey: key } : {}),
    filter: sql`fh_to > ${integer(after)} and fh_to <= ${integer(to)}`,
  };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Are versions of it kept in both places? */
function keepsVersions(dataset: StreamDataset, copy: ReplicaDataset): boolean {
  return dataset.layout !== 'live' && copy.layout !== 'live' && copy.key.length > 0;
}
