import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { ensureBookkeeping } from '../checkpoint.ts';
import { columnsJoined, noteGap } from '../gaps.ts';
import { unreadColumns } from '../unread.ts';
import type { CdcStream } from './start.ts';

/**
 * Columns that joined a dataset whose rows are here: the log tells nothing of the values that rows had when they joined at
 * the source. So the stream first catches up without them, and every version until then is merged; then the rows are read
 * anew, and what the new columns have is one correction.
 */

/** Notes for each dataset with such columns that its rows are to be read anew. Idempotent. */
export async function noteJoinedColumns(
  c: Connection,
  stream: string,
  datasets: readonly StreamDataset[],
): Promise<void> {
  for (const address of (await unreadColumns(c, datasets)).keys())
    await noteGap(c, stream, { address, cause: columnsJoined, isAccepted: false });
}

/** The streams without such columns; null: there are none. */
export async function withoutJoinedColumns(streams: readonly CdcStream[]): Promise<readonly CdcStream[] | null> {
  let isAny = false;
  const without: CdcStream[] = [];
  for (const { node, store } of streams) {
    await using c = await store();
    await ensureBookkeeping(c);
    const unread = await unreadColumns(c, node.datasets);
    isAny ||= unread.size > 0;
    without.push({ node: leavingOut(node, unread), store });
  }
  return isAny ? without : null;
}

function leavingOut(node: StreamNode, unread: ReadonlyMap<string, readonly string[]>): StreamNode {
  const datasets = node.datasets.map((dataset) => {
    const left = unread.get(dataset.address) ?? [];
    // Without its key no row can be told from another.
    if (left.some((column) => dataset.key.includes(column))) return dataset;
    return { ...dataset, columns: dataset.columns.filter(({ name }) => !left.includes(name)) };
  });
  return { ...node, datasets };
}
