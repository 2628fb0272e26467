import { must } from '../../base/must.ts';
import type { Capture, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';
import { applySettings, recordLoaded, recordSteps } from '../bookkeeping.ts';
import { advance, type Checkpoint, own } from '../checkpoint.ts';
import { copyRows } from '../copy.ts';
import { guarded } from '../quality/guard.ts';
import { judgeLoaded } from '../quality/judge-loaded.ts';
import { buildKey, emptyCurrent } from '../tables.ts';
import { inOneView } from '../view.ts';
import { type Lane, type More, withLane } from './lanes.ts';
import { loadInLanes } from './load-lanes.ts';
import { sourceColumns, sourceOf } from './source-columns.ts';

/** What the rows are as of. `marks`: which tables of the source they are from, by dataset address, where a log says. */
export type LoadedAt = {
  readonly position: Position | null;
  readonly identity: string | null;
  readonly atMs: number;
  readonly marks?: Marks;
};

export type Marks = ReadonlyMap<string, string>;

export type Loading = { readonly held: Checkpoint; readonly rows: Readonly<Record<string, number>> };

/**
 * The initial load of a stream, from sessions inside one view of the source. Rows by dataset address.
 *
 * Several transactions of the store. Before: ordinal 0; the current tables hold nothing, or what is left of a load that was
 * cut. First they are emptied; then parts of tables are copied side by side, see `loadInLanes`; the last transaction makes
 * it ordinal 1: every row of the view with `fh_from` 1, keys built, statistics taken, the clock's first tick. Cut: ordinal
 * 0 still, so nobody reads what is there, and the next load begins again. Twice: the second is Fenced by its first part.
 */
export async function loadInitial(
  from: { connect(): Promise<Connection>; readonly capture: Capture },
  store: Connection,
  openStore: () => Promise<Connection>,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
): Promise<Loading> {
  await using source = await from.connect();
  const lane = { source, store };
  // Awaited here: the session is closed when this function ends.
  if (from.capture.parts === undefined) return await load([lane], from.capture, node, held, at);
  const more = { source: () => from.connect(), store: openStore };
  return await withLane(more, (other) => load([lane, other], from.capture, node, held, at));
}

/** The initial load from a session that opens the view itself; in lanes, where further sessions may join it. */
export function loadFirst(
  { source, store }: Lane,
  capture: Capture,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
  more: More | null,
): Promise<Loading> {
  const { sharedView } = capture;
  return inOneView(source, async () => {
    if (more === null || sharedView === undefined) return load([{ source, store }], capture, node, held, at);
    const view = await sharedView.share(source);
    const connect = async () => {
      const session = await more.source();
      await sharedView.join(session, view);
      return session;
    };
    return loadInitial({ connect, capture }, store, more.store, node, held, at);
  });
}

/** Empties a current table of what a load that was cut left in it; rows that belong to some stream stay. */
async function emptyCut(store: Connection, dataset: StreamDataset): Promise<void> {
  const [whole] = await store.query(
    sql`select stream from freehold.fh_dataset where address = ${value(dataset.address)}`,
  );
  if (whole === undefined) await emptyCurrent(store, dataset);
}

async function load(
  lanes: readonly [Lane, ...Lane[]],
  capture: Capture,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
): Promise<Loading> {
  const [{ store }] = lanes;
  must(held.ordinal === 0n ? held : null, `ordinal 0 of '${held.stream}', which an initial load begins from,`);
  await store.transaction(async () => {
    await own(store, held);
    for (const dataset of node.datasets) await emptyCut(store, dataset);
  });
  const rows = await loadInLanes(lanes, capture, node.datasets, held);
  const end = async () => {
    const next = await advance(store, held, { ordinal: 1n, position: at.position, identity: at.identity });
    await judgeLoaded(store, node.datasets, next.stream, next.ordinal);
    for (const dataset of node.datasets) await recordWhole(store, next, dataset, at.position, at.marks);
    await recordSteps(store, next.stream, [{ ordinal: 1n, atMs: at.atMs }]);
    return { held: next, rows };
  };
  return guarded(store, held.stream, [], () => store.transaction(end));
}

/**
 * The load of datasets that joined a loaded stream, from one session inside one view of the source. One transaction of the
 * store. Before: none of their rows are here. After: the next ordinal, a correction, has every row of the view, and the
 * stream's position is what it was: what the log still brings of them up to the view's position is in the rows already and
 * is passed over, as `fh_dataset` says. Cut: as before. Twice: the second is Fenced.
 */
export async function loadAdded(
  from: { connect(): Promise<Connection>; readonly capture: Capture },
  store: Connection,
  datasets: readonly StreamDataset[],
  held: Checkpoint,
  view: Position,
  marks: Marks,
): Promise<Loading> {
  await using source = await from.connect();
  const work = async () => {
    const { position, identity } = held;
    const next = await advance(store, held, { ordinal: held.ordinal + 1n, position, identity });
    await applySettings(store, store.dialect.bulkSettings);
    const rows = await loadDatasets(source, from.capture, store, datasets, next, view, marks);
    await judgeLoaded(store, datasets, next.stream, next.ordinal);
    // At the clock's last tick: changes of the other datasets, committed before now, are still to come.
    await recordSteps(store, next.stream, [{ ordinal: next.ordinal, atMs: 0 }]);
    return { held: next, rows };
  };
  return await guarded(store, held.stream, [], () => store.transaction(work));
}

/** Fills the empty tables of datasets, builds keys and takes statistics; rows by dataset address. */
async function loadDatasets(
  source: Connection,
  capture: Capture,
  store: Connection,
  datasets: readonly StreamDataset[],
  next: Checkpoint,
  position: Position | null,
  marks: Marks = new Map(),
): Promise<Readonly<Record<string, number>>> {
  const rows: Record<string, number> = {};
  for (const dataset of datasets) {
    const current = [dataset.schema, dataset.current] as const;
    // Rows get their ordinal as the column's default: the copy itself brings the source's columns alone.
    await store.execute(sql`alter table ${name(...current)} alter column fh_from set default ${literal(next.ordinal)}`);
    rows[dataset.address] = await copyRows(source, sourceOf(dataset), sourceColumns(capture, dataset), store, current);
    await buildKey(store, dataset);
    await store.execute(sql`analyze ${name(...current)}`);
    await recordWhole(store, next, dataset, position, marks);
  }
  return rows;
}

/** A dataset's rows are all here, as of an ordinal. */
export function recordWhole(
  store: Connection,
  { stream, ordinal }: Pick<Checkpoint, 'stream' | 'ordinal'>,
  dataset: StreamDataset,
  position: Position | null,
  marks: Marks = new Map(),
): Promise<void> {
  const deltaFrom = dataset.keepsDelta ? ordinal : null;
  const mark = marks.get(dataset.address);
  const loaded = { completeFrom: ordinal, position, deltaFrom, ...(mark === undefined ? {} : { mark }) };
  return recordLoaded(store, stream, dataset.address, loaded);
}
