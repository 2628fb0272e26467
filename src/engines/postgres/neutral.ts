import type { Connection } from '../../engine/connection.ts';
import { sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';

/** A column's type as the catalogue has it. `physical` is PostgreSQL's own spelling, for messages. */
export type ColumnType = {
  readonly oid: number;
  readonly modifier: number;
  readonly dimensions: number;
  readonly physical: string;
};

export type Neutral = { readonly type: Type } | { readonly unmapped: string };

/** Rows of pg_type by oid. */
export type KnownTypes = ReadonlyMap<number, KnownType>;

type KnownType = {
  readonly name: string;
  readonly isSystem: boolean;
  /** pg_type.typtype: b base, d domain, e enum, r range, m multirange, c composite, p pseudo. */
  readonly kind: string;
  /** Domains: what they restrict, and its modifier. */
  readonly base: number;
  readonly baseModifier: number;
  readonly baseDimensions: number;
  /** Arrays: the element's type; else 0. */
  readonly element: number;
  readonly labels: readonly string[];
};

export async function knownTypes(connection: Connection): Promise<KnownTypes> {
  const rows = await connection.query(sql`
    select t.oid, t.typname::text as name, n.nspname = 'pg_catalog' as "isSystem", t.typtype::text as kind,
      t.typbasetype as base, t.typtypmod as "baseModifier", t.typndims as "baseDimensions",
      case when t.typcategory = 'A' and t.typlen = -1 and t.typname not in ('int2vector', 'oidvector') then t.typelem else 0 end
        as element,
      (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid) as labels
    from pg_type as t
    join pg_namespace as n on n.oid = t.typnamespace
    where t.typtype in ('b', 'd', 'e', 'r', 'm')`);
  return new Map(
    rows.map((row) => [
      Number(row.oid),
      {
        name: String(row.name),
        isSystem: row.isSystem === true,
        kind: String(row.kind),
        base: Number(row.base),
        baseModifier: Number(row.baseModifier),
        baseDimensions: Number(row.baseDimensions),
        element: Number(row.element),
        labels: Array.isArray(row.labels) ? row.labels.map(String) : [],
      },
    ]),
  );
}

/** The neutral type of a column, or why there is none and what a person can do. */
export function neutralType(known: KnownTypes, column: ColumnType): Neutral {
  const of = known.get(column.oid);
  if (of === undefined) return unmapped(column, 'a row within a row');
  if (of.kind === 'd') {
    return neutralType(known, { ...column, oid: of.base, modifier: of.baseModifier, dimensions: of.baseDimensions });
  }
  if (of.kind === 'e') return { type: { kind: 'enum', values: of.labels } };
  if (of.kind === 'r' || of.kind === 'm') {
    return unmapped(column, 'a range of values', 'Keep its two ends in columns of their own');
  }
  if (of.element !== 0) {
    if (column.dimensions > 1) return unmapped(column, 'an array of arrays');
    const element = neutralType(known, { ...column, oid: of.element, dimensions: 0 });
    if ('unmapped' in element) return element;
    return element.type.kind === 'array'
      ? unmapped(column, 'an array of arrays')
      : { type: { kind: 'array', of: element.type } };
  }
  if (!of.isSystem) {
    // citext compares without case; its values are texts.
    return of.name === 'citext' ? { type: { kind: 'text' } } : unmapped(column, "an extension's type");
  }
  return systemType(of.name, column);
}

function systemType(name: string, column: ColumnType): Neutral {
  const { modifier } = column;
  const digits = modifier < 0 ? 6 : Math.min(modifier, 6);
  switch (name) {
    case 'bool':
      return { type: { kind: 'boolean' } };
    case 'int2':
      return { type: { kind: 'int', bits: 16 } };
    case 'int4':
      return { type: { kind: 'int', bits: 32 } };
    case 'int8':
    case 'oid':
      return { type: { kind: 'int', bits: 64 } };
    case 'numeric':
      return { type: decimal(modifier) };
    case 'float4':
      return { type: { kind: 'float', bits: 32 } };
    case 'float8':
      return { type: { kind: 'float', bits: 64 } };
    case 'text':
    case 'name':
    case 'char':
      return { type: { kind: 'text' } };
    case 'varchar':
      return { type: modifier < 0 ? { kind: 'text' } : { kind: 'varchar', length: modifier - 4 } };
    case 'bpchar':
      return { type: { kind: 'char', length: modifier < 0 ? 10_485_760 : modifier - 4 } };
    case 'bytea':
      return { type: { kind: 'binary' } };
    case 'date':
    case 'interval':
    case 'uuid':
      return { type: { kind: name } };
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return { type: { kind: name, precision: digits } };
    case 'json':
    case 'jsonb':
      return { type: { kind: 'json' } };
    case 'money':
      return unmapped(column, "an amount whose text depends on the server's locale", 'Change it to numeric');
    case 'timetz':
      return unmapped(column, 'a time of day with an offset but without a day', 'Change it to time or timestamptz');
    case 'bit':
    case 'varbit':
    case 'inet':
    case 'cidr':
    case 'macaddr':
    case 'macaddr8':
    case 'xml':
      return unmapped(column, 'a type that other engines lack', 'Keep its text in a column of type text');
    case 'tsvector':
    case 'tsquery':
      return unmapped(column, 'made for searching, from other columns');
    default:
      return unmapped(column, 'a type that other engines lack');
  }
}

/** The modifier holds precision and scale; a scale below zero or above the precision (PostgreSQL 15) becomes the decimal that holds it. */
function decimal(modifier: number): Type {
  if (modifier < 0) return { kind: 'decimal', precision: null, scale: null };
  const declared = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  const precision = scale < 0 ? declared - scale : Math.max(declared, scale);
  if (precision > 1000) return { kind: 'decimal', precision: null, scale: null };
  return { kind: 'decimal', precision, scale: Math.max(scale, 0) };
}

function unmapped(column: ColumnType, what: string, out?: string): { readonly unmapped: string } {
  const wayOut = out === undefined ? 'Leave the column out.' : `${out}, or leave the column out.`;
  return {
    unmapped: `'${column.physical}' is ${what}, which cannot be carried to another engine unchanged. ${wayOut}`,
  };
}
