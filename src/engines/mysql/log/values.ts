import { unreachable } from '../../../base/must.ts';
import type { StagedRows } from '../../../engine/capture.ts';
import { EngineError } from '../../../engine/connection.ts';
import { noDate, noTime } from '../wire/temporal.ts';
import { decimalBytes, type Field } from './field.ts';
import { jsonText } from './json.ts';

/**
 * Values of the log as csv, each the transport text of its type, written straight into the staged rows: no JavaScript
 * object for a value. Who calls has made room for `mostBytes`.
 */

const zero = 0x30;
const quote = 0x22;
const point = 0x2e;
const minus = 0x2d;
const dash = 0x2d;
const colon = 0x3a;
const space = 0x20;
const hex = Buffer.from('0123456789abcdef');
const longBytes = 48;

/** Bytes of csv that a row of so many values and bytes takes at most, members aside. */
export function mostBytes(values: number, bytes: number, hasJson: boolean): number {
  // The longest number or time is 80 characters. A byte of a character set of single bytes may become three, or two quotes; a
  // byte of MySQL's json six, and a quote of it two.
  return values * 96 + bytes * (hasJson ? 12 : 4);
}

/** `from` to `end`: the value without its length. */
export function writeField(rows: StagedRows, field: Field, bytes: Buffer, from: number, end: number): void {
  switch (field.write) {
    case 'int':
      writeInt(rows, bytes, from, field.size, field.isUnsigned);
      return;
    case 'boolean': {
      const start = rows.length;
      writeInt(rows, bytes, from, field.size, true);
      asBoolean(rows, start);
      return;
    }
    case 'bits': {
      const start = rows.length;
      writeBits(rows, bytes, from, field.size);
      if (field.precision === 0 && field.scale === 1) asBoolean(rows, start);
      return;
    }
    case 'year': {
      const year = bytes[from] ?? 0;
      digits(rows, year === 0 ? 0 : 1900 + year);
      return;
    }
    case 'decimal':
      writeDecimal(rows, field, bytes, from);
      return;
    case 'float':
      ascii(rows, String(bytes.readFloatLE(from)));
      return;
    case 'double':
      ascii(rows, String(bytes.readDoubleLE(from)));
      return;
    case 'text':
      writeText(rows, field, bytes, from, end);
      return;
    case 'binary':
      writeHex(rows, bytes, from, end, field.size);
      return;
    case 'uuid':
      writeUuid(rows, bytes, from, end);
      return;
    case 'enum': {
      const index = field.size === 1 ? (bytes[from] ?? 0) : bytes.readUInt16LE(from);
      quoted(rows, field.members[index - 1] ?? nothing);
      return;
    }
    case 'set':
      writeSet(rows, field, bytes, from);
      return;
    case 'json':
      quoted(rows, Buffer.from(jsonText(bytes.subarray(from, end))));
      return;
    case 'date':
      writeDate(rows, field, bytes, from);
      return;
    case 'time':
    case 'interval':
      writeTime(rows, field, bytes, from);
      return;
    case 'datetime':
      writeDatetime(rows, field, bytes, from);
      return;
    case 'timestamp':
      writeTimestamp(rows, field, bytes, from);
      return;
    default:
      unreachable(field.write);
  }
}

const nothing = Buffer.alloc(0);

function ascii(rows: StagedRows, text: string): void {
  for (let i = 0; i < text.length; i++) rows.buffer[rows.length++] = text.charCodeAt(i);
}

/** A non-negative integer that JavaScript counts exactly. */
export function digits(rows: StagedRows, of: number): void {
  if (of > 0xffffffff) {
    digits(rows, Math.floor(of / 1e9));
    fixed(rows, of % 1e9, 9);
    return;
  }
  let width = 1;
  for (let power = 10; width < 10 && of >= power; power *= 10) width++;
  fixed(rows, of, width);
}

function fixed(rows: StagedRows, of: number, width: number): void {
  let rest = of;
  for (let i = rows.length + width - 1; i >= rows.length; i--) {
    const next = Math.floor(rest / 10);
    rows.buffer[i] = zero + rest - next * 10;
    rest = next;
  }
  rows.length += width;
}

