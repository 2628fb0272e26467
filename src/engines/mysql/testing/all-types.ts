import { must } from '../../../base/must.ts';
import { list, name, type Sql, sql, words } from '../../../sql/sql.ts';
import { parseType } from '../../../types/text.ts';
import type { Type } from '../../../types/type.ts';

/**
 * A column of MySQL's, the type that a model says of it, and values as SQL. `neutral` is what the catalogue finds where that
 * is another.
 */
export type TypedColumn = {
  readonly physical: string;
  readonly type: string;
  readonly neutral?: string;
  readonly values: readonly string[];
};

const hex = (text: string) => `x'${Buffer.from(text, 'utf8').toString('hex')}'`;
const every = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)).toString('hex');
const texts = [
  "''",
  "' '",
  "'a'",
  "'\"'",
  "''''",
  "'\\'",
  "','",
  "'\\N'",
  hex('a\nb\r\n\t'),
  hex('žluťoučký kůň 漢字 👩‍👩‍👧‍👦'),
];

export const typedColumns: readonly TypedColumn[] = [
  { physical: 'tinyint', type: 'int8', values: ['0', '-128', '127'] },
  { physical: 'tinyint unsigned', type: 'int16', values: ['0', '128', '255'] },
  { physical: 'smallint', type: 'int16', values: ['0', '-32768', '32767'] },
  { physical: 'smallint unsigned', type: 'int32', values: ['0', '65535'] },
  { physical: 'mediumint', type: 'int32', values: ['0', '-8388608', '8388607', '-1'] },
  { physical: 'mediumint unsigned', type: 'int32', values: ['0', '16777215'] },
  { physical: 'int', type: 'int32', values: ['0', '-2147483648', '2147483647', '-1'] },
  { physical: 'int(10) unsigned', type: 'int64', values: ['0', '4294967295'] },
  { physical: 'int(6) unsigned zerofill', type: 'int64', values: ['0', '42', '4294967295'] },
  {
    physical: 'bigint',
    type: 'int64',
    values: ['0', '-9223372036854775808', '9223372036854775807', '-1', '4294967296'],
  },
  {
    physical: 'bigint unsigned',
    type: 'decimal(20,0)',
    values: ['0', '18446744073709551615', '9223372036854775808', '1'],
  },
  { physical: 'year', type: 'int16', values: ['0', '1901', '2155'] },
  { physical: 'bit(1)', type: 'boolean', values: ["b'0'", "b'1'"] },
  { physical: 'bit(5)', type: 'int8', values: ["b'0'", "b'10101'"] },
  { physical: 'bit(9)', type: 'int16', values: ["b'100000001'", "b'0'"] },
  { physical: 'bit(63)', type: 'int64', values: ['9223372036854775807', '1'] },
  { physical: 'bit(64)', type: 'decimal(20,0)', values: ['18446744073709551615', '0'] },
  { physical: 'tinyint(1)', type: 'boolean', neutral: 'int8', values: ['0', '1'] },
  {
    physical: 'decimal(12,2)',
    type: 'decimal(12,2)',
    values: ['0', '-0.5', '10.50', '120', '9999999999.99', '-9999999999.99', '-0.01'],
  },
  {
    physical: 'decimal(65,30)',
    type: 'decimal(65,30)',
    values: [`${'9'.repeat(35)}.${'9'.repeat(30)}`, `-${'1'.repeat(35)}.${'0'.repeat(29)}1`, '0'],
  },
  {
    physical: 'decimal(65,0)',
    type: 'decimal(65,0)',
    values: ['9'.repeat(65), `-${'8'.repeat(65)}`, '1000000000', '0'],
  },
  { physical: 'decimal(4,4)', type: 'decimal(4,4)', values: ['0', '0.1', '-0.0001', '0.9999'] },
  { physical: 'decimal(9,0)', type: 'decimal(9,0)', values: ['123456789', '-1', '100'] },
  {
    physical: 'decimal(20,7)',
    type: 'decimal',
    neutral: 'decimal(20,7)',
    values: ['1234567890123.0000001', '-0.1000000', '1'],
  },
  {
    physical: 'double',
    type: 'float64',
    values: [
      '0',
      '1',
      '-1.5e0',
      '0.1e0',
      '1e23',
      '9007199254740992',
      '5e-324',
      '1.7976931348623157e308',
      '-2.2250738585072014e-308',
      '1e0/3e0',
    ],
  },
  {
    physical: 'float',
    type: 'float32',
    values: [
      '0',
      '1',
      '-1.5',
      '0.1',
      '1e10',
      '16777217',
      '1.401298464324817e-45',
      '3.4028234663852886e38',
      '1.1754942e-38',
      '-7e-46',
    ],
  },
  { physical: 'double(10,2)', type: 'float64', values: ['0.1', '-99999999.99'] },
  { physical: 'char(5)', type: 'char(5)', values: ["''", "'ab'", "' ab'", "'žluťo'", "'ab   '"] },
  { physical: 'varchar(40)', type: 'varchar(40)', values: texts },
  {
    physical: 'varchar(40) character set latin1',
    type: 'varchar(40)',
    values: ["'é'", hex('€uro').replace('x', '_utf8mb4 x'), "'plain'"],
  },
  {
    physical: 'varchar(40) character set utf16',
    type: 'varchar(40)',
    values: ["'é漢'", "'plain'", hex('👩').replace('x', '_utf8mb4 x')],
  },
  {
    physical: 'varchar(40) character set cp1251',
    type: 'text',
    neutral: 'varchar(40)',
    values: ["'Привет'", "'plain'"],
  },
  { physical: 'varchar(1000)', type: 'text', neutral: 'varchar(1000)', values: ["repeat('é',1000)", "''", "'a'"] },
  { physical: 'tinytext', type: 'text', values: texts },
  { physical: 'text', type: 'text', values: texts },
  { physical: 'mediumtext character set utf8mb3', type: 'text', values: ["'漢'", "repeat('x\"', 40000)"] },
  { physical: 'longtext', type: 'text', values: [...texts, "repeat('x', 100000)"] },
  { physical: 'binary(3)', type: 'binary', values: ["x'00'", "x'00ff0a'", "''"] },
  { physical: 'varbinary(300)', type: 'binary', values: ["''", "x'00'", `x'${every}'`] },
  { physical: 'blob', type: 'binary', values: ["''", `x'${every}'`, "repeat(x'00', 60000)"] },
  { physical: 'longblob', type: 'binary', values: ["''", "x'5c'", "repeat(x'ff', 200000)"] },
  { physical: 'date', type: 'date', values: ["'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'0001-01-01'"] },
  { physical: 'date', type: 'text', neutral: 'date', values: ["'0000-00-00'", "'2024-00-00'", "'2024-02-29'"] },
  { physical: 'time', type: 'time(0)', values: ["'00:00:00'", "'23:59:59'", "'24:00:00'"] },
  { physical: 'time(6)', type: 'time', values: ["'00:00:00'", "'23:59:59.999999'", "'12:34:56.7'"] },
  {
    physical: 'time(3)',
    type: 'interval',
    neutral: 'time(3)',
    values: ["'-838:59:59'", "'838:59:59.000'", "'-00:00:00.5'", "'00:00:00.001'", "'-01:02:03.999'"],
  },
  { physical: 'time(2)', type: 'text', neutral: 'time(2)', values: ["'-100:00:00.25'", "'00:00:01'"] },
  {
    physical: 'datetime',
    type: 'timestamp(0)',
    values: ["'2024-03-31 02:30:00'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
  },
  {
    physical: 'datetime(6)',
    type: 'timestamp',
    values: ["'1969-12-31 23:59:59.999999'", "'2024-02-29 12:00:00.1'", "'0001-01-01'"],
  },
  {
    physical: 'datetime(1)',
    type: 'text',
    neutral: 'timestamp(1)',
    values: ["'0000-00-00 00:00:00'", "'2024-01-00 10:11:12.5'"],
  },
  {
    physical: 'timestamp',
    type: 'timestamptz(0)',
    values: ["'2024-03-31 00:59:59'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"],
  },
  {
    physical: 'timestamp(6)',
    type: 'timestamptz',
    values: ["'2024-10-27 00:30:00.000001'", "'2024-10-27 01:30:00.5'"],
  },
  {
    physical: 'timestamp(2)',
    type: 'text',
    neutral: 'timestamptz(2)',
    values: ["'0000-00-00 00:00:00'", "'2024-10-27 01:30:00.5'"],
  },
  {
    physical: "enum('new','it''s','a,b','')",
    type: "enum('new','it''s','a,b','')",
    values: ["'new'", "'it''s'", "'a,b'", "''"],
  },
  { physical: "enum('x','Žádná') character set latin2", type: "enum('x','Žádná')", values: ["'Žádná'", "'x'"] },
  { physical: "set('a','b','ž c')", type: 'text', values: ["''", "'a'", "'a,ž c'", "'a,b,ž c'"] },
  {
    physical: 'json',
    type: 'json',
    values: ["'null'", "'0.10'", `'{"b": [1, 2,{"ž": null}], "a":"x\\\\\\"y"}'`, "'[]'"],
  },
  {
    physical: 'uuid',
    type: 'uuid',
    values: [
      "'00000000-0000-0000-0000-000000000000'",
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
      "'123e4567-e89b-12d3-a456-426614174000'",
      "'FFFFFFFF-FFFF-7FFF-8FFF-FFFFFFFFFFFF'",
    ],
  },
];

export const columnName = (i: number): string => `c${i}`;
export const typeOf = ({ type }: { readonly type: string }): Type => must(parseType(type), type);

/** `create table <database>.t`, with a key `id` and a column of each type. */
export function createTable(database: string, table: string, columns = typedColumns): Sql {
  const declared = columns.map(({ physical }, i) => sql`${name(columnName(i))} ${words(physical)} null default null`);
  return sql`create table ${name(database, table)} (id int not null primary key, ${list(declared, ',\n  ')})`;
}

/** A row of the nth value of each column; past a column's values it is null. Zero dates need a lenient session. */
export function insertRow(database: string, table: string, id: number, nth: number, columns = typedColumns): Sql {
  const values = columns.map(({ values: of }) => words(of[nth] ?? 'null'));
  return sql`insert into ${name(database, table)} values (${words(String(id))}, ${list(values)})`;
}

/** Lets a session write what is no date. */
export const lenient = sql`set session sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,ALLOW_INVALID_DATES'`;
