import type { StagedRows } from '../../../engine/capture.ts';

/**
 * Tuples of the log, rewritten as rows of COPY BINARY without an object per row. A scanned tuple is an array of offsets:
 * where the length of each column's value stands, or one of two signs.
 */
export const isNull = -1;
export const isUnchanged = -2;

/** Reads a tuple's offsets into `into`; returns where the tuple ends. */
export function scanTuple(bytes: Buffer, from: number, into: Int32Array): number {
  const columns = bytes.readUInt16BE(from);
  let at = from + 2;
  for (let i = 0; i < columns; i++) {
    const kind = bytes[at++];
    if (kind === 0x6e) into[i] = isNull;
    else if (kind === 0x75) into[i] = isUnchanged;
    else {
      into[i] = at;
      at += 4 + bytes.readUInt32BE(at);
    }
  }
  return at;
}

/** Where each of a staged row's columns is in the log's tuples. */
export type Layout = {
  /** Index in the log's tuple for each staged column. */
  readonly from: Int32Array;
  /** Object id to write into an array's bytes for each staged column; 0 to leave them. */
  readonly element: Uint32Array;
  /** Which staged columns are the key's. */
  readonly isKey: readonly boolean[];
};

/** Have the two tuples the same key, byte for byte? A value that was left as it was is the same. */
export function hasSameKey(bytes: Buffer, layout: Layout, before: Int32Array, after: Int32Array): boolean {
  for (let j = 0; j < layout.from.length; j++) {
    if (layout.isKey[j] !== true) continue;
    const i = layout.from[j] ?? 0;
    const a = before[i] ?? isNull;
    const b = after[i] ?? isNull;
    if (b === isUnchanged) continue;
    if (a < 0 || b < 0) {
      if (a !== b) return false;
      continue;
    }
    const size = 4 + bytes.readUInt32BE(a);
    if (bytes.compare(bytes, b, b + 4 + bytes.readUInt32BE(b), a, a + size) !== 0) return false;
  }
  return true;
}

/** A row with only the key set: fh_op 0. `isMoved`: an update gave the row another key, and comes next. */
export function writeDelete(
  rows: StagedRows,
  bytes: Buffer,
  layout: Layout,
  before: Int32Array,
  size: number,
  isMoved: boolean,
): void {
  writeHeader(rows, layout.from.length, 0, size);
  rows.length = isMoved ? writeNothing(rows.buffer, rows.length) : writeNull(rows.buffer, rows.length);
  for (let j = 0; j < layout.from.length; j++) {
    const at = layout.isKey[j] === true ? (before[layout.from[j] ?? 0] ?? isNull) : isNull;
    rows.length =
      at < 0
        ? writeNull(rows.buffer, rows.length)
        : writeValue(rows.buffer, rows.length, bytes, at, layout.element[j] ?? 0);
  }
}

/** A whole row: fh_op 1. Values that the update left as they were come from the old tuple where it has them. */
export function writeUpsert(
  rows: StagedRows,
  bytes: Buffer,
  layout: Layout,
  after: Int32Array,
  before: Int32Array | null,
  size: number,
): void {
  const columns = layout.from.length;
  let unchanged = 0;
  for (let j = 0; j < columns; j++) {
    const i = layout.from[j] ?? 0;
    if (after[i] !== isUnchanged) continue;
    if (before !== null && (before[i] ?? isNull) >= 0) after[i] = before[i] ?? isNull;
    else unchanged++;
  }
  writeHeader(rows, columns, 1, size);
  rows.length = unchanged === 0 ? writeNull(rows.buffer, rows.length) : writeBits(rows, layout, after);
  for (let j = 0; j < columns; j++) {
    const at = after[layout.from[j] ?? 0] ?? isNull;
    rows.length =
      at < 0
        ? writeNull(rows.buffer, rows.length)
        : writeValue(rows.buffer, rows.length, bytes, at, layout.element[j] ?? 0);
  }
}

/** Field count, fh_ordinal, fh_seq, fh_op; makes room for the whole row first. */
function writeHeader(rows: StagedRows, columns: number, op: 0 | 1, size: number): void {
  const most = 40 + columns * 4 + (columns >> 3) + size;
  if (rows.length + most > rows.buffer.length) {
    const larger = Buffer.allocUnsafe(Math.max(rows.buffer.length * 2, rows.length + most));
    rows.buffer.copy(larger, 0, 0, rows.length);
    rows.buffer = larger;
  }
  const to = rows.buffer;
  let at = to.writeUInt16BE(columns + 4, rows.length);
  at = to.writeUInt32BE(8, at);
  at = to.writeBigInt64BE(rows.ordinal, at);
  at = to.writeUInt32BE(4, at);
  at = to.writeUInt32BE(rows.sequence, at);
  at = to.writeUInt32BE(2, at);
  rows.length = to.writeUInt16BE(op, at);
  rows.sequence++;
  rows.rows++;
}

function writeBits(rows: StagedRows, layout: Layout, after: Int32Array): number {
  const bytes = (layout.from.length + 7) >> 3;
  const start = rows.buffer.writeUInt32BE(bytes, rows.length);
  rows.buffer.fill(0, start, start + bytes);
  for (let j = 0; j < layout.from.length; j++) {
    if (after[layout.from[j] ?? 0] !== isUnchanged) continue;
    const at = start + (j >> 3);
    rows.buffer[at] = (rows.buffer[at] ?? 0) | (0x80 >> (j & 7));
  }
  rows.hasUnchanged = true;
  return start + bytes;
}

function writeNull(to: Buffer, at: number): number {
  to[at] = 0xff;
  to[at + 1] = 0xff;
  to[at + 2] = 0xff;
  to[at + 3] = 0xff;
  return at + 4;
}

/** A value of no bytes. */
function writeNothing(to: Buffer, at: number): number {
  return to.writeUInt32BE(0, at);
}

/** A value with its length in front is the same in both formats. A native copy pays only from some bytes on. */
function writeValue(to: Buffer, at: number, bytes: Buffer, from: number, element: number): number {
  const size = 4 + bytes.readUInt32BE(from);
  if (size > 48) bytes.copy(to, at, from, from + size);
  else for (let i = 0; i < size; i++) to[at + i] = bytes[from + i] ?? 0;
  // An array's bytes: dimensions, flags, the element type's object id.
  if (element !== 0) to.writeUInt32BE(element, at + 12);
  return at + size;
}
