import type { Type } from '../../types/type.ts';

/** A value of a type: its transport text, and its canonical text where that differs. */
export type Value = {
  readonly text: string;
  readonly canonical?: string;
  /** The transport text that comes back, where it is another spelling of the same; null: any, since engines differ. */
  readonly back?: string | null;
};

export type ValuesOfType = { readonly type: Type; readonly values: readonly Value[] };

const plain = (...texts: readonly string[]): readonly Value[] => texts.map((text) => ({ text }));

/** Ordinary and extreme values of every type: what each engine must hold exactly, or refuse aloud. */
export const valuesByType: readonly ValuesOfType[] = [
  { type: { kind: 'boolean' }, values: plain('t', 'f') },
  { type: { kind: 'int', bits: 8 }, values: plain('0', '-128', '127') },
  { type: { kind: 'int', bits: 16 }, values: plain('0', '-32768', '32767') },
  { type: { kind: 'int', bits: 32 }, values: plain('0', '-2147483648', '2147483647') },
  { type: { kind: 'int', bits: 64 }, values: plain('0', '-9223372036854775808', '9223372036854775807') },
  {
    type: { kind: 'decimal', precision: 12, scale: 2 },
    values: [
      ...plain('0', '1', '-0.5', '10.5', '120', '9999999999.99', '-9999999999.99', 'NaN'),
      { text: '120.00', canonical: '120', back: '120' },
      { text: '-0.00', canonical: '0', back: '0' },
    ],
  },
  {
    type: { kind: 'decimal', precision: 38, scale: 10 },
    values: plain('1234567890123456789012345678.0123456789', '-0.0000000001'),
  },
  { type: { kind: 'decimal', precision: 4, scale: 4 }, values: plain('0', '0.1', '-0.0001', '0.9999') },
  { type: { kind: 'decimal', precision: 60, scale: 0 }, values: plain('9'.repeat(60), `-${'9'.repeat(60)}`) },
  {
    type: { kind: 'decimal', precision: null, scale: null },
    values: plain(
      '0',
      '-0.5',
      '120',
      '9'.repeat(1000),
      `-${'7'.repeat(500)}.${'3'.repeat(500)}`,
      'NaN',
      'Infinity',
      '-Infinity',
    ),
  },
  {
    type: { kind: 'float', bits: 64 },
    values: [
      ...[
        0,
        1,
        -1.5,
        0.1,
        1 / 3,
        1e23,
        9007199254740992,
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        -1e-5,
      ],
      ...[1e15, 1e16, 123456789012345680],
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]
      .map((value): Value => ({ text: String(value), canonical: bits64(value), back: null }))
      .concat({ text: '-0', canonical: '0', back: null }, { text: 'NaN', canonical: 'NaN', back: null }),
  },
  {
    type: { kind: 'float', bits: 32 },
    values: [
      0,
      1,
      -1.5,
      0.1,
      1 / 3,
      1e10,
      16777217,
      1.401298464324817e-45,
      3.4028234663852886e38,
      Number.NEGATIVE_INFINITY,
    ]
      .map((value): Value => ({ text: String(Math.fround(value)), canonical: bits32(value), back: null }))
      .concat({ text: '-0', canonical: '0', back: null }, { text: 'NaN', canonical: 'NaN', back: null }),
  },
  {
    type: { kind: 'char', length: 5 },
    values: [...plain('', 'ab', ' ab', 'žluťo'), { text: 'ab   ', canonical: 'ab', back: 'ab' }],
  },
  { type: { kind: 'varchar', length: 40 }, values: plain('', ' ', 'ab ', 'Příliš žluťoučký kůň') },
  {
    type: { kind: 'text' },
    values: plain(
      ...[
        '',
        ' ',
        'null',
        'NULL',
        '\\N',
        '\\.',
        '"',
        '""',
        "'",
        ',',
        'a,b',
        '"a"',
        '\\',
        'a\\"b',
        '\n',
        '\r',
        '\r\n',
        'a\nb',
        '\t',
      ],
      ...[
        '\\.\n\\.',
        '\u0001\u001f\u007f',
        '\u00a0',
        '\ufeff',
        'e\u0301',
        '\u00e9',
        '漢字',
        '👩‍👩‍👧‍👦',
        '\u{10ffff}',
        'x'.repeat(100_000),
      ],
    ),
  },
  {
    type: { kind: 'binary' },
    values: plain('', '00', 'ff', Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)).toString('hex')),
  },
  {
    type: { kind: 'date' },
    values: plain(
      ...['2024-02-29', '1970-01-01', '0001-01-01', '0001-12-31 BC', '0044-03-15 BC', '4713-01-01 BC', '1582-10-10'],
      ...['9999-12-31', '12024-01-01', '5874897-12-31', 'infinity', '-infinity'],
    ),
  },
  {
    type: { kind: 'time', precision: 6 },
    values: plain('00:00:00.000000', '23:59:59.999999', '12:34:56.700000', '24:00:00.000000'),
  },
  {
    type: { kind: 'timestamp', precision: 6 },
    values: plain(
      ...[
        '2024-03-31 02:30:00.000000',
        '1969-12-31 23:59:59.999999',
        '0001-01-01 00:00:00.000000',
        '9999-12-31 23:59:59.999999',
      ],
      ...['12024-01-02 03:04:05.100000', '294247-01-09 00:00:00.000000', '294276-12-31 23:59:59.999999'],
      ...['0001-12-31 23:59:59.999999 BC', '4713-01-01 00:00:00.000000 BC', 'infinity', '-infinity'],
    ),
  },
  {
    type: { kind: 'timestamptz', precision: 6 },
    values: [
      ...[
        '2024-03-31 00:59:59.999999',
        '2024-03-31 01:00:00.000000',
        '2024-10-27 00:30:00.000000',
        '2024-10-27 01:30:00.000000',
      ],
      ...['1970-01-01 00:00:00.000000', '1883-11-18 12:03:57.000000', '12024-01-02 03:04:05.100000'],
    ]
      .map((canonical): Value => ({ text: `${canonical}+00`, canonical }))
      .concat(
        {
          text: '2024-10-27 02:30:00+02',
          canonical: '2024-10-27 00:30:00.000000',
          back: '2024-10-27 00:30:00.000000+00',
        },
        { text: '0044-03-15 12:00:00.000000+00 BC', canonical: '0044-03-15 12:00:00.000000 BC' },
        { text: 'infinity' },
        { text: '-infinity' },
      ),
  },
  {
    type: { kind: 'interval' },
    values: plain(
      ...[
        '0 months 0 days 0 microseconds',
        '14 months 3 days 5000000 microseconds',
        '-1 months 30 days -1 microseconds',
      ],
      ...[
        '1 months 0 days 0 microseconds',
        '0 months 30 days 0 microseconds',
        '0 months 0 days 2592000000000 microseconds',
      ],
      ...['0 months 0 days 9007199254740993 microseconds', 'infinity', '-infinity'],
    ),
  },
  {
    type: { kind: 'uuid' },
    values: [
      ...plain('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
      {
        text: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
        canonical: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        back: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      },
    ],
  },
  {
    type: { kind: 'json' },
    values: plain(
      ...['null', 'true', '0.10', '123456789012345678901234567890', '""', '[]', '{}', '[1, 2, [3, null]]'],
      ...['{"a": 1, "b": [true, null], "ž": "\\u0001 \\"quoted\\" \\\\"}', '"a\\nb"'],
    ),
  },
  { type: { kind: 'enum', values: ['new', "it's", 'a,b', ''] }, values: plain('new', "it's", 'a,b', '') },
  {
    type: { kind: 'array', of: { kind: 'text' } },
    values: [
      { text: '[]', canonical: '{}' },
      { text: '[""]', canonical: '{""}' },
      { text: '[null]', canonical: '{null}' },
      { text: '["null",null,"a"]', canonical: '{"null",null,"a"}' },
      { text: '["a\\"b","c\\\\d","e,f","{g}","h\\ni"]', canonical: '{"a\\"b","c\\\\d","e,f","{g}","h\ni"}' },
      { text: '["\\u001f"]', canonical: '{"\u001f"}', back: null },
    ],
  },
  {
    type: { kind: 'array', of: { kind: 'int', bits: 64 } },
    values: [{ text: '["1",null,"-9223372036854775808"]', canonical: '{"1",null,"-9223372036854775808"}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'decimal', precision: null, scale: null } },
    values: [{ text: '["0.5","NaN"]', canonical: '{"0.5","NaN"}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'timestamptz', precision: 6 } },
    values: [{ text: '["2024-10-27 00:30:00.000000+00",null]', canonical: '{"2024-10-27 00:30:00.000000",null}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'boolean' } },
    values: [{ text: '["t","f",null]', canonical: '{"t","f",null}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'date' } },
    values: [{ text: '["0044-03-15 BC",null,"12024-01-01"]', canonical: '{"0044-03-15 BC",null,"12024-01-01"}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'interval' } },
    values: [{ text: '["-1 months 30 days -1 microseconds"]', canonical: '{"-1 months 30 days -1 microseconds"}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'json' } },
    values: [{ text: '["{\\"a\\": [1, null]}","null",null]', canonical: '{"{\\"a\\": [1, null]}","null",null}' }],
  },
  {
    type: { kind: 'array', of: { kind: 'float', bits: 64 } },
    values: [{ text: '["0.1",null]', canonical: '{"4591870180066957722",null}', back: null }],
  },
  { type: { kind: 'array', of: { kind: 'binary' } }, values: [{ text: '["00ff",""]', canonical: '{"00ff",""}' }] },
];

function bits64(value: number): string {
  return String(new BigInt64Array(Float64Array.of(value).buffer)[0]);
}

function bits32(value: number): string {
  return String(new Int32Array(Float32Array.of(value).buffer)[0]);
}