function writeInt(rows: StagedRows, bytes: Buffer, at: number, size: number, isUnsigned: boolean): void {
  if (size === 8) {
    writeLongInt(rows, bytes, at, isUnsigned);
    return;
  }
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  const sign = 2 ** (size * 8 - 1);
  if (!isUnsigned && value >= sign) {
    rows.buffer[rows.length++] = minus;
    value = sign * 2 - value;
  }
  digits(rows, value);
}

function writeLongInt(rows: StagedRows, bytes: Buffer, at: number, isUnsigned: boolean): void {
  const high = isUnsigned ? bytes.readUInt32LE(at + 4) : bytes.readInt32LE(at + 4);
  if (high >= 0 && high < 0x200000) digits(rows, high * 2 ** 32 + bytes.readUInt32LE(at));
  else ascii(rows, String(isUnsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at)));
}

function writeBits(rows: StagedRows, bytes: Buffer, at: number, size: number): void {
  let value = 0n;
  for (let i = 0; i < size; i++) value = value * 256n + BigInt(bytes[at + i] ?? 0);
  ascii(rows, String(value));
}

/** 0 and 1 are f and t; any other number stays, and is refused as no boolean. */
function asBoolean(rows: StagedRows, start: number): void {
  if (rows.length !== start + 1) return;
  if (rows.buffer[start] === zero) rows.buffer[start] = 0x66;
  else if (rows.buffer[start] === zero + 1) rows.buffer[start] = 0x74;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/classDecoder.html: groups of nine digits, of negative ones inverted. */
function writeDecimal(rows: StagedRows, { precision, scale }: Field, bytes: Buffer, from: number): void {
  const start = rows.length;
  const isNegative = ((bytes[from] ?? 0) & 0x80) === 0;
  const mask = isNegative ? 0xff : 0;
  // The first bit says the sign, and is no digit.
  const sign = mask ^ 0x80;
  let at = from;
  if (isNegative) rows.buffer[rows.length++] = minus;
  const whole = precision - scale;
  const first = rows.length;
  for (let left = whole; left > 0; ) {
    const width = left % 9 === 0 ? 9 : left % 9;
    const value = groupOf(bytes, at, decimalBytes(width), at === from ? sign : mask, mask);
    if (rows.length > first) fixed(rows, value, width);
    else if (value > 0) digits(rows, value);
    at += decimalBytes(width);
    left -= width;
  }
  if (rows.length === first) rows.buffer[rows.length++] = zero;
  if (scale > 0) {
    rows.buffer[rows.length++] = point;
    for (let left = scale; left > 0; ) {
      const width = Math.min(9, left);
      fixed(rows, groupOf(bytes, at, decimalBytes(width), at === from ? sign : mask, mask), width);
      at += decimalBytes(width);
      left -= width;
    }
    while (rows.buffer[rows.length - 1] === zero) rows.length--;
    if (rows.buffer[rows.length - 1] === point) rows.length--;
  }
  if (isNegative && rows.length === start + 2 && rows.buffer[start + 1] === zero) {
    rows.buffer[start] = zero;
    rows.length = start + 1;
  }
}

function groupOf(bytes: Buffer, at: number, size: number, firstMask: number, mask: number): number {
  let value = (bytes[at] ?? 0) ^ firstMask;
  for (let i = 1; i < size; i++) value = value * 256 + ((bytes[at + i] ?? 0) ^ mask);
  return value;
}

function writeText(rows: StagedRows, { encoding }: Field, bytes: Buffer, from: number, end: number): void {
  if (encoding === null || encoding.kind === 'utf8') {
    quotedPart(rows, bytes, from, end);
    return;
  }
  if (encoding.kind === 'decoder') {
    quoted(rows, Buffer.from(encoding.decode(bytes.subarray(from, end))));
    return;
  }
  rows.buffer[rows.length++] = quote;
  for (let i = from; i < end; i++) {
    const byte = bytes[i] ?? 0;
    const character = encoding.table[byte] ?? nothing;
    for (let j = 0; j < character.length; j++) rows.buffer[rows.length++] = character[j] ?? 0;
    if (byte === quote) rows.buffer[rows.length++] = quote;
  }
  rows.buffer[rows.length++] = quote;
}

function quoted(rows: StagedRows, text: Buffer): void {
  quotedPart(rows, text, 0, text.length);
}

export function makeRoom(rows: StagedRows, bytes: number): void {
  if (rows.length + bytes <= rows.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(rows.buffer.length * 2, rows.length + bytes));
  rows.buffer.copy(larger, 0, 0, rows.length);
  rows.buffer = larger;
}

function quotedPart(rows: StagedRows, bytes: Buffer, from: number, end: number): void {
  rows.buffer[rows.length++] = quote;
  if (end - from > longBytes) {
    let at = from;
    const part = bytes.subarray(from, end);
    for (let next = part.indexOf(quote); next >= 0; next = part.indexOf(quote, next + 1)) {
      rows.length += bytes.copy(rows.buffer, rows.length, at, from + next + 1);
      rows.buffer[rows.length++] = quote;
      at = from + next + 1;
    }
    rows.length += bytes.copy(rows.buffer, rows.length, at, end);
  } else
    for (let i = from; i < end; i++) {
      const byte = bytes[i] ?? 0;
      rows.buffer[rows.length++] = byte;
      if (byte === quote) rows.buffer[rows.length++] = quote;
    }
  rows.buffer[rows.length++] = quote;
}

/** Of a column of fixed length the log leaves out the zeros behind. */
function writeHex(rows: StagedRows, bytes: Buffer, from: number, end: number, size: number): void {
  if (end === from && size === 0) {
    rows.buffer[rows.length++] = quote;
    rows.buffer[rows.length++] = quote;
    return;
  }
  if (end - from > longBytes) {
    rows.length += rows.buffer.write(bytes.toString('hex', from, end), rows.length, 'latin1');
  } else
    for (let i = from; i < end; i++) {
      const byte = bytes[i] ?? 0;
      rows.buffer[rows.length++] = hex[byte >> 4] ?? 0;
      rows.buffer[rows.length++] = hex[byte & 15] ?? 0;
    }
  for (let i = end - from; i < size; i++) {
    rows.buffer[rows.length++] = zero;
    rows.buffer[rows.length++] = zero;
  }
}

const uuidDashes: ReadonlySet<number> = new Set([4, 6, 8, 10]);

function writeUuid(rows: StagedRows, bytes: Buffer, from: number, end: number): void {
  for (let i = 0; i < 16; i++) {
    if (uuidDashes.has(i)) rows.buffer[rows.length++] = dash;
    const at = from + i;
    const byte = at < end ? (bytes[at] ?? 0) : 0;
    rows.buffer[rows.length++] = hex[byte >> 4] ?? 0;
    rows.buffer[rows.length++] = hex[byte & 15] ?? 0;
  }
}

function writeSet(rows: StagedRows, { size, members }: Field, bytes: Buffer, from: number): void {
  const chosen = members.filter((_, i) => (((bytes[from + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 1 && i < size * 8);
  quoted(rows, Buffer.from(chosen.map((member) => member.toString()).join(',')));
}

function date(rows: StagedRows, year: number, month: number, day: number): void {
  fixed(rows, year, 4);
  rows.buffer[rows.length++] = dash;
  fixed(rows, month, 2);
  rows.buffer[rows.length++] = dash;
  fixed(rows, day, 2);
}

function clock(rows: StagedRows, hours: number, minutes: number, seconds: number): void {
  fixed(rows, hours, hours > 99 ? 3 : 2);
  rows.buffer[rows.length++] = colon;
  fixed(rows, minutes, 2);
  rows.buffer[rows.length++] = colon;
  fixed(rows, seconds, 2);
}

/** Six digits; in a text, as many as the column has. */
function fractionOf(rows: StagedRows, { isText, fraction }: Field, micros: number): void {
  if (isText && fraction === 0) return;
  rows.buffer[rows.length++] = point;
  if (isText) fixed(rows, Math.floor(micros / 10 ** (6 - fraction)), fraction);
  else fixed(rows, micros, 6);
}

function writeDate(rows: StagedRows, field: Field, bytes: Buffer, from: number): void {
  const packed = bytes.readUIntLE(from, 3);
  const year = packed >> 9;
  const month = (packed >> 5) & 15;
  const day = packed & 31;
  const start = rows.length;
  date(rows, year, month, day);
  refuseNoDate(rows, field, start, year, month, day);
}

function refuseNoDate(rows: StagedRows, field: Field, start: number, year: number, month: number, day: number): void {
  if (field.isText || (year > 0 && month > 0 && day > 0)) return;
  throw new EngineError('statement', `${field.label}: ${noDate(rows.buffer.toString('latin1', start, start + 10))}`);
}

/** Microseconds of the one to three bytes behind a time. */
function microsOf(bytes: Buffer, at: number, fraction: number): number {
  if (fraction === 0) return 0;
  if (fraction <= 2) return (bytes[at] ?? 0) * 10_000;
  return fraction <= 4 ? bytes.readUInt16BE(at) * 100 : bytes.readUIntBE(at, 3);
}

function writeDatetime(rows: StagedRows, field: Field, bytes: Buffer, from: number): void {
  const packed = bytes.readUIntBE(from, 5) - 2 ** 39;
  const days = Math.floor(packed / 2 ** 17);
  const seconds = packed % 2 ** 17;
  const months = days >> 5;
  const year = Math.floor(months / 13);
  const month = months % 13;
  const day = days & 31;
  const start = rows.length;
  date(rows, year, month, day);
  rows.buffer[rows.length++] = space;
  clock(rows, seconds >> 12, (seconds >> 6) & 63, seconds & 63);
  fractionOf(rows, field, microsOf(bytes, from + 5, field.fraction));
  refuseNoDate(rows, field, start, year, month, day);
}

/** Instants of a log are mostly of one day. */
const lastDay = { days: -1, year: 0, month: 0, day: 0 };

function writeTimestamp(rows: StagedRows, field: Field, bytes: Buffer, from: number): void {
  const instant = bytes.readUInt32BE(from);
  const start = rows.length;
  const micros = microsOf(bytes, from + 4, field.fraction);
  if (instant === 0 && micros === 0) {
    date(rows, 0, 0, 0);
    refuseNoDate(rows, field, start, 0, 0, 0);
  } else {
    const days = Math.floor(instant / 86_400);
    if (days !== lastDay.days) {
      const at = new Date(days * 86_400_000);
      Object.assign(lastDay, { days, year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() });
    }
    date(rows, lastDay.year, lastDay.month, lastDay.day);
  }
  rows.buffer[rows.length++] = space;
  clock(rows, Math.floor(instant / 3600) % 24, Math.floor(instant / 60) % 60, instant % 60);
  fractionOf(rows, field, micros);
  if (!field.isText) ascii(rows, '+00');
}

function writeTime(rows: StagedRows, field: Field, bytes: Buffer, from: number): void {
  const fractionBytes = (field.fraction + 1) >> 1;
  const unit = 2 ** (8 * fractionBytes);
  const packed = bytes.readUIntBE(from, 3 + fractionBytes) - 2 ** 23 * unit;
  const whole = Math.floor(Math.abs(packed) / unit);
  const micros = (Math.abs(packed) % unit) * (fractionBytes === 1 ? 10_000 : fractionBytes === 2 ? 100 : 1);
  const hours = (whole >> 12) & 0x3ff;
  const minutes = (whole >> 6) & 63;
  const seconds = whole & 63;
  if (field.write === 'interval') {
    const all = (hours * 3600 + minutes * 60 + seconds) * 1e6 + micros;
    ascii(rows, `0 months 0 days ${packed < 0 && all > 0 ? '-' : ''}${all} microseconds`);
    return;
  }
  const start = rows.length;
  if (packed < 0) rows.buffer[rows.length++] = minus;
  clock(rows, hours, minutes, seconds);
  fractionOf(rows, field, micros);
  const isOfDay = packed >= 0 && (hours < 24 || (hours === 24 && minutes + seconds + micros === 0));
  if (!field.isText && !isOfDay)
    throw new EngineError('statement', `${field.label}: ${noTime(rows.buffer.toString('latin1', start, rows.length))}`);
}
