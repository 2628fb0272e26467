import { unreachable } from '../../base/must.ts';
import type { EngineTypes } from '../../engine/connection.ts';
import { literal, type Sql, sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/** Types both ways. The spec of transport text and canonical text is in engine/connection.ts. */
export const duckdbTypes: EngineTypes = {
  transports: ['csv'],
  physical: physicalType,
  toTransport,
  fromTransport,
  canonicalText,
  textHash: (text) => sql`('0x' || substr(md5(${text}), 1, 15))::bigint`,
  keyedDigest: ({ inner, outer }, text) =>
    sql`sha256(unhex(${literal(outer)}) || unhex(sha256(unhex(${literal(inner)}) || encode(${text}))))`,
};

/** Why DuckDB cannot hold the type; null where it can. */
export function refusal(type: Type): string | null {
  if (type.kind === 'struct' || type.kind === 'map') return notCarried;
  if (type.kind !== 'array') return null;
  return type.of.kind === 'array' ? 'an array holds values, not arrays.' : refusal(type.of);
}

/** Digits of DuckDB's widest decimal. More, or as many as the value has, is kept as its canonical text. */
const widestDecimal = 38;

type Decimal = Extract<Type, { kind: 'decimal' }>;

function isTextDecimal(type: Decimal): boolean {
  return type.precision === null || type.precision > widestDecimal;
}

const notCarried =
  'structs and maps are not carried between engines yet. Make columns of the parts, or keep it as json.';

/** Wide: strings without length and times with all six digits, so that most widenings change nothing physical. */
export function physicalType(type: Type): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`boolean`;
    case 'int':
      return type.bits === 64 ? sql`bigint` : type.bits === 32 ? sql`integer` : sql`smallint`;
    case 'decimal':
      return isTextDecimal(type) ? sql`varchar` : sql`decimal(${literal(type.precision)},${literal(type.scale ?? 0)})`;
    case 'float':
      return type.bits === 64 ? sql`double` : sql`float`;
    case 'char':
    case 'varchar':
    case 'text':
    case 'enum':
      return sql`varchar`;
    case 'binary':
      return sql`blob`;
    case 'date':
      return sql`date`;
    case 'time':
      return sql`time`;
    case 'timestamp':
      return sql`timestamp`;
    case 'timestamptz':
      return sql`timestamp with time zone`;
    case 'interval':
      return sql`interval`;
    case 'uuid':
      return sql`uuid`;
    // An alias of varchar that keeps the text byte for byte and gives readers the json functions.
    case 'json':
      return sql`json`;
    case 'array':
      return sql`${physicalType(type.of)}[]`;
    case 'struct':
    case 'map':
      return refused(type);
    default:
      return unreachable(type);
  }
}

function toTransport(type: Type, column: Sql): Sql {
  switch (type.kind) {
    case 'float':
      return sql`${column}::varchar`;
    case 'array':
      return sql`to_json(list_transform(${column}, lambda fh_e: ${toTransport(type.of, sql`fh_e`)}))::varchar`;
    case 'timestamptz':
      return timestampText(sql`(${column} at time zone 'UTC')`, sql`'+00'`);
    default:
      return canonicalText(type, column);
  }
}

function fromTransport(type: Type, text: Sql): Sql {
  switch (type.kind) {
    case 'decimal':
      return isTextDecimal(type) ? text : sql`${text}::${physicalType(type)}`;
    case 'char':
      return sql`rtrim(${text}, ' ')`;
    case 'varchar':
    case 'text':
    case 'enum':
      return text;
    case 'binary':
      return sql`unhex(${text})`;
    case 'date':
      return sql`(case when ends_with(${text}, ' BC') then replace(${text}, ' BC', ' (BC)') else ${text} end)::date`;
    case 'timestamp':
    case 'timestamptz':
      return sql`(case when ends_with(${text}, ' BC')
        then regexp_replace(${text}, '^(\\S+) (\\S+) BC$', '\\1 (BC) \\2') else ${text} end)::${physicalType(type)}`;
    case 'array':
      return sql`list_transform(from_json(${text}, '["varchar"]'), lambda fh_e: ${fromTransport(type.of, sql`fh_e`)})`;
    default:
      return sql`${text}::${physicalType(type)}`;
  }
}

function canonicalText(type: Type, column: Sql): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`case ${column} when true then 't' when false then 'f' end`;
    case 'int':
    case 'uuid':
    case 'json':
    case 'varchar':
    case 'text':
    case 'enum':
      return sql`${column}::varchar`;
    case 'decimal':
      return decimalText(type, column);
    case 'float':
      return floatBits(type.bits, column);
    case 'char':
      return sql`rtrim(${column}, ' ')`;
    case 'binary':
      return sql`lower(hex(${column}))`;
    case 'date':
      return sql`replace(${column}::varchar, ' (BC)', ' BC')`;
    case 'time':
      return timeText(column);
    case 'timestamp':
      return timestampText(column, sql`''`);
    case 'timestamptz':
      return timestampText(sql`(${column} at time zone 'UTC')`, sql`''`);
    case 'interval':
      return sql`(extract(year from ${column}) * 12 + extract(month from ${column})) || ' months '
        || extract(day from ${column}) || ' days '
        || (extract(hour from ${column})::hugeint * 3600000000 + extract(minute from ${column}) * 60000000
            + extract(microseconds from ${column})) || ' microseconds'`;
    case 'array':
      return sql`'{' || array_to_string(list_transform(${column}, lambda fh_e: case when fh_e is null then 'null'
        else '"' || replace(replace(${canonicalText(type.of, sql`fh_e`)}, '\\', '\\\\'), '"', '\\"') || '"' end), ',') || '}'`;
    case 'struct':
    case 'map':
      return refused(type);
    default:
      return unreachable(type);
  }
}

/** Without trailing zeros; DuckDB leaves out the zero before the point where every digit is behind it. */
function decimalText(type: Decimal, column: Sql): Sql {
  if (isTextDecimal(type)) return column;
  if ((type.scale ?? 0) === 0) return sql`${column}::varchar`;
  const short = sql`rtrim(rtrim(${column}::varchar, '0'), '.')`;
  return type.scale === type.precision
    ? sql`case when ${column} = 0 then '0' else regexp_replace(${short}, '^(-?)\\.', '\\10.') end`
    : short;
}

/** Signed integer of the IEEE 754 bits: exact, and engines differ in which shortest digits they print. -0 is 0. */
function floatBits(bits: 32 | 64, column: Sql): Sql {
  const integer = bits === 64 ? sql`bigint` : sql`integer`;
  return sql`case when isnan(${column}) then 'NaN' when ${column} = 0 then '0' else ${column}::bit::${integer}::varchar end`;
}

/** Always six digits of a second's fraction; DuckDB writes as many as are needed, and no point where there are none. */
function timeText(column: Sql): Sql {
  return sql`rpad(case when length(${column}::varchar) = 8 then ${column}::varchar || '.' else ${column}::varchar end, 15, '0')`;
}

function timestampText(column: Sql, zone: Sql): Sql {
  return sql`case when isfinite(${column})
    then replace(${column}::date::varchar, ' (BC)', '') || ' ' || ${timeText(sql`${column}::time`)} || ${zone}
      || case when ${column} < timestamp '0001-01-01' then ' BC' else '' end
    else ${column}::varchar end`;
}

/** Facts refuse the type before anything runs. */
function refused({ kind }: Type): never {
  throw new Error(`bug: a ${kind} came this far`);
}
