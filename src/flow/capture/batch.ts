import { must } from '../../base/must.ts';
import type { Position, StagedRows, StagedShape } from '../../engine/capture.ts';
import type { Step } from '../bookkeeping.ts';

/** What a stream's caller hears of after each commit in its store, and from time to time while there is nothing to do. */
export type BatchOutcome = {
  readonly kind: 'loaded' | 'merged' | 'idle';
  readonly ordinal: bigint;
  readonly position: Position | null;
  /** Rows inserted, updated and deleted. */
  readonly rows: number;
  /** The store is as the source was at this time, ms since 1970. */
  readonly asOfMs: number;
};

/** Changes of one stream on their way: whole transactions once `position` says so, and perhaps one still to be committed. */
export type Batch = {
  /** By index of the dataset in its stream. */
  readonly datasets: Map<number, Waiting>;
  /** One for each of the stream's transactions. */
  readonly steps: Step[];
  /** That of the last whole transaction; null: none yet. */
  position: Position | null;
  /** Bytes that wait in chunks which are full. */
  closedBytes: number;
  /** Bytes that were staged before the batch was whole. */
  stagedBytes: number;
};

/** Changes of one dataset, in order: those before were staged. */
export type Waiting = {
  parts: Part[];
  /** Where the next row is written; the last chunk of the last part, or null. */
  open: StagedRows | null;
  sequence: number;
  hasUnchanged: boolean;
};

export type Part =
  | { readonly kind: 'rows'; readonly shape: StagedShape; readonly chunks: StagedRows[] }
  | { readonly kind: 'truncate'; readonly shape: StagedShape; readonly ordinal: bigint; readonly sequence: number };

const chunkBytes = 256 * 1024;
const firstBytes = 64 * 1024;
const keptBuffers = 32;

export function newBatch(): Batch {
  return { datasets: new Map(), steps: [], position: null, closedBytes: 0, stagedBytes: 0 };
}

/** Lends the place for one row of a dataset. */
export function lend(batch: Batch, dataset: number, shape: StagedShape, ordinal: bigint): StagedRows {
  const waiting = waitingOf(batch, dataset);
  const { open } = waiting;
  if (open !== null && open.length < chunkBytes) {
    open.ordinal = ordinal;
    return open;
  }
  closeChunk(batch, waiting);
  const chunk: StagedRows = {
    buffer: buffers.pop() ?? Buffer.allocUnsafeSlow(firstBytes),
    length: 0,
    rows: 0,
    ordinal,
    sequence: waiting.sequence,
    hasUnchanged: false,
  };
  const last = waiting.parts.at(-1);
  if (last?.kind === 'rows' && last.shape === shape) last.chunks.push(chunk);
  else waiting.parts.push({ kind: 'rows', shape, chunks: [chunk] });
  waiting.open = chunk;
  return chunk;
}

/** Notes a truncate behind the rows so far. */
export function noteTruncate(batch: Batch, dataset: number, shape: StagedShape, ordinal: bigint): void {
  const waiting = waitingOf(batch, dataset);
  closeChunk(batch, waiting);
  waiting.parts.push({ kind: 'truncate', shape, ordinal, sequence: waiting.sequence++ });
}

/** Rows behind this one are written elsewhere: the part's shape ends here, or its chunks are about to be staged. */
export function closeChunk(batch: Batch, waiting: Waiting): void {
  if (waiting.open === null) return;
  waiting.sequence = waiting.open.sequence;
  waiting.hasUnchanged ||= waiting.open.hasUnchanged;
  batch.closedBytes += waiting.open.length;
  waiting.open = null;
}

/** Takes out what waits of each dataset, in order; rows that come later wait anew. */
export function takeParts(batch: Batch): readonly { readonly dataset: number; readonly parts: readonly Part[] }[] {
  const taken = [...batch.datasets].map(([dataset, waiting]) => {
    closeChunk(batch, waiting);
    const { parts } = waiting;
    waiting.parts = [];
    return { dataset, parts };
  });
  batch.stagedBytes += batch.closedBytes;
  batch.closedBytes = 0;
  return taken;
}

/** Bytes that wait to be staged. */
export function bytesOf(batch: Batch): number {
  let bytes = batch.closedBytes;
  for (const { open } of batch.datasets.values()) bytes += open?.length ?? 0;
  return bytes;
}

export async function* bytesOfChunks(chunks: readonly StagedRows[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk.buffer.subarray(0, chunk.length);
}

/** Gives the buffers back, once nothing reads them. */
export function giveBack(chunks: readonly StagedRows[]): void {
  for (const chunk of chunks) {
    if (buffers.length < keptBuffers && chunk.buffer.length <= 2 * chunkBytes) buffers.push(chunk.buffer);
    chunk.buffer = nothing;
    chunk.length = 0;
  }
}

/** Buffers to be lent again: a fresh one for each batch would be most of what the collector has to do. */
const buffers: Buffer[] = [];
const nothing = Buffer.alloc(0);

function waitingOf(batch: Batch, dataset: number): Waiting {
  if (!batch.datasets.has(dataset)) {
    batch.datasets.set(dataset, { parts: [], open: null, sequence: 0, hasUnchanged: false });
  }
  return must(batch.datasets.get(dataset), 'dataset of a batch');
}
