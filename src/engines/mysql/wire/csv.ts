import { EngineError } from '../../../engine/connection.ts';
import type { Column } from './column.ts';
import { dateRefusal, timeRefusal } from './temporal.ts';

/** Rows of csv, written one field after the other from the server's text of each value. */
export type CsvOut = {
  /** Bytes that wait. */
  readonly length: number;
  /** A row whose values have so many bytes together follows. */
  begin(size: number): void;
  nothing(column: number): void;
  field(column: number, bytes: Buffer, from: number, to: number): void;
  end(): void;
  /** What waits, to be kept by the caller. */
  taken(): Buffer;
};

const comma = 0x2c;
const quote = 0x22;
const point = 0x2e;
const zero = 0x30;
const minus = 0x2d;
const newline = 0x0a;
/** From so many bytes on a native copy pays. */
const longBytes = 48;
const hex = Buffer.from('0123456789abcdef');
const atUtc = Buffer.from('+00');

export function csvOut(columns: readonly Column[], label: string): CsvOut {
  let buffer = Buffer.allocUnsafe(1 << 16);
  let length = 0;

  const copy = (bytes: Buffer, from: number, to: number) => {
    if (to - from > longBytes) length += bytes.copy(buffer, length, from, to);
    else for (let i = from; i < to; i++) buffer[length++] = bytes[i] ?? 0;
  };

  const text = (bytes: Buffer, from: number, to: number) => {
    buffer[length++] = quote;
    if (to - from > longBytes) {
      let at = from;
      for (let next = bytes.indexOf(quote, at); next >= 0 && next < to; next = bytes.indexOf(quote, at)) {
        length += bytes.copy(buffer, length, at, next + 1);
        buffer[length++] = quote;
        at = next + 1;
      }
      length += bytes.copy(buffer, length, at, to);
    } else
      for (let i = from; i < to; i++) {
        const byte = bytes[i] ?? 0;
        buffer[length++] = byte;
        if (byte === quote) buffer[length++] = quote;
      }
    buffer[length++] = quote;
  };

  const binary = (bytes: Buffer, from: number, to: number) => {
    if (from === to) {
      buffer[length++] = quote;
      buffer[length++] = quote;
    } else if (to - from > longBytes) length += buffer.write(bytes.toString('hex', from, to), length, 'latin1');
    else
      for (let i = from; i < to; i++) {
        const byte = bytes[i] ?? 0;
        buffer[length++] = hex[byte >> 4] ?? 0;
        buffer[length++] = hex[byte & 15] ?? 0;
      }
  };

  const decimal = (bytes: Buffer, from: number, to: number) => {
    let end = to;
    const at = bytes.indexOf(point, from);
    if (at >= 0 && at < to) {
      while (bytes[end - 1] === zero) end--;
      if (bytes[end - 1] === point) end--;
    }
    if (bytes[from] === minus && end === from + 2 && bytes[from + 1] === zero) buffer[length++] = zero;
    else copy(bytes, from, end);
  };

  /** Always six digits of a second's fraction. `whole`: characters before the point. */
  const fraction = (bytes: Buffer, from: number, to: number, whole: number) => {
    copy(bytes, from, to);
    if (to - from === whole) buffer[length++] = point;
    for (let digits = Math.max(0, to - from - whole - 1); digits < 6; digits++) buffer[length++] = zero;
  };

  const refused = (column: Column, why: string | null) => {
    if (why !== null) throw new EngineError('statement', `${label}, column '${column.name}': ${why}`);
  };

  return {
    get length() {
      return length;
    },
    begin(size) {
      const most = length + size * 2 + columns.length * 32 + 1;
      if (most <= buffer.length) return;
      const larger = Buffer.allocUnsafe(Math.max(most, buffer.length * 2));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    },
    nothing(i) {
      if (i > 0) buffer[length++] = comma;
    },
    field(i, bytes, from, to) {
      if (i > 0) buffer[length++] = comma;
      const column = columns[i];
      switch (column?.kind) {
        case 'text':
          return text(bytes, from, to);
        case 'binary':
          return binary(bytes, from, to);
        case 'decimal':
          return decimal(bytes, from, to);
        case 'date':
          refused(column, dateRefusal(bytes, from));
          return copy(bytes, from, to);
        case 'time':
          refused(column, timeRefusal(bytes, from, to));
          return fraction(bytes, from, to, 8);
        case 'datetime':
          refused(column, dateRefusal(bytes, from));
          return fraction(bytes, from, to, 19);
        case 'timestamp':
          refused(column, dateRefusal(bytes, from));
          fraction(bytes, from, to, 19);
          return copy(atUtc, 0, 3);
        default:
          return copy(bytes, from, to);
      }
    },
    end() {
      buffer[length++] = newline;
    },
    taken() {
      const full = buffer.subarray(0, length);
      buffer = Buffer.allocUnsafe(Math.max(1 << 16, length + (length >> 2)));
      length = 0;
      return full;
    },
  };
}
