import type { Connection } from '../../../engine/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import type { StreamDataset } from '../../../plan/plan.ts';
import { type Deletes, heldFinding, isMass, isUnusual } from './held-back.ts';
import { countBeyond, type Held, readHeld, writeHeld } from './records.ts';

/** What would be deleted of a dataset, staged. */
export type Deleting = { readonly dataset: StreamDataset; readonly staged: string; readonly deletes: Deletes };

/**
 * Holds a read back whose deletes are unusual, unless an operator has released them: then what goes beyond those released
 * must be usual, and the release is spent with the merge. Null: go on.
 */
export async function hold(
  store: Connection,
  stream: string,
  deleting: Deleting,
  before: Held | null,
  atMs: number,
): Promise<Finding | null> {
  const { dataset, staged, deletes } = deleting;
  if (!isUnusual(deletes)) return null;
  const beyond = before === null ? deletes.deleted : await countBeyond(store, dataset, staged);
  if (before?.isReleased === true && !isMass({ ...deletes, deleted: beyond })) return null;
  const found = heldFinding(stream, dataset.address, deletes, before?.isReleased === true ? beyond : null);
  // The same as before: who looks into it need not find it moved.
  if (before !== null && !before.isReleased && beyond === 0 && before.rowsGone === deletes.deleted) return found;
  const held = { rowsHere: deletes.stored ?? 0, rowsGone: deletes.deleted, heldAtMs: atMs };
  if (await writeHeld(store, stream, dataset, staged, held, before)) return found;
  const now = (await readHeld(store, stream)).get(dataset.address) ?? null;
  return hold(store, stream, deleting, now, atMs);
}
