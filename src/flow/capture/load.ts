import { must } from '../../base/must.ts';
import type { Capture, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';
import { applySettings, recordLoaded, recordSteps } from '../bookkeeping.ts';
import { advance, type Checkpoint, own } from '../checkpoint.ts';
import { copyRows } from '../copy.ts';
import { buildKey, emptyCurrent } from '../tables.ts';
import { type LoadLane, loadInLanes } from './load-lanes.ts';
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

/** Sessions at most, of the source and of the store, for one load. */
const lanesAtMost = 2;

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
  const lanes: [LoadLane, ...LoadLane[]] = [{ source, store }];
  try {
    while (from.capture.parts !== undefined && lanes.length < lanesAtMost) {
      lanes.push(await openLane(from, openStore));
    }
    // Awaited here: the sessions are closed when this function ends.
    return await load(lanes, from.capture, node, held, at);
  } finally {
    for (const lane of lanes.slice(1)) {
      await lane.source[Symbol.asyncDispose]();
      await lane.store[Symbol.asyncDispose]();
    }
  }
}

async function openLane(
  from: { connect(): Promise<Connection> },
  openStore: () => Promise<Connection>,
): Promise<LoadLane> {
  const source = await from.connect();
  try {
    return { source, store: await openStore() };
  } catch (failure) {
    await source[Symbol.asyncDispose]();
    throw failure;
  }
}

/** The same from one session that the caller has opened inside the view. */
export function loadFrom(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
): Promise<Loading> {
  return load([{ source, store }], capture, node, held, at);
}

/** Empties a current table of what a load that was cut left in it; rows that belong to some stream stay. */
async function emptyCut(store: Connection, dataset: StreamDataset): Promise<void> {
  const [whole] = await store.query(
    sql`select stream from freehold.fh_dataset where address = ${value(dataset.address)}`,
  );
  if (whole === undefined) await emptyCurrent(store, dataset);
}

async function load(
  lanes: readonly [LoadLane, ...LoadLane[]],
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
  return store.transaction(async () => {
    const next = await advance(store, held, { ordinal: 1n, position: at.position, identity: at.identity });
    for (const dataset of node.datasets) await recordWhole(store, next, dataset, at.position, at.marks);
    await recordSteps(store, next.stream, [{ ordinal: 1n, atMs: at.atMs }]);
    return { held: next, rows };
  });
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
  return await store.transaction(async () => {
    const { position, identity } = held;
    const next = await advance(store, held, { ordinal: held.ordinal + 1n, position, identity });
    await applySettings(store, store.dialect.bulkSettings);
    const rows = await loadDatasets(source, from.capture, store, datasets, next, view, marks);
    // At the clock's last tick: changes of the other datasets, committed before now, are still to come.
    await recordSteps(store, next.stream, [{ ordinal: next.ordinal, atMs: 0 }]);
    return { held: next, rows };
  });
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
function recordWhole(
  store: Connection,
  { stream, ordinal }: Checkpoint,
  dataset: StreamDataset,
  position: Position | null,
  marks: Marks = new Map(),
): Promise<void> {
  const deltaFrom = dataset.keepsDelta ? ordinal : null;
  const mark = marks.get(dataset.address);
  const loaded = { completeFrom: ordinal, position, deltaFrom, ...(mark === undefined ? {} : { mark }) };
  return recordLoaded(store, stream, dataset.address, loaded);
}
