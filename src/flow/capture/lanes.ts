import { allEnded } from '../../base/all-ended.ts';
import { must } from '../../base/must.ts';
import { type Capture, stagedColumns } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { list, name, sql } from '../../sql/sql.ts';
import type { Staging } from '../merge/staging.ts';
import { inOneView } from '../view.ts';

/** A session of the source and one of the store. */
export type Lane = { readonly source: Connection; readonly store: Connection };

/** Opens further sessions of source and store. */
export type More = { readonly source: () => Promise<Connection>; readonly store: () => Promise<Connection> };

/** Opens another lane, works, and closes it. */
export async function withLane<T>(more: More, work: (lane: Lane) => Promise<T>): Promise<T> {
  await using source = await more.source();
  await using store = await more.store();
  return await work({ source, store });
}

/**
 * All lanes do the work side by side, their sources' sessions in one view; that of each but the first stays in it until it
 * is closed. Ends when all have ended; rejects with the first failure.
 */
export function lanesInOneView<T>(
  [first, ...others]: readonly [Lane, ...Lane[]],
  capture: Capture,
  work: (lane: Lane, n: number) => Promise<T>,
): Promise<readonly T[]> {
  return inOneView(first.source, async () => {
    if (others.length > 0) {
      const { share, join } = must(capture.sharedView, 'shared view');
      const view = await share(first.source);
      for (const { source } of others) await join(source, view);
    }
    return allEnded([first, ...others].map(work));
  });
}

/** Moves what one lane staged into the staging table of another session of the same store; it is what differs alone. */
export async function moveBetween(from: Connection, to: Connection, staged: Staging, into: Staging): Promise<void> {
  const transport = from.types.transports[0] ?? 'csv';
  const names = [...stagedColumns, ...staged.shape.columns.map((column) => column.name)];
  const rows = from.copyOut(sql`select ${list(names.map((one) => name(one)))} from ${name(staged.table)}`, transport);
  await to.copyIn([into.table], names, rows, transport);
}
