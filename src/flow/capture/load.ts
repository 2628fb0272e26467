import { must } from '../../base/must.ts';
import type { Capture, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { name, type Sql, sql } from '../../sql/sql.ts';
import { applySettings, recordLoaded, recordSteps } from '../bookkeeping.ts';
import { advance, type Checkpoint } from '../checkpoint.ts';
import { type CopiedColumn, copyRows } from '../copy.ts';
import { buildKey } from '../tables.ts';

/** What the rows are as of. */
export type LoadedAt = { readonly position: Position | null; readonly identity: string | null; readonly atMs: number };

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
    const rows: Record<string, number> = {};
    for (const dataset of node.datasets) {
      const current = [dataset.schema, dataset.current] as const;
      rows[dataset.address] = await copyRows(
        source,
        sourceOf(dataset),
        sourceColumns(capture, dataset),
        store,
        current,
      );
      await buildKey(store, dataset);
      await store.execute(sql`analyze ${name(...current)}`);
      const deltaFrom = dataset.keepsDelta ? 1n : null;
      await recordLoaded(store, next.stream, dataset.address, { completeFrom: 1n, position: at.position, deltaFrom });
    }
    await recordSteps(store, next.stream, [{ ordinal: 1n, atMs: at.atMs }]);
    return { held: next, rows };
  });
}

export function sourceOf(dataset: StreamDataset): Sql {
  return sql`${name(dataset.from.schema, dataset.from.table)}`;
}

export function sourceColumns(capture: Capture, dataset: StreamDataset): readonly CopiedColumn[] {
  return dataset.columns.map((column) => ({ name: column.name, type: column.type, read: capture.read(column) }));
}
