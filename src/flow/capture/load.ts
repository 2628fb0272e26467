import { must } from '../../base/must.ts';
import type { Capture, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { literal, name, type Sql, sql } from '../../sql/sql.ts';
import { applySettings, recordLoaded, recordSteps } from '../bookkeeping.ts';
import { advance, type Checkpoint } from '../checkpoint.ts';
import { type CopiedColumn, copyRows } from '../copy.ts';
import { buildKey } from '../tables.ts';

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
 * The initial load of a stream, from one session inside one view of the source. Rows by dataset address. One transaction
 * of the store. Before: ordinal 0, current tables empty and without key. After: ordinal 1, every row of the view with
 * `fh_from` 1, keys built, statistics taken, the clock's first tick. Cut: as before. Twice: the second is Fenced.
 */
export async function loadInitial(
  from: { connect(): Promise<Connection>; readonly capture: Capture },
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
): Promise<Loading> {
  await using source = await from.connect();
  // Awaited here: the session is closed when this function ends.
  return await loadFrom(source, from.capture, store, node, held, at);
}

/** The same from a session that the caller has opened inside the view. */
export function loadFrom(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
): Promise<Loading> {
  return store.transaction(async () => {
    must(held.ordinal === 0n ? held : null, `ordinal 0 of '${held.stream}', which an initial load begins from,`);
    const next = await advance(store, held, { ordinal: 1n, position: at.position, identity: at.identity });
    await applySettings(store, store.dialect.bulkSettings);
    const rows = await loadDatasets(source, capture, store, node.datasets, next, at.position, at.marks);
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
  { stream, ordinal }: Checkpoint,
  position: Position | null,
  marks: Marks = new Map(),
): Promise<Readonly<Record<string, number>>> {
  const rows: Record<string, number> = {};
  for (const dataset of datasets) {
    const current = [dataset.schema, dataset.current] as const;
    // Rows get their ordinal as the column's default: the copy itself brings the source's columns alone.
    if (ordinal !== 1n)
      await store.execute(sql`alter table ${name(...current)} alter column fh_from set default ${literal(ordinal)}`);
    rows[dataset.address] = await copyRows(source, sourceOf(dataset), sourceColumns(capture, dataset), store, current);
    await buildKey(store, dataset);
    await store.execute(sql`analyze ${name(...current)}`);
    const deltaFrom = dataset.keepsDelta ? ordinal : null;
    const mark = marks.get(dataset.address);
    const loaded = { completeFrom: ordinal, position, deltaFrom, ...(mark === undefined ? {} : { mark }) };
    await recordLoaded(store, stream, dataset.address, loaded);
  }
  return rows;
}

export function sourceOf(dataset: StreamDataset): Sql {
  return sql`${name(dataset.from.schema, dataset.from.table)}`;
}

export function sourceColumns(capture: Capture, dataset: StreamDataset): readonly CopiedColumn[] {
  return dataset.columns.map((column) => ({ name: column.name, type: column.type, read: capture.read(column) }));
}
