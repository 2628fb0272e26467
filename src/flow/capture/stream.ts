import type { Position, StagedRows, StagedShape } from '../../engine/capture.ts';
import { type Batch, bytesOf, closeChunk, lend, newBatch, noteTruncate } from './batch.ts';

/**
 * The receiving half of a stream while the log is read: puts changes into batches and numbers its transactions. Pure; the
 * other half, `worker.ts`, stages and merges what is here.
 *
 * Invariants. `queue` holds whole transactions only. Ordinals rise by one with each transaction that has a change of the
 * stream, so they do not depend on where batches end. What was received up to `seen` is never taken twice.
 */
export type Receiving = {
  shape(dataset: number, shape: StagedShape): void;
  begin(position: Position, atMs: number, size: 'large' | 'ordinary'): void;
  change(dataset: number): StagedRows | null;
  truncate(dataset: number): void;
  commit(position: Position): void;
  /** Is the transaction under way one that the stream does not have yet? */
  isWanted(): boolean;
  readonly state: ReceivingState;
  /** Closes the batch being filled at the last commit: at once, or at the next commit where one is on its way. */
  seal(): void;
  /** Bytes that wait to be staged, in all batches. */
  bytes(): number;
  /** Is nothing here, nor on its way? */
  isIdle(): boolean;
  /** Drops everything: nobody stages it any more. */
  close(): void;
};

export type ReceivingState = {
  readonly queue: Batch[];
  filling: Batch;
  /** Is a transaction with a change of the stream under way? */
  isInside: boolean;
  /** The stream's last whole transaction that came. */
  received: Position;
  /** Nothing of the stream lies between its last transaction and here. */
  readonly reached: Position;
};

/** To where the log was read, whole transactions, and when: one for all its streams, so that a transaction costs those alone that it touches. */
export type Reach = { position: Position; atMs: number };

export function receiving(
  from: { readonly ordinal: bigint; readonly position: Position },
  batchBytes: number,
  reach: Readonly<Reach>,
  wake: () => void,
): Receiving {
  const shapes = new Map<number, StagedShape>();
  const state: ReceivingState = {
    queue: [],
    filling: newBatch(),
    isInside: false,
    received: from.position,
    get reached() {
      return reach.position > from.position ? reach.position : from.position;
    },
  };
  let ordinal = from.ordinal;
  let seen = from.position;
  let isWanted = false;
  let isSealWanted = false;
  let isClosed = false;
  let atMs = 0;

  function enter(): void {
    if (state.isInside) return;
    state.isInside = true;
    ordinal++;
    state.filling.steps.push({ ordinal, atMs });
  }

  function seal(): void {
    if (state.isInside) {
      isSealWanted = true;
      return;
    }
    isSealWanted = false;
    if (state.filling.position === null) return;
    state.queue.push(state.filling);
    state.filling = newBatch();
  }

  return {
    state,
    seal,
    bytes: () => state.queue.reduce((sum, batch) => sum + bytesOf(batch), bytesOf(state.filling)),
    isIdle: () => !state.isInside && state.filling.steps.length === 0 && state.queue.length === 0,
    shape(dataset, shape) {
      shapes.set(dataset, shape);
      if (isClosed) return;
      // Rows of the old shape are merged by themselves where they can be; else the two are joined when they are staged.
      if (state.filling.datasets.has(dataset)) seal();
      const waiting = state.filling.datasets.get(dataset);
      if (waiting !== undefined) closeChunk(state.filling, waiting);
    },
    begin(position, committedMs, size) {
      isWanted = !isClosed && position > seen;
      atMs = committedMs;
      // What is before it is merged by itself, so that a restart can begin with the large one.
      if (size === 'large' && isWanted) seal();
    },
    change(dataset) {
      const shape = shapes.get(dataset);
      if (!isWanted || isClosed || shape === undefined) return null;
      enter();
      return lend(state.filling, dataset, shape, ordinal);
    },
    truncate(dataset) {
      const shape = shapes.get(dataset);
      if (!isWanted || isClosed || shape === undefined) return;
      enter();
      noteTruncate(state.filling, dataset, shape, ordinal);
    },
    isWanted: () => isWanted && !isClosed,
    commit(position) {
      if (isClosed || !isWanted) return;
      isWanted = false;
      seen = position;
      if (!state.isInside) return;
      state.isInside = false;
      state.filling.position = position;
      state.received = position;
      if (isSealWanted || state.filling.stagedBytes + bytesOf(state.filling) >= batchBytes) seal();
      wake();
    },
    close() {
      isClosed = true;
      state.queue.length = 0;
      state.filling = newBatch();
      state.isInside = false;
    },
  };
}
