import type { StagedRows } from '../../../engine/capture.ts';
import type { Layout } from './layout.ts';
import { digits, makeRoom, mostBytes, writeField } from './values.ts';

/**
 * Rows of the log, rewritten as rows of csv. A scanned row is two arrays of offsets: where each column's value begins and
 * ends, or one of two signs.
 */
const isNull = -1;
const isAbsent = -2;

export type Scanned = { readonly from: Int32Array; readonly end: Int32Array };

export function newScanned(columns: number): Scanned {
  return { from: new Int32Array(columns), end: new Int32Array(columns) };
}

/** `present`: where the bitmap of the columns that the row has begins. Gives where the row ends. */
export function scanRow(bytes: Buffer, at: number, present: number, layout: Layout, into: Scanned): number {
  const columns = layout.sizes.length;
  let has = 0;
  for (let i = 0; i < columns; i++) has += ((bytes[present + (i >> 3)] ?? 0) >> (i & 7)) & 1;
  const nulls = at;
  let end = at + ((has + 7) >> 3);
  for (let i = 0, n = 0; i < columns; i++) {
    if ((((bytes[present + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 0) {
      into.from[i] = isAbsent;
      continue;
    }
    const isNullHere = (((bytes[nulls + (n >> 3)] ?? 0) >> (n & 7)) & 1) === 1;
    n++;
    if (isNullHere) {
      into.from[i] = isNull;
      continue;
    }
    const prefix = layout.prefixes[i] ?? 0;
    const size =
      prefix === 0 ? (layout.sizes[i] ?? 0) : prefix === 1 ? (bytes[end] ?? 0) : bytes.readUIntLE(end, prefix);
    end += prefix;
    into.from[i] = end;
    end += size;
    into.end[i] = end;
  }
  return end;
}

/** Has each row whose columns the bitmap says what is staged of it: the key's columns, or all? */
export function hasAll(bytes: Buffer, present: number, layout: Layout, which: 'key' | 'all'): boolean {
  for (let j = 0; j < layout.from.length; j++) {
    const i = layout.from[j] ?? 0;
    const isThere = (((bytes[present + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 1;
    if (!isThere && (which === 'all' || layout.isKey[j] === true)) return false;
  }
  return true;
}

/** Have the two rows the same key, byte for byte? */
export function hasSameKey(bytes: Buffer, layout: Layout, before: Scanned, after: Scanned): boolean {
  for (let j = 0; j < layout.from.length; j++) {
    if (layout.isKey[j] !== true) continue;
    const i = layout.from[j] ?? 0;
    const a = before.from[i] ?? isNull;
    const b = after.from[i] ?? isNull;
    if (a < 0 || b < 0) {
      if (a !== b) return false;
    } else if (bytes.compare(bytes, b, after.end[i] ?? b, a, before.end[i] ?? a) !== 0) return false;
  }
  return true;
}

/**
 * A row with only the key set: fh_op 0. `size`: the bytes of the row in the log. `isMoved`: an update gave the row another key, and
 * comes next.
 */
export function writeDelete(
  rows: StagedRows,
  bytes: Buffer,
  layout: Layout,
  before: Scanned,
  size: number,
  isMoved: boolean,
): void {
  begin(rows, layout, zero, size);
  // In quotes it is a value of no bytes, and none.
  if (isMoved) rows.length += rows.buffer.write('""', rows.length, 'latin1');
  for (let j = 0; j < layout.from.length; j++) writeValue(rows, bytes, layout, before, j, layout.isKey[j] === true);
  rows.buffer[rows.length++] = newline;
}

/** A whole row: fh_op 1. */
export function writeUpsert(rows: StagedRows, bytes: Buffer, layout: Layout, after: Scanned, size: number): void {
  begin(rows, layout, one, size);
  for (let j = 0; j < layout.from.length; j++) writeValue(rows, bytes, layout, after, j, true);
  rows.buffer[rows.length++] = newline;
}

const comma = 0x2c;
const newline = 0x0a;
const zero = 0x30;
const one = 0x31;

/** fh_ordinal, fh_seq, fh_op, and nothing in fh_unchanged yet; makes room for the whole row first. */
function begin(rows: StagedRows, layout: Layout, op: number, size: number): void {
  makeRoom(rows, 64 + mostBytes(layout.from.length, size, layout.hasJson) + layout.more);
  if (rows.ordinal <= maxSafe) digits(rows, Number(rows.ordinal));
  else rows.length += rows.buffer.write(String(rows.ordinal), rows.length, 'latin1');
  rows.buffer[rows.length++] = comma;
  digits(rows, rows.sequence);
  rows.buffer[rows.length++] = comma;
  rows.buffer[rows.length++] = op;
  rows.buffer[rows.length++] = comma;
  rows.sequence++;
  rows.rows++;
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

function writeValue(rows: StagedRows, bytes: Buffer, layout: Layout, row: Scanned, j: number, isWanted: boolean): void {
  rows.buffer[rows.length++] = comma;
  if (!isWanted) return;
  const i = layout.from[j] ?? 0;
  const from = row.from[i] ?? isNull;
  if (from < 0) return;
  const field = layout.fields[j];
  if (field === undefined) return;
  writeField(rows, field, bytes, from, row.end[i] ?? from);
}
