import { parseType, typeText } from '../../types/text.ts';
import type { Type } from '../../types/type.ts';
import type { ItemProperty, Property } from './contract.ts';

/** The type of a property; `isGuess` where the contract names none that we know, and text is taken. */
export type FoundType = { readonly type: Type; readonly isGuess: boolean };

/**
 * The physical type where it is one of SQL's common names, or the spelling of a type of ours; else what the logical
 * type and its options say. Sizes that nobody gives are the largest: nothing that the source holds is cut.
 */
export function typeOf(property: ItemProperty, depth = 0): FoundType {
  const physical = physicalType(property, depth) ?? logicalType(property, depth);
  return physical === null ? { type: { kind: 'text' }, isGuess: true } : { type: physical, isGuess: false };
}

function physicalType(property: ItemProperty, depth: number): Type | null {
  const text = (property.physicalType ?? '').trim();
  const zoned = property.logicalTypeOptions?.timezone === true;
  return sqlType(text, zoned) ?? nestedType(text, property, depth) ?? spelledType(text);
}

/** Our own words for what SQL has no common name. */
function spelledType(text: string): Type | null {
  return /^(?:enum|array|struct|map)\(/.test(text) ? parseType(text) : null;
}

/** `varchar(18)`, `varchar[15]`, `timestamp(3) with time zone`, `double precision`, `text[]`. */
function sqlType(text: string, zoned: boolean): Type | null {
  const array = /^(.*?[^[\]\s])\s*\[\s*\]$/s.exec(text);
  if (array !== null) {
    const of = sqlType(array[1] ?? '', zoned);
    return of === null || of.kind === 'array' ? null : { kind: 'array', of };
  }
  const match =
    /^([a-z][a-z0-9_ ]*?)\s*(?:[([]\s*([\w\s,]*?)\s*[)\]])?\s*((?:with|without)(?: local)? time zone)?$/i.exec(text);
  if (match === null) return null;
  const [, word = '', inside, zone = ''] = match;
  const name = `${word} ${zone}`.trim().toLowerCase().replace(/\s+/g, ' ');
  const make = Object.hasOwn(names, name) ? names[name] : undefined;
  const numbers = (inside ?? '').split(',').flatMap((part) => (/^\s*\d+\s*$/.test(part) ? [Number(part)] : []));
  return make === undefined ? null : make(numbers, zoned);
}

type Make = (numbers: readonly number[], zoned: boolean) => Type | null;

const int = (bits: 8 | 16 | 32 | 64): Make => {
  return () => ({ kind: 'int', bits });
};
const float = (bits: 32 | 64): Make => {
  return () => ({ kind: 'float', bits });
};
const plain = (kind: 'boolean' | 'text' | 'binary' | 'date' | 'interval' | 'uuid' | 'json'): Make => {
  return () => ({ kind });
};
const decimal: Make = ([precision, scale = 0]) =>
  precision === undefined
    ? { kind: 'decimal', precision: null, scale: null }
    : parseType(`decimal(${precision},${scale})`);
const varchar: Make = ([length]) =>
  // Longer ones are what a source says for no limit.
  length === undefined || length > 10_485_760 ? { kind: 'text' } : parseType(`varchar(${length})`);
const char = (otherwise: number | null): Make => {
  return ([length = otherwise]) => (length === null ? { kind: 'text' } : parseType(`char(${length})`));
};
const digits = (of: readonly number[]) => Math.min(of[0] ?? 6, 6);
const time: Make = (numbers) => ({ kind: 'time', precision: digits(numbers) });
const timestamptz: Make = (numbers) => ({ kind: 'timestamptz', precision: digits(numbers) });
const timestamp: Make = (numbers, zoned) =>
  zoned ? timestamptz(numbers, zoned) : { kind: 'timestamp', precision: digits(numbers) };

/** Names as PostgreSQL means them where products differ: `int8` has eight bytes there. */
const names: Readonly<Record<string, Make>> = {
  ...named(plain('boolean'), 'boolean', 'bool', 'bit'),
  ...named(int(8), 'tinyint', 'byte'),
  ...named(int(16), 'smallint', 'int2', 'int16', 'short', 'smallserial'),
  ...named(int(32), 'integer', 'int', 'int4', 'int32', 'mediumint', 'serial'),
  ...named(int(64), 'bigint', 'int8', 'int64', 'long', 'bigserial'),
  ...named(decimal, 'decimal', 'numeric', 'dec', 'number', 'bignumeric'),
  ...named(float(32), 'real', 'float4', 'float32'),
  ...named(float(64), 'double', 'double precision', 'float', 'float8', 'float64'),
  ...named(char(1), 'char', 'character', 'nchar'),
  ...named(char(null), 'bpchar'),
  ...named(varchar, 'varchar', 'character varying', 'nvarchar', 'varchar2', 'nvarchar2', 'string'),
  ...named(plain('text'), 'text', 'ntext', 'tinytext', 'mediumtext', 'longtext', 'clob', 'nclob', 'citext', 'xml'),
  ...named(plain('binary'), 'bytea', 'binary', 'varbinary', 'blob', 'longblob', 'bytes', 'raw', 'image'),
  ...named(plain('date'), 'date'),
  ...named(time, 'time', 'time without time zone'),
  ...named(
    timestamp,
    'timestamp',
    'timestamp without time zone',
    'timestamp_ntz',
    'datetime',
    'datetime2',
    'smalldatetime',
  ),
  ...named(
    timestamptz,
    'timestamptz',
    'timestamp with time zone',
    'timestamp with local time zone',
    'timestamp_tz',
    'timestamp_ltz',
    'datetimeoffset',
  ),
  ...named(plain('interval'), 'interval'),
  ...named(plain('uuid'), 'uuid', 'uniqueidentifier', 'guid'),
  ...named(plain('json'), 'json', 'jsonb', 'variant', 'super'),
};

function named(make: Make, ...all: readonly string[]): Readonly<Record<string, Make>> {
  return Object.fromEntries(all.map((name) => [name, make]));
}

/** An array or an object as a physical type says them without what is in them. */
function nestedType(text: string, property: ItemProperty, depth: number): Type | null {
  if (/^(?:array|list|repeated)(?:<.*>)?$/i.test(text)) return arrayType(property, depth);
  return /^(?:object|struct|record|row|map)(?:<.*>)?$/i.test(text) ? objectType(property, depth) : null;
}

function logicalType(property: ItemProperty, depth: number): Type | null {
  const { logicalType: logical, logicalTypeOptions: options = {} } = property;
  switch (logical) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'integer':
      return integers.get(options.format) ?? { kind: 'int', bits: 64 };
    case 'number':
      if (options.format === 'f32') return { kind: 'float', bits: 32 };
      if (options.format === 'f64') return { kind: 'float', bits: 64 };
      return { kind: 'decimal', precision: null, scale: null };
    case 'string':
      return stringType(property);
    case 'date':
      return { kind: 'date' };
    case 'time':
      return { kind: 'time', precision: 6 };
    case 'timestamp':
      return { kind: options.timezone === true ? 'timestamptz' : 'timestamp', precision: 6 };
    case 'array':
      return arrayType(property, depth);
    case 'object':
    case 'map':
      return objectType(property, depth);
    default:
      return null;
  }
}

