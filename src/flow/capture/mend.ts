import { must } from '../../base/must.ts';
import type { Capture, ExportedSnapshot, LoggedTable, Look, Loss, OpenLog } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { finding } from '../../findings/make.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { columnsJoined, type Gap, gapsOf } from '../gaps.ts';
import { unreadColumns } from '../unread.ts';
import type { CaptureOptions } from './cdc.ts';
import { dropInbox, dropParts, inboxOf, reachOf } from './inbox/inbox.ts';
import type { Marks } from './load.ts';
import { type Resync, resync } from './resync.ts';
import type { OwnStream } from './start.ts';

/** Gaps of a stream whose rows are still to be read anew. */
export async function pendingGaps(store: Connection, stream: string): Promise<readonly Gap[]> {
  return (await gapsOf(store, stream)).filter(({ to }) => to === null);
}

/** What was lost and is not noted yet: of the whole stream, or of tables of it. */
export async function lossesOf(
  { node, held: rows, inbox }: OwnStream,
  tables: readonly LoggedTable[],
  look: Look,
  log: OpenLog,
  pending: readonly Gap[],
): Promise<readonly { readonly address: string | null; readonly loss: Loss }[]> {
  if (rows.ordinal === 0n) return [];
  const held = reachOf(rows, inbox);
  const past = await pastLoss(held, log);
  const isNoted = pending.some(({ address }) => address === null);
  // That it is another server outweighs whatever else was lost.
  if (past !== null && (!isNoted || past.cause === 'other-server')) return [{ address: null, loss: past }];
  if (isNoted) return [];
  return node.datasets.flatMap(({ address }) => {
    const loss = look.losses.get(tables.findIndex((table) => table.address === address));
    return loss === undefined ? [] : [{ address, loss }];
  });
}

/** Can the stream go on from its position? Only inside what the source still has, and only where nothing was passed over. */
async function pastLoss(held: Checkpoint, log: OpenLog): Promise<Loss | null> {
  if (held.position !== null) return log.past({ identity: held.identity, position: held.position });
  return {
    cause: 'behind',
    from: null,
    to: log.acknowledged,
    message: 'Its rows were not read from the log, so nothing says which changes they have.',
    help: 'Read its rows anew.',
  };
}

/** What rows that are read anew are read with. */
export type Mending = {
  readonly log: OpenLog;
  readonly capture: Capture;
  readonly marks: Marks;
  readonly options: CaptureOptions;
  readonly hook: (step: string) => Promise<void>;
};

/**
 * The pending gaps of a stream that are mended now, one of all its rows alone. None where an operator must look first, since
 * the source is another server.
 */
export async function gapsToMend(
  { node, store, inbox }: OwnStream,
  pending: readonly Gap[],
  isElsewhere: boolean,
): Promise<readonly Gap[]> {
  // Columns of a plan other than ours are for whoever follows that; but changes of rows that were begun to be read were passed over.
  const unread = await unreadColumns(must(store, 'store'), node.datasets);
  const isOurs = (gap: Gap) =>
    inbox?.why === 'resyncing' || gap.cause !== columnsJoined || gap.isAccepted || unread.has(gap.address ?? '');
  const ours = pending.filter(isOurs);
  const ofAll = ours.find(({ address }) => address === null);
  const gaps = ofAll === undefined ? ours : [ofAll];
  return isElsewhere && gaps.some(({ isAccepted }) => !isAccepted) ? [] : gaps;
}

/**
 * Reads the rows of gaps anew, in front of the log. The stream stays as it was, and held, where an operator must look first, since
 * an unusual part of the rows would go; and where the rows cannot be read.
 */
export async function mend(stream: OwnStream, gaps: readonly Gap[], mending: Mending): Promise<void> {
  const { log, options, hook } = mending;
  const { stream: address } = stream.node;
  const store = must(stream.store, 'store');
  if (stream.inbox !== null) {
    // From a reading that was cut; what waits of these rows is read now.
    if (gaps.some((gap) => gap.address === null)) await dropInbox(store, address);
    else
      await dropParts(
        store,
        address,
        gaps.flatMap((gap) => gap.address ?? []),
      );
  }
  await using snapshot = await log.snapshot();
  const outcome = await readAnew(stream, gaps, snapshot, store, mending);
  if (outcome.kind === 'held') {
    for (const finding of outcome.findings) options.onLoss?.(address, finding);
    stream.loss = must(outcome.findings[0], 'finding');
    return;
  }
  stream.held = outcome.held;
  stream.inbox = await inboxOf(store, address);
  stream.loss = null;
  await hook('mended');
  mended(address, outcome, options);
}

export async function readAnew(
  { node, held }: OwnStream,
  gaps: readonly Gap[],
  snapshot: ExportedSnapshot,
  store: Connection,
  { log, capture, marks, options }: Mending,
): Promise<Resync> {
  await using source = await snapshot.connect();
  const view = { position: snapshot.position, identity: log.identity, marks, atMs: options.clock.nowMs() };
  return await resync(source, capture, store, node, held, gaps, view).catch(unreadable);
}

export function mended(
  stream: string,
  { held, rows, asOfMs }: Extract<Resync, { kind: 'mended' }>,
  { onBatch }: CaptureOptions,
): void {
  const { ordinal, position } = held;
  onBatch(stream, { kind: 'merged', ordinal, position, rows, asOfMs });
}

/** Rows that cannot be read hold back their own stream alone. Rejects where it may pass. */
function unreadable(failure: unknown): Resync {
  if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
  const help = 'Bring back at the source what is missing, or take it out of the model; the rows are then read anew.';
  return { kind: 'held', findings: [finding({ rule: 'changes-lost', address: null, message: failure.message, help })] };
}
