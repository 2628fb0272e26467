import { must } from '../../base/must.ts';
import type { Capture, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { name } from '../../sql/sql.ts';
import { recordLoaded, recordSteps } from '../bookkeeping.ts';
import { advance, type Checkpoint, own } from '../checkpoint.ts';
import { leaveOut } from '../erase/leave-out.ts';
import { guarded } from '../quality/guard.ts';
import { judgeDatasets } from '../quality/judge-datasets.ts';
import { judgeLoaded } from '../quality/judge-loaded.ts';
import { inOneView } from '../view.ts';
import type { Lane, More } from './lanes.ts';
import { type LoadedTables, type LoadOptions, loadInLanes } from './load-lanes.ts';
import { forgetRecords, type LoadRecord, noteWhole } from './load-record.ts';
import { onlyView, type Views } from './views.ts';

/** Where rows are loaded from. */
export type LoadFrom = { readonly views: Views; readonly capture: Capture };

/**
 * What is known of a load before it begins. `atMs` is now; `marks`: which tables of the source the rows are from, by dataset
 * address, where a log says; `records`: of a load that was cut, and goes on.
 */
export type LoadedAt = {
  readonly identity: string | null;
  readonly nowMs: () => number;
  readonly marks?: Marks;
  readonly records?: ReadonlyMap<string, LoadRecord> | null;
  /** Do changes wait in an inbox, so that the log is to be followed to the view's position first, as where there are several? */
  readonly isBeside?: boolean;
};

export type Marks = ReadonlyMap<string, string>;

/**
 * Rows by dataset address. `atMs`: they are as the source was then. `isWhole`: they are as of one view, and complete; else the
 * log is to be followed to the last view's position before they are (`converge.ts`).
 */
export type Loading = {
  readonly held: Checkpoint;
  readonly rows: Readonly<Record<string, number>>;
  readonly atMs: number;
  readonly isWhole: boolean;
};

/**
 * The initial load of a stream.
 *
 * Several transactions of the store. Before: ordinal 0; the current tables hold nothing, or what is left of a load that was
 * cut. Where its record says what that is, it goes on, else they are emptied; then parts of tables are copied side by side, see
 * `loadInLanes`; the last transaction makes it ordinal 1 at the first view's position: rows with `fh_from` 1, keys built,
 * statistics taken, the clock's first tick. Where all parts were read in one view, the datasets are complete from there.
 * Cut: ordinal 0 still, so nobody reads what is there. Twice: the second is Fenced by its first part.
 */
export async function loadInitial(
  { views, capture }: LoadFrom,
  store: Connection,
  openStore: () => Promise<Connection>,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
  options: LoadOptions = {},
): Promise<Loading> {
  must(held.ordinal === 0n ? held : null, `ordinal 0 of '${held.stream}', which an initial load begins from,`);
  const { identity, marks = new Map(), records = null, nowMs } = at;
  const { datasets } = node;
  const to = { views, capture, store, openStore, held, datasets, base: 1n, records, identity, marks, nowMs, options };
  const loaded = await loadInLanes(to);
  const { position, atMs } = loaded.first;
  const isWhole = isOfOneView(loaded);
  const end = async () => {
    const next = await advance(store, held, { ordinal: 1n, position, identity });
    await endLoading(store, next, datasets, position, marks, isWhole);
    await recordSteps(store, next.stream, [{ ordinal: 1n, atMs }]);
    return { held: next, rows: rowsOf(loaded), atMs, isWhole };
  };
  return guarded(store, held.stream, [], () => store.transaction(end));
}

/** The initial load from a session that opens the view itself; in lanes, where further sessions may join it. */
export function loadFirst(
  { source, store }: Lane,
  capture: Capture,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  more: More | null,
): Promise<Loading> {
  const { sharedView, ...alone } = capture;
  const at = { identity: null, nowMs: () => atMs };
  return inOneView(source, async () => {
    if (more === null || sharedView === undefined) {
      const ours: Connection = { ...source, [Symbol.asyncDispose]: () => Promise.resolve() };
      const views = onlyView({ position: null, connect: () => Promise.resolve(ours) });
      return loadInitial({ views, capture: alone }, store, () => Promise.resolve(store), node, held, at);
    }
    const view = await sharedView.share(source);
    const connect = async () => {
      const session = await more.source();
      await sharedView.join(session, view);
      return session;
    };
    return loadInitial({ views: onlyView({ position: null, connect }), capture }, store, more.store, node, held, at);
  });
}

/**
 * The load of datasets that joined a loaded stream. Parts are copied as in an initial load; nobody reads them yet. Then, where
 * they are of one view, one transaction of the store. Before: the stream at its ordinal, the rows of no ordinal. After: the
 * next ordinal, a correction, has every row of the view, and the stream's position is what it was: what the log still brings of
 * the datasets up to the view's position is in the rows already and is passed over, as `fh_dataset` says. Where they are of
 * several views, the log is followed first; see `converge.ts`. Cut: as before, and the next load goes on. Twice: the second is Fenced.
 */
export async function loadAdded(
  { views, capture }: LoadFrom,
  store: Connection,
  openStore: () => Promise<Connection>,
  datasets: readonly StreamDataset[],
  held: Checkpoint,
  at: LoadedAt,
  options: LoadOptions = {},
): Promise<Loading> {
  const { identity, marks = new Map(), records = null, nowMs } = at;
  const base = held.ordinal + 1n;
  const to = { views, capture, store, openStore, held, datasets, base, records, identity, marks, nowMs, options };
  const loaded = await loadInLanes(to);
  const { position, atMs } = loaded.first;
  const isWhole = isOfOneView(loaded) && at.isBeside !== true;
  const end = async () => {
    const next = isWhole ? await correct(store, held) : held;
    if (!isWhole) await own(store, held);
    await endLoading(store, next, datasets, position, marks, isWhole);
    return { held: next, rows: rowsOf(loaded), atMs, isWhole };
  };
  return guarded(store, held.stream, [], () => store.transaction(end));
}

/** The stream's next ordinal, which no transaction of the source made. In the caller's transaction. */
export async function correct(store: Connection, held: Checkpoint): Promise<Checkpoint> {
  const { position, identity } = held;
  const next = await advance(store, held, { ordinal: held.ordinal + 1n, position, identity });
  // At the clock's last tick: changes of the other datasets, committed before now, are still to come.
  await recordSteps(store, next.stream, [{ ordinal: next.ordinal, atMs: 0 }]);
  return next;
}

async function endLoading(
  store: Connection,
  next: Checkpoint,
  datasets: readonly StreamDataset[],
  position: Position | null,
  marks: Marks,
  isWhole: boolean,
): Promise<void> {
  for (const dataset of datasets) {
    if (isWhole) await recordWhole(store, next, dataset, position, marks);
    else await noteWhole(store, dataset.address);
  }
  if (isWhole) await judgeDatasets(store, datasets, next.stream, next.ordinal);
  if (isWhole && position !== null)
    await forgetRecords(
      store,
      datasets.map(({ address }) => address),
    );
}

function isOfOneView({ tables, first }: LoadedTables): boolean {
  return tables.every(({ parts }) => parts.every(({ position }) => position === first.position));
}

function rowsOf({ tables }: LoadedTables): Loading['rows'] {
  return Object.fromEntries(
    tables.map(({ dataset, parts }) => [dataset.address, parts.reduce((sum, { rows }) => sum + rows, 0)]),
  );
}

/**
 * A dataset's rows are all here, as of an ordinal, but for those of keys that were erased, and those that its checks divert. In the
 * transaction that shows them. Throws ChecksFailed where a check stops them.
 */
export async function recordWhole(
  store: Connection,
  { stream, ordinal }: Pick<Checkpoint, 'stream' | 'ordinal'>,
  dataset: StreamDataset,
  position: Position | null,
  marks: Marks = new Map(),
): Promise<void> {
  await leaveOut(store, dataset, name(dataset.schema, dataset.current));
  await judgeLoaded(store, dataset, stream, ordinal);
  const deltaFrom = dataset.keepsDelta ? ordinal : null;
  const mark = marks.get(dataset.address);
  const loaded = { completeFrom: ordinal, position, deltaFrom, ...(mark === undefined ? {} : { mark }) };
  return recordLoaded(store, stream, dataset.address, loaded);
}