/** Those without a sign need one bit more, and what no integer holds is a number. */
const integers = new Map<unknown, Type>([
  ['i8', { kind: 'int', bits: 8 }],
  ['i16', { kind: 'int', bits: 16 }],
  ['u8', { kind: 'int', bits: 16 }],
  ['i32', { kind: 'int', bits: 32 }],
  ['u16', { kind: 'int', bits: 32 }],
  ['u64', { kind: 'decimal', precision: 20, scale: 0 }],
  ['i128', { kind: 'decimal', precision: null, scale: null }],
  ['u128', { kind: 'decimal', precision: null, scale: null }],
]);

function stringType({ logicalTypeOptions: options = {}, enum: allowed }: ItemProperty): Type {
  const values = (allowed ?? []).flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  if (values.length > 0 && values.length === allowed?.length) return { kind: 'enum', values };
  if (options.format === 'uuid') return { kind: 'uuid' };
  if (options.format === 'binary') return { kind: 'binary' };
  return varchar(typeof options.maxLength === 'number' ? [options.maxLength] : [], false) ?? { kind: 'text' };
}

/** Of one dimension; what else it is, JSON holds. */
function arrayType({ items }: ItemProperty, depth: number): Type {
  const found = items === undefined || depth >= deepest ? null : typeOf(items, depth + 1);
  return found === null || found.isGuess || found.type.kind === 'array' || found.type.kind === 'json'
    ? { kind: 'json' }
    : { kind: 'array', of: found.type };
}

/** A struct or a map where the contract says all of it, in names that a struct can have; else JSON. */
function objectType(property: ItemProperty, depth: number): Type {
  if (depth >= deepest) return { kind: 'json' };
  if (property.map !== undefined) {
    const key = typeOf(property.map.key, depth + 1);
    const value = typeOf(property.map.value, depth + 1);
    const map: Type = { kind: 'map', key: key.type, value: value.type };
    return key.isGuess || value.isGuess || !isType(map) ? { kind: 'json' } : map;
  }
  const fields = (property.properties ?? []).map((field: Property) => [field.name, typeOf(field, depth + 1)] as const);
  const struct: Type = { kind: 'struct', fields: Object.fromEntries(fields.map(([name, { type }]) => [name, type])) };
  const isWhole = fields.length > 0 && fields.length === Object.keys(struct.fields).length;
  return isWhole && fields.every(([, { isGuess }]) => !isGuess) && isType(struct) ? struct : { kind: 'json' };
}

/** Types within types that a model can have. */
const deepest = 6;

/** Are its names and its key such as a type can have? */
function isType(type: Type): boolean {
  return parseType(typeText(type)) !== null;
}
