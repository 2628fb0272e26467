import { EngineError } from '../../../engine/connection.ts';

/**
 * MySQL's binary json as text, as MySQL itself writes it (MariaDB keeps json as text).
 * https://dev.mysql.com/doc/dev/mysql-server/latest/json__binary_8h.html
 */
export function jsonText(bytes: Buffer): string {
  return bytes.length === 0 ? 'null' : valueText(bytes, bytes[0] ?? 0, 1);
}

const type = {
  smallObject: 0,
  largeObject: 1,
  smallArray: 2,
  largeArray: 3,
  literal: 4,
  int16: 5,
  uint16: 6,
  int32: 7,
  uint32: 8,
  int64: 9,
  uint64: 10,
  double: 11,
  string: 12,
  opaque: 15,
} as const;

function valueText(bytes: Buffer, of: number, at: number): string {
  switch (of) {
    case type.smallObject:
    case type.largeObject:
      return objectText(bytes, of === type.largeObject, at);
    case type.smallArray:
    case type.largeArray:
      return arrayText(bytes, of === type.largeArray, at);
    case type.literal:
      return bytes[at] === 1 ? 'true' : bytes[at] === 2 ? 'false' : 'null';
    case type.int16:
      return String(bytes.readInt16LE(at));
    case type.uint16:
      return String(bytes.readUInt16LE(at));
    case type.int32:
      return String(bytes.readInt32LE(at));
    case type.uint32:
      return String(bytes.readUInt32LE(at));
    case type.int64:
      return String(bytes.readBigInt64LE(at));
    case type.uint64:
      return String(bytes.readBigUInt64LE(at));
    case type.double:
      return doubleText(bytes.readDoubleLE(at));
    case type.string: {
      const { size, from } = sized(bytes, at);
      return JSON.stringify(bytes.toString('utf8', from, from + size));
    }
    case type.opaque:
      return opaqueText(bytes, at);
    default:
      throw broken(`a value of type ${of}`);
  }
}

/** A double without a fraction is told from an integer by one. */
function doubleText(of: number): string {
  const text = String(of);
  return /^-?\d+$/.test(text) ? `${text}.0` : text.replace('e+', 'e');
}

function objectText(bytes: Buffer, isLarge: boolean, at: number): string {
  const width = isLarge ? 4 : 2;
  const count = bytes.readUIntLE(at, width);
  const keys = at + 2 * width;
  const values = keys + count * (width + 2);
  const members = Array.from({ length: count }, (_, i) => {
    const entry = keys + i * (width + 2);
    const from = at + bytes.readUIntLE(entry, width);
    const key = bytes.toString('utf8', from, from + bytes.readUInt16LE(entry + width));
    return `${JSON.stringify(key)}: ${entryText(bytes, isLarge, at, values + i * (width + 1))}`;
  });
  return `{${members.join(', ')}}`;
}

function arrayText(bytes: Buffer, isLarge: boolean, at: number): string {
  const width = isLarge ? 4 : 2;
  const count = bytes.readUIntLE(at, width);
  const entries = at + 2 * width;
  const elements = Array.from({ length: count }, (_, i) => entryText(bytes, isLarge, at, entries + i * (width + 1)));
  return `[${elements.join(', ')}]`;
}

/** A value that fits stands in its entry; another where the entry says, from the container's start. */
function entryText(bytes: Buffer, isLarge: boolean, container: number, entry: number): string {
  const of = bytes[entry] ?? 0;
  const isInside =
    of === type.literal ||
    of === type.int16 ||
    of === type.uint16 ||
    (isLarge && (of === type.int32 || of === type.uint32));
  return valueText(bytes, of, isInside ? entry + 1 : container + bytes.readUIntLE(entry + 1, isLarge ? 4 : 2));
}

/** Seven bits of a length in each byte, the least first. */
function sized(bytes: Buffer, at: number): { readonly size: number; readonly from: number } {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i] ?? 0;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { size, from: at + i + 1 };
  }
  throw broken('a length without end');
}

const field = { timestamp: 7, date: 10, time: 11, datetime: 12, decimal: 246 } as const;

/** Values of SQL types within json: decimals are numbers, dates and times texts, all else is base64. */
function opaqueText(bytes: Buffer, at: number): string {
  const of = bytes[at] ?? 0;
  const { size, from } = sized(bytes, at + 1);
  switch (of) {
    case field.decimal:
      return decimalText(bytes, from);
    case field.date:
    case field.datetime:
    case field.timestamp: {
      const packed = bytes.readBigInt64LE(from);
      const [days, rest] = [Number(packed >> 41n), Number((packed >> 24n) & 0x1ffffn)];
      const [months, day] = [days >> 5, days & 31];
      const date = `${padded(Math.floor(months / 13), 4)}-${padded(months % 13, 2)}-${padded(day, 2)}`;
      return JSON.stringify(
        of === field.date ? date : `${date} ${clockText(rest)}.${padded(Number(packed & 0xffffffn), 6)}`,
      );
    }
    case field.time: {
      const packed = bytes.readBigInt64LE(from);
      const whole = packed < 0n ? -packed : packed;
      const clock = clockText(Number((whole >> 24n) & 0x3fffffn));
      return JSON.stringify(`${packed < 0n ? '-' : ''}${clock}.${padded(Number(whole & 0xffffffn), 6)}`);
    }
    default:
      return JSON.stringify(`base64:type${of}:${bytes.toString('base64', from, from + size)}`);
  }
}

function clockText(packed: number): string {
  return [packed >> 12, (packed >> 6) & 63, packed & 63].map((part) => padded(part, 2)).join(':');
}

function padded(of: number, width: number): string {
  return String(of).padStart(width, '0');
}

const bytesOfDigits = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/** As in a row, with precision and scale in front. */
function decimalText(bytes: Buffer, from: number): string {
  const [precision = 0, scale = 0] = bytes.subarray(from, from + 2);
  const start = from + 2;
  const isNegative = ((bytes[start] ?? 0) & 0x80) === 0;
  let at = start;
  const group = (digits: number) => {
    let value = 0;
    for (let i = 0; i < (bytesOfDigits[digits] ?? 0); i++, at++) {
      const byte = (bytes[at] ?? 0) ^ (isNegative ? 0xff : 0);
      value = value * 256 + (at === start ? byte ^ 0x80 : byte);
    }
    return digits === 0 ? '' : padded(value, digits);
  };
  const groups = (count: number) => Array.from({ length: count }, () => group(9)).join('');
  const whole = precision - scale;
  const front = (group(whole % 9) + groups(Math.floor(whole / 9))).replace(/^0+(?=\d)/, '') || '0';
  const back = groups(Math.floor(scale / 9)) + group(scale % 9);
  return `${isNegative ? '-' : ''}${front}${back === '' ? '' : `.${back}`}`;
}

function broken(what: string): EngineError {
  return new EngineError('statement', `The log has a json value that cannot be read: ${what}.`);
}
