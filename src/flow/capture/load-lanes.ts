import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, type Sql, sql } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import { type Checkpoint, own } from '../checkpoint.ts';
import { copyRows } from '../copy.ts';
import { buildKey } from '../tables.ts';
import { allEnded, type Lane } from './lanes.ts';
import { sourceColumns, sourceOf } from './source-columns.ts';

/** Parts of a table are about so large: some seconds each. */
const partBytes = 64 << 20;

type Task =
  | { readonly kind: 'part'; readonly table: Loading; readonly where: Sql }
  | { readonly kind: 'key'; readonly table: Loading };

type Loading = { readonly dataset: StreamDataset; parts: number; rows: number };

/**
 * Fills the empty current tables of datasets from a view of the source, builds keys and takes statistics; rows by dataset
 * address. Lanes, whose sources' sessions are in the view, work side by side: the largest table first, its key as soon as its last part is in.
 *
 * Each part and each key is a transaction of its own, which first makes sure that the stream is still ours (`own`). Cut:
 * some parts are there; nobody reads the tables until the checkpoint says that they are whole, and the next load empties
 * them. Rejects with the first failure, when no lane works any more.
 */
export async function loadInLanes(
  lanes: readonly [Lane, ...Lane[]],
  capture: Capture,
  datasets: readonly StreamDataset[],
  held: Checkpoint,
): Promise<Readonly<Record<string, number>>> {
  const tasks = await partsOf(lanes[0].source, capture, datasets);
  const loadings = new Set(tasks.map((task) => task.table));
  await allEnded(lanes.map(workOn));
  return Object.fromEntries([...loadings].map(({ dataset, rows }) => [dataset.address, rows]));

  async function workOn(lane: Lane): Promise<void> {
    try {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await perform(lane, task);
    } catch (failure) {
      tasks.length = 0;
      throw failure;
    }
  }

  async function perform({ source, store }: Lane, task: Task): Promise<void> {
    const { table } = task;
    const { dataset } = table;
    const current = [dataset.schema, dataset.current] as const;
    const rows = await store.transaction(async () => {
      await own(store, held);
      await applySettings(store, store.dialect.bulkSettings);
      if (task.kind === 'part')
        return copyRows(source, sourceOf(dataset), sourceColumns(capture, dataset), store, current, task.where);
      await buildKey(store, dataset);
      await store.execute(sql`analyze ${name(...current)}`);
      return 0;
    });
    table.rows += rows;
    if (task.kind === 'part' && --table.parts === 0) tasks.unshift({ kind: 'key', table });
  }
}

async function partsOf(source: Connection, capture: Capture, datasets: readonly StreamDataset[]): Promise<Task[]> {
  const found: { readonly bytes: number; readonly tasks: readonly Task[] }[] = [];
  for (const dataset of datasets) {
    const parts = (await capture.parts?.(source, dataset.from, partBytes)) ?? [{ where: sql`true`, bytes: 0 }];
    const table: Loading = { dataset, parts: parts.length, rows: 0 };
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    found.push({ bytes, tasks: parts.map(({ where }) => ({ kind: 'part', table, where })) });
  }
  return found.sort((a, b) => b.bytes - a.bytes).flatMap(({ tasks }) => tasks);
}
