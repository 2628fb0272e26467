import { must } from '../../base/must.ts';
import { type Capture, stagedColumns } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { list, name, sql } from '../../sql/sql.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Staging } from '../merge/staging.ts';
import { type LoadedAt, type Loading, loadFrom, loadInitial } from './load.ts';

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
export function inOneView<T>(
  [first, ...others]: readonly [Lane, ...Lane[]],
  capture: Capture,
  work: (lane: Lane, n: number) => Promise<T>,
): Promise<readonly T[]> {
  return first.source.transaction(
    async () => {
      if (others.length > 0) {
        const { share, join } = must(capture.sharedView, 'shared view');
        const view = await share(first.source);
        for (const { source } of others) await join(source, view);
      }
      return allEnded([first, ...others].map(work));
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}

/** The first load of a stream, in one view: in lanes, where further sessions may join it. */
export function loadFirst(
  { source, store }: Lane,
  capture: Capture,
  node: StreamNode,
  held: Checkpoint,
  at: LoadedAt,
  more: More | null,
): Promise<Loading> {
  const { sharedView } = capture;
  const load = async () => {
    if (more === null || sharedView === undefined) return loadFrom(source, capture, store, node, held, at);
    const view = await sharedView.share(source);
    const connect = async () => {
      const session = await more.source();
      await sharedView.join(session, view);
      return session;
    };
    return loadInitial({ connect, capture }, store, more.store, node, held, at);
  };
  return source.transaction(load, { isolation: 'repeatable read', readOnly: true });
}

export async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

/** Moves what one lane staged into the staging table of another session of the same store; it is what differs alone. */
export async function moveStaged(from: Connection, to: Connection, staged: Staging, into: Staging): Promise<void> {
  const transport = from.types.transports[0] ?? 'csv';
  const names = [...stagedColumns, ...staged.shape.columns.map((column) => column.name)];
  const rows = from.copyOut(sql`select ${list(names.map((one) => name(one)))} from ${name(staged.table)}`, transport);
  await to.copyIn([into.table], names, rows, transport);
}
