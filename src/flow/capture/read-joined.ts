import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { sql, value } from '../../sql/sql.ts';
import { noteRead, unreadColumns } from '../unread.ts';

/**
 * Of a stream that is read at intervals: columns joined whose values are to be read. A snapshot compares all columns of all
 * rows as it is; a watermark begins with all rows again. One transaction; twice it does nothing.
 */
export async function readJoinedColumns(c: Connection, datasets: readonly StreamDataset[]): Promise<void> {
  const unread = await unreadColumns(c, datasets);
  if (unread.size === 0) return;
  await c.transaction(async () => {
    for (const [address, columns] of unread) {
      await c.execute(sql`update freehold.fh_watermark set mark = null where address = ${value(address)}`);
      await noteRead(c, address, columns);
    }
  });
}
