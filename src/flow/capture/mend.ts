import { must } from '../../base/must.ts';
import type { Capture, LoggedTable, Look, Loss, OpenLog } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { finding } from '../../findings/make.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { columnsJoined, type Gap, gapsOf } from '../gaps.ts';
import { unreadColumns } from '../unread.ts';
import type { CaptureOptions } from './cdc.ts';
import { reachOf } from './inbox/inbox.ts';
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

/**
 * Reads the rows of the stream's pending gaps anew. It stays as it was, and held, where an operator must look first: the
 * source is another server, or an unusual part of the rows would go; and where the rows cannot be read.
 */
export async function mend(
  stream: OwnStream,
  log: OpenLog,
  isElsewhere: boolean,
  capture: Capture,
  marks: Marks,
  options: CaptureOptions,
  hook: (step: string) => Promise<void>,
): Promise<void> {
  const store = must(stream.store, 'store');
  const { stream: address } = stream.node;
  // Columns of a plan other than ours are for whoever follows that.
  const unread = await unreadColumns(store, stream.node.datasets);
  const pending = (await pendingGaps(store, address)).filter(
    (gap) => gap.cause !== columnsJoined || gap.isAccepted || unread.has(gap.address ?? ''),
  );
  const ofAll = pending.find((gap) => gap.address === null);
  for (const gap of ofAll === undefined ? pending : [ofAll]) {
    if (isElsewhere && !gap.isAccepted) return;
    await using snapshot = await log.snapshot();
    await using source = await snapshot.connect();
    const view = { position: snapshot.position, identity: log.identity, marks, atMs: options.clock.nowMs() };
    const outcome = await resync(source, capture, store, stream.node, stream.held, gap, view).catch(unreadable);
    if (outcome.kind === 'held') {
      for (const finding of outcome.findings) options.onLoss?.(address, finding);
      stream.loss = must(outcome.findings[0], 'finding');
      return;
    }
    stream.held = outcome.held;
    await hook('mended');
    const { ordinal, position } = outcome.held;
    options.onBatch(address, { kind: 'merged', ordinal, position, rows: outcome.rows, asOfMs: view.atMs });
  }
  stream.loss = null;
}

/** Rows that cannot be read hold back their own stream alone. Rejects where it may pass. */
function unreadable(failure: unknown): Resync {
  if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
  const help = 'Bring back at the source what is missing, or take it out of the model; the rows are then read anew.';
  return { kind: 'held', findings: [finding({ rule: 'changes-lost', address: null, message: failure.message, help })] };
}
