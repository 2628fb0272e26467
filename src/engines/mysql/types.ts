import { unreachable } from '../../base/must.ts';
import type { EngineTypes } from '../../engine/connection.ts';
import { literal, type Sql, sql, words } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/**
 * Types of a source. `physical` is the type to cast to, since there are no columns of ours. The spec of transport text and
 * canonical text is in engine/connection.ts; where a transport text is the column itself, `copyOut` writes it as the spec
 * says from what the server sends (wire/csv.ts): six digits of a second, hexadecimal digits, no zeros behind.
 */
export const mysqlTypes: EngineTypes = {
  transports: ['csv'],
  physical: physicalType,
  toTransport,
  fromTransport,
  canonicalText,
  textHash: (text) => sql`cast(conv(left(md5(${text}), 15), 16, 10) as signed)`,
  keyedDigest: ({ inner, outer }, text) =>
    sql`sha2(concat(unhex(${literal(outer)}), unhex(sha2(concat(unhex(${literal(inner)}), convert(${text} using utf8mb4)), 256))), 256)`,
};

/** Why the type is none of MySQL's; null where it is. */
export function refusal(type: Type): string | null {
  switch (type.kind) {
    case 'array':
    case 'struct':
    case 'map':
      return 'MySQL has no such type.';
    case 'decimal':
      return type.precision === null || type.precision > 65 || (type.scale ?? 0) > 38
        ? 'MySQL has decimals of at most 65 digits, 30 of them behind the point (MariaDB 38).'
        : null;
    default:
      return null;
  }
}

export function physicalType(type: Type): Sql {
  switch (type.kind) {
    case 'boolean':
    case 'int':
      return sql`signed`;
    case 'decimal':
      return type.precision === null ? sql`decimal(65,30)` : words(`decimal(${type.precision},${type.scale ?? 0})`);
    case 'float':
      return sql`double`;
    case 'char':
    case 'varchar':
    case 'text':
    case 'enum':
    case 'uuid':
    case 'json':
    case 'interval':
      return sql`char`;
    case 'binary':
      return sql`binary`;
    case 'date':
      return sql`date`;
    case 'time':
      return sql`time(6)`;
    case 'timestamp':
    case 'timestamptz':
      return sql`datetime(6)`;
    case 'array':
    case 'struct':
    case 'map':
      return refused(type);
    default:
      return unreachable(type);
  }
}

/** The select expression of a column that the model says is of the type. */
export function readAs(type: Type, column: Sql): Sql {
  switch (type.kind) {
    case 'boolean':
    case 'int':
      // A number also of what a bit, a year and a column filled with zeros send otherwise.
      return sql`(${column} + 0)`;
    case 'decimal':
      // The widest integers, unsigned and of bits, are such decimals.
      return type.precision === 20 && type.scale === 0 ? sql`(${column} + 0)` : column;
    case 'float':
      // A float sends six digits of its nine; a double all.
      return sql`(${column} + 0e0)`;
    case 'char':
    case 'varchar':
    case 'text':
    case 'enum':
    case 'uuid':
    case 'json':
      // A text also of dates and times, without copying long ones.
      return sql`if(true, ${column}, '')`;
    default:
      return column;
  }
}

function toTransport(type: Type, column: Sql): Sql {
  switch (type.kind) {
    // Anything but 0 and 1 goes as it is, and is refused as no boolean.
    case 'boolean':
    case 'interval':
      return canonicalText(type, column);
    default:
      return column;
  }
}

function fromTransport(type: Type, text: Sql): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`case ${text} when 't' then 1 when 'f' then 0 end`;
    case 'binary':
      return sql`unhex(${text})`;
    case 'timestamptz':
      return sql`cast(replace(${text}, '+00', '') as datetime(6))`;
    default:
      return sql`cast(${text} as ${physicalType(type)})`;
  }
}

function canonicalText(type: Type, column: Sql): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`case ${column} when 1 then 't' when 0 then 'f' else cast(${column} as char) end`;
    case 'int':
      return sql`cast(${column} as char)`;
    case 'decimal':
      return decimalText(column);
    case 'float':
      return type.bits === 64 ? sql`cast(cast(${doubleBits(column)} as signed) as char)` : singleBits(column);
    case 'char':
      return sql`trim(trailing ' ' from ${textOf(column)})`;
    case 'varchar':
    case 'text':
    case 'enum':
    case 'json':
      return textOf(column);
    case 'uuid':
      return sql`lower(${textOf(column)})`;
    case 'binary':
      return sql`lower(hex(${column}))`;
    case 'date':
      return sql`cast(${column} as char)`;
    case 'time':
      return sql`time_format(${column}, '%H:%i:%s.%f')`;
    case 'timestamp':
    case 'timestamptz':
      return sql`date_format(${column}, '%Y-%m-%d %H:%i:%s.%f')`;
    case 'interval':
      return sql`'0 months 0 days ' || cast(time_to_sec(${column}) * 1000000 as signed) || ' microseconds'`;
    case 'array':
    case 'struct':
    case 'map':
      return refused(type);
    default:
      return unreachable(type);
  }
}

/** Compared as it is written, whatever the column's collation. */
function textOf(column: Sql): Sql {
  return sql`convert(${column} using utf8mb4) collate utf8mb4_bin`;
}

function decimalText(column: Sql): Sql {
  const text = sql`cast(${column} as char)`;
  const pointed = sql`(${text} || case when locate('.', ${text}) > 0 then '' else '.' end)`;
  return sql`case when ${column} = 0 then '0' else trim(trailing '.' from trim(trailing '0' from ${pointed})) end`;
}

/**
 * The IEEE 754 bits of a double as an unsigned integer: no function gives them, but the well-known binary form of a point
 * has its coordinates' bytes, least significant first, from the sixth on. There are no NaN and no infinities. -0 is 0.
 */
function doubleBits(column: Sql): Sql {
  return sql`case when ${column} = 0 then 0
    else conv(hex(reverse(substr(st_aswkb(point(${column}, 0)), 6, 8))), 16, 10) end`;
}

/**
 * Those of the single that the double is exactly: sign, exponent of another bias, and the first 23 digits behind the
 * point; below the least exponent, the digits move right.
 */
function singleBits(column: Sql): Sql {
  const bits = sql`cast(${doubleBits(column)} as unsigned)`;
  const exponent = sql`(cast((${bits} >> 52) & 2047 as signed) - 896)`;
  const digits = sql`((${bits} >> 29) & 8388607)`;
  const magnitude = sql`case when ${exponent} > 0 then ${exponent} * 8388608 + ${digits}
    else (8388608 | ${digits}) >> (1 - ${exponent}) end`;
  const signed = sql`cast(${magnitude} as signed) - case when ${column} < 0 then ${literal(2147483648)} else 0 end`;
  return sql`case when ${column} = 0 then '0' else cast(${signed} as char) end`;
}

/** Facts refuse the type before anything runs. */
function refused({ kind }: Type): never {
  throw new Error(`bug: a ${kind} came this far`);
}
