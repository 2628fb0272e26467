import { unreachable } from '../../base/must.ts';
import type { EngineTypes } from '../../engine/connection.ts';
import { list, literal, type Sql, sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/** Types both ways. The spec of transport text and canonical text is in engine/connection.ts. */
export const postgresTypes: EngineTypes = {
  transports: ['binary', 'text', 'csv'],
  physical: physicalType,
  toTransport,
  fromTransport,
  canonicalText,
  textHash: (text) => sql`('x' || substr(md5(${text}), 1, 15))::bit(60)::bigint`,
  keyedDigest: ({ inner, outer }, text) =>
    sql`encode(sha256(decode(${literal(outer)}, 'hex') || sha256(decode(${literal(inner)}, 'hex') || convert_to(${text}, 'UTF8'))), 'hex')`,
  // From PostgreSQL 14 on. What hash joins and partitions rest on: equal values have equal hashes, whatever their spelling.
  rowHash: {
    probe: sql`hash_record_extended(row(true, 1::smallint, 2, 3::bigint, 4.50, 0.5::real, -0.25::float8, 'freehold'::text, 'a'::bytea,
      date '2026-02-03', time '04:05:06.789', timestamp '2026-02-03 04:05:06.789', timestamptz '2026-02-03 04:05:06.789+00',
      '6f1f3b9e-54a4-4d3e-9a37-0c7b8f0e2c11'::uuid, array['a', null, 'b']::text[], array[1, 2]::integer[], null::text)::record, 0)`,
    of: (values) => sql`hash_record_extended(row(${list(values)})::record, 0)`,
  },
};

/** Why PostgreSQL cannot hold the type; null where it can. */
export function refusal(type: Type): string | null {
  if (type.kind === 'decimal' && type.precision !== null && type.precision > 1000) {
    return `PostgreSQL holds at most 1000 digits where a precision is declared, not ${type.precision}. Write decimal without precision.`;
  }
  if (type.kind === 'array') {
    return type.of.kind === 'array' ? 'an array holds values, not arrays.' : refusal(type.of);
  }
  return type.kind === 'struct' || type.kind === 'map' ? notCarried : null;
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
      return type.precision === null
        ? sql`numeric`
        : sql`numeric(${literal(type.precision)},${literal(type.scale ?? 0)})`;
    case 'float':
      return type.bits === 64 ? sql`double precision` : sql`real`;
    case 'char':
    case 'varchar':
    case 'text':
    case 'enum':
      return sql`text`;
    case 'binary':
      return sql`bytea`;
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
    case 'json':
      return sql`jsonb`;
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
      return sql`${column}::text`;
    case 'array':
      return sql`case when ${column} is null then null ${refuseDimensions(column)} else to_json(array(
        select ${toTransport(type.of, sql`e.v`)} from unnest(${column}) with ordinality as e(v, n) order by e.n))::text end`;
    case 'timestamptz':
      return timestampText(sql`(${column} at time zone 'UTC')`, sql`'+00'`);
    default:
      return canonicalText(type, column);
  }
}

function fromTransport(type: Type, text: Sql): Sql {
  switch (type.kind) {
    case 'binary':
      return sql`decode(${text}, 'hex')`;
    case 'array':
      return sql`case when ${text} is null then null else array(
        select ${fromTransport(type.of, sql`e.v`)}
        from json_array_elements_text(${text}::json) with ordinality as e(v, n) order by e.n) end`;
    case 'char':
      return sql`rtrim(${text}, ' ')`;
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
      return sql`${column}::text`;
    case 'decimal':
      return sql`trim_scale(${column})::text`;
    case 'float':
      return floatBits(type.bits, column);
    case 'char':
      return sql`rtrim(${column}::text, ' ')`;
    case 'binary':
      return sql`encode(${column}, 'hex')`;
    case 'date':
      return sql`${column}::text`;
    case 'time':
      return sql`to_char(${column}::interval, 'HH24:MI:SS.US')`;
    case 'timestamp':
      return timestampText(column, sql`''`);
    case 'timestamptz':
      return timestampText(sql`(${column} at time zone 'UTC')`, sql`''`);
    case 'interval':
      return intervalText(column);
    case 'array':
      return sql`case when ${column} is null then null ${refuseDimensions(column)} else '{' || array_to_string(array(
        select case when e.v is null then 'null'
          else '"' || replace(replace(${canonicalText(type.of, sql`e.v`)}, '\\', '\\\\'), '"', '\\"') || '"' end
        from unnest(${column}) with ordinality as e(v, n) order by e.n), ',') || '}' end`;
    case 'struct':
    case 'map':
      return refused(type);
    default:
      return unreachable(type);
  }
}

/** Signed integer of the IEEE 754 bits: exact, and engines differ in which shortest digits they print. -0 is 0. */
function floatBits(bits: 32 | 64, column: Sql): Sql {
  return bits === 64
    ? sql`case when ${column} = 'NaN'::float8 then 'NaN' when ${column} = 0 then '0'
        else (('x' || encode(float8send(${column}), 'hex'))::bit(64)::bigint)::text end`
    : sql`case when ${column} = 'NaN'::float4 then 'NaN' when ${column} = 0 then '0'
        else (('x' || encode(float4send(${column}), 'hex'))::bit(32)::integer)::text end`;
}

function timestampText(column: Sql, zone: Sql): Sql {
  return sql`case when isfinite(${column})
    then to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.US') || ${zone} || case when ${column} < '0001-01-01' then ' BC' else '' end
    else ${column}::text end`;
}

function intervalText(column: Sql): Sql {
  return sql`case when isfinite(${column})
    then (extract(year from ${column}) * 12 + extract(month from ${column}))::bigint || ' months '
      || extract(day from ${column})::bigint || ' days '
      || (extract(hour from ${column})::numeric * 3600000000 + extract(minute from ${column})::numeric * 60000000
          + extract(microseconds from ${column})::numeric)::bigint || ' microseconds'
    else ${column}::text end`;
}

/** A column declared `integer[]` may hold two dimensions; flattening them unseen would be a lie, so the statement fails. */
function refuseDimensions(column: Sql): Sql {
  return sql`when array_ndims(${column}) > 1 then ('an array of more than one dimension cannot be copied: ' || left(${column}::text, 40))::boolean::text`;
}

/** Facts refuse the type before anything runs. */
function refused({ kind }: Type): never {
  throw new Error(`bug: a ${kind} came this far`);
}
