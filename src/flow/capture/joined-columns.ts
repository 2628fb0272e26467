import { groupedBy } from '../../base/group.ts';
import { must } from '../../base/must.ts';
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
  const unread = new Map<string, readonly string[]>();
  for (const all of groupedBy(streams, ({ node }) => node.container).values()) {
    await using c = await must(all[0], 'stream').store();
    await ensureBookkeeping(c);
    const datasets = all.flatMap(({ node }) => node.datasets);
    for (const [address, columns] of await unreadColumns(c, datasets)) unread.set(address, columns);
  }
  return unread.size === 0 ? null : streams.map((one) => ({ ...one, node: leavingOut(one.node, unread) }));
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
