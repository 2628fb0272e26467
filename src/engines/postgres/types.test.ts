import { expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { render } from '../../sql/render.ts';
import { name, type Sql, sql } from '../../sql/sql.ts';
import { parseType } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import { postgresDialect } from './dialect.ts';
import { postgresFacts } from './facts.ts';
import { postgresTypes } from './types.ts';

const typed = (text: string): Type => must(parseType(text), text);
const golden = (statement: Sql) => render(statement, postgresDialect).text.replace(/\s+/g, ' ');
const column = sql`${name('c')}`;

test.each([
  ['boolean', 'boolean'],
  ['int8', 'smallint'],
  ['int16', 'smallint'],
  ['int32', 'integer'],
  ['int64', 'bigint'],
  ['decimal', 'numeric'],
  ['decimal(12,2)', 'numeric(12,2)'],
  ['float32', 'real'],
  ['float64', 'double precision'],
  ['char(3)', 'text'],
  ['varchar(40)', 'text'],
  ['text', 'text'],
  ['binary', 'bytea'],
  ['date', 'date'],
  ['time(3)', 'time'],
  ['timestamp(3)', 'timestamp'],
  ['timestamptz', 'timestamp with time zone'],
  ['interval', 'interval'],
  ['uuid', 'uuid'],
  ['json', 'jsonb'],
  ["enum('a','b')", 'text'],
  ['array(varchar(40))', 'text[]'],
  ['array(timestamptz(3))', 'timestamp with time zone[]'],
])('%s is held as %s', (type, physical) => {
  expect(golden(postgresTypes.physical(typed(type)))).toBe(physical);
  expect(postgresFacts.holds(typed(type))).toEqual({ physical });
});

test('a precision beyond 1000 digits is refused', () => {
  expect(postgresFacts.holds({ kind: 'decimal', precision: 1001, scale: 0 })).toEqual({
    refused: expect.stringContaining('at most 1000 digits'),
  });
});

test('golden: transport text out and in', () => {
  const both = (type: string) => [
    golden(postgresTypes.toTransport(typed(type), column)),
    golden(postgresTypes.fromTransport(typed(type), column)),
  ];
  expect(both('int32')).toEqual(['"c"::text', '"c"::integer']);
  expect(both('decimal(12,2)')).toEqual(['trim_scale("c")::text', '"c"::numeric(12,2)']);
  expect(both('binary')).toEqual([`encode("c", 'hex')`, `decode("c", 'hex')`]);
  expect(both('float64')).toEqual(['"c"::text', '"c"::double precision']);
  expect(both('json')).toEqual(['"c"::text', '"c"::jsonb']);
  expect(both('boolean')).toEqual([`case "c" when true then 't' when false then 'f' end`, '"c"::boolean']);
});

test('golden: canonical text and its hash', () => {
  const text = (type: string) => golden(postgresTypes.canonicalText(typed(type), column));
  expect(text('char(3)')).toBe(`rtrim("c"::text, ' ')`);
  expect(text('time')).toBe(`to_char("c"::interval, 'HH24:MI:SS.US')`);
  expect(text('float32')).toBe(
    `case when "c" = 'NaN'::float4 then 'NaN' when "c" = 0 then '0' else (('x' || encode(float4send("c"), 'hex'))::bit(32)::integer)::text end`,
  );
  expect(golden(postgresTypes.textHash(column))).toBe(`('x' || substr(md5("c"), 1, 15))::bit(60)::bigint`);
});
