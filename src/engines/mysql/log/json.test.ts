import { expect, test } from 'vitest';
import { random } from '../../../flow/testing/reference.ts';
import { jsonText } from './json.ts';

/** Encodes as https://dev.mysql.com/doc/dev/mysql-server/latest/json__binary_8h.html says; large from `isLarge` on. */
function encoded(value: unknown, isLarge: boolean): Buffer {
  const { type, bytes } = part(value, isLarge);
  return Buffer.concat([Buffer.of(type), bytes]);
}

type Part = { readonly type: number; readonly bytes: Buffer };

function part(value: unknown, isLarge: boolean): Part {
  if (value === null) return { type: 4, bytes: Buffer.of(0) };
  if (typeof value === 'boolean') return { type: 4, bytes: Buffer.of(value ? 1 : 2) };
  if (typeof value === 'bigint') return integer(value);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return { type: 11, bytes };
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    const sizes: number[] = [];
    for (let rest = text.length; sizes.length === 0 || rest > 0; rest >>= 7)
      sizes.push((rest & 127) | (rest > 127 ? 128 : 0));
    return { type: 12, bytes: Buffer.concat([Buffer.from(sizes), text]) };
  }
  const keys = Array.isArray(value) ? null : Object.keys(Object(value));
  const values = (Array.isArray(value) ? value : Object.values(Object(value))).map((one: unknown) =>
    part(one, isLarge),
  );
  return container(keys, values, isLarge);
}

function integer(value: bigint): Part {
  const bytes = Buffer.alloc(8);
  if (value >= 2n ** 63n) {
    bytes.writeBigUInt64LE(value);
    return { type: 10, bytes };
  }
  bytes.writeBigInt64LE(value);
  if (value >= -(2n ** 15n) && value < 2n ** 15n) return { type: 5, bytes: bytes.subarray(0, 2) };
  if (value > 0n && value < 2n ** 16n) return { type: 6, bytes: bytes.subarray(0, 2) };
  if (value >= -(2n ** 31n) && value < 2n ** 31n) return { type: 7, bytes: bytes.subarray(0, 4) };
  if (value > 0n && value < 2n ** 32n) return { type: 8, bytes: bytes.subarray(0, 4) };
  return { type: 9, bytes };
}

function container(keys: readonly string[] | null, values: readonly Part[], isLarge: boolean): Part {
  const width = isLarge ? 4 : 2;
  const number = (of: number, size: number) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntLE(of, 0, size);
    return bytes;
  };
  const names = (keys ?? []).map((key) => Buffer.from(key));
  let at = 2 * width + names.length * (width + 2) + values.length * (width + 1);
  const keyEntries = names.map((key) => {
    const entry = Buffer.concat([number(at, width), number(key.length, 2)]);
    at += key.length;
    return entry;
  });
  const outside: Buffer[] = [];
  const entries = values.map(({ type, bytes }) => {
    if (type === 4 || type === 5 || type === 6 || (isLarge && (type === 7 || type === 8))) {
      return Buffer.concat([Buffer.of(type), bytes, Buffer.alloc(width - bytes.length)]);
    }
    const entry = Buffer.concat([Buffer.of(type), number(at, width)]);
    outside.push(bytes);
    at += bytes.length;
    return entry;
  });
  const head = [number(values.length, width), number(at, width)];
  const bytes = Buffer.concat([...head, ...keyEntries, ...entries, ...names, ...outside]);
  return { type: (keys === null ? 2 : 0) + (isLarge ? 1 : 0), bytes };
}

/** As MySQL writes it: a blank behind a colon and a comma. */
function text(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value).replace('e+', 'e');
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${text(one)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}

test('a value of each kind', () => {
  for (const value of [
    ...[null, true, false, '', 'x'.repeat(200), 'é"\\\n\u0001', 0n, -1n, 32767n, 65535n, -2147483648n, 4294967295n],
    ...[-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n, 0.5, 1, -1e300, 5e-324, [], {}, [[]], { a: {} }],
  ]) {
    for (const isLarge of [false, true]) expect(jsonText(encoded(value, isLarge))).toBe(text(value));
  }
  expect(jsonText(Buffer.alloc(0))).toBe('null');
  expect(jsonText(Buffer.from('0001000c000b000100050100' + '61', 'hex'))).toBe('{"a": 1}');
});

test('decimals are numbers, and dates and times are texts', () => {
  const opaque = (type: number, bytes: string) => {
    const value = Buffer.from(bytes, 'hex');
    return Buffer.concat([Buffer.of(15, type, value.length), value]);
  };
  expect(jsonText(opaque(246, '0502' + '807b2d'))).toBe('123.45');
  expect(jsonText(opaque(246, '0502' + '7f84d2'))).toBe('-123.45');
  const packed = (year: bigint, month: bigint, day: bigint, seconds: bigint, micros: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(((((year * 13n + month) << 5n) | day) << 41n) | (seconds << 24n) | micros);
    return bytes.toString('hex');
  };
  expect(jsonText(opaque(10, packed(2024n, 2n, 29n, 0n, 0n)))).toBe('"2024-02-29"');
  expect(jsonText(opaque(12, packed(2024n, 2n, 29n, (23n << 12n) | (59n << 6n) | 58n, 7n)))).toBe(
    '"2024-02-29 23:59:58.000007"',
  );
  expect(jsonText(opaque(252, '616263'))).toBe('"base64:type252:YWJj"');
});

test('random values of all kinds within each other', () => {
  const seed = Math.floor(Math.random() * 1e9);
  console.log(`json: seed ${seed}`);
  const draw = random(seed);
  const below = (n: number) => Math.floor(draw() * n);
  const value = (depth: number): unknown => {
    const kind = below(depth > 3 ? 6 : 8);
    if (kind === 0) return [null, true, false][below(3)];
    if (kind === 1) return BigInt(below(200_000) - 100_000);
    if (kind === 2) return BigInt(Math.floor((draw() - 0.5) * 2 ** 62));
    if (kind === 3) return draw() * 10 ** below(40);
    if (kind < 6) return 'ž"x\\'.repeat(below(60));
    const members = Array.from({ length: below(5) }, () => value(depth + 1));
    return kind === 6 ? members : Object.fromEntries(members.map((one, i) => [`k${i}${'y'.repeat(below(9))}`, one]));
  };
  for (let n = 0; n < 500; n++) {
    const one = value(0);
    const isLarge = below(2) === 0;
    expect(jsonText(encoded(one, isLarge))).toBe(text(one));
  }
});
