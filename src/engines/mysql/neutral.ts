import { fits } from '../../types/fits.ts';
import type { Type } from '../../types/type.ts';

/** A column as information_schema.columns has it. */
export type ColumnType = {
  /** `data_type`: the type's name alone. */
  readonly name: string;
  /** `column_type`: MySQL's own spelling, for messages: `int(10) unsigned`, `enum('a','b')`. */
  readonly physical: string;
  readonly characters: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  /** Digits of a second's fraction. */
  readonly fraction: number | null;
  /** A text that a check constraint keeps valid json: what MariaDB makes of the word `json`. */
  readonly isJson: boolean;
};

export type Neutral = { readonly type: Type } | { readonly unmapped: string };

/** The neutral type of a column, or why there is none and what a person can do. */
export function neutralType(column: ColumnType): Neutral {
  const isUnsigned = /\bunsigned\b/.test(column.physical);
  const isBinary = column.name.endsWith('binary') || column.name.endsWith('blob');
  switch (column.name) {
    case 'tinyint':
      return int(isUnsigned ? 16 : 8);
    case 'smallint':
      return int(isUnsigned ? 32 : 16);
    case 'mediumint':
      return int(32);
    case 'int':
      return int(isUnsigned ? 64 : 32);
    case 'bigint':
      return isUnsigned ? { type: widestInteger } : int(64);
    case 'year':
      return int(16);
    case 'bit':
      return bits(column.precision ?? 1);
    case 'decimal':
      return { type: { kind: 'decimal', precision: column.precision ?? 10, scale: column.scale ?? 0 } };
    case 'float':
      return { type: { kind: 'float', bits: 32 } };
    case 'double':
      return { type: { kind: 'float', bits: 64 } };
    case 'char':
      return { type: { kind: 'char', length: Math.max(1, column.characters ?? 1) } };
    case 'varchar':
      return { type: { kind: 'varchar', length: Math.max(1, column.characters ?? 1) } };
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return { type: column.isJson ? { kind: 'json' } : { kind: 'text' } };
    case 'set':
      return { type: { kind: 'text' } };
    case 'enum':
      return { type: { kind: 'enum', values: membersOf(column.physical) } };
    case 'date':
    case 'uuid':
    case 'json':
      return { type: { kind: column.name } };
    case 'time':
      return { type: { kind: 'time', precision: column.fraction ?? 0 } };
    case 'datetime':
      return { type: { kind: 'timestamp', precision: column.fraction ?? 0 } };
    case 'timestamp':
      return { type: { kind: 'timestamptz', precision: column.fraction ?? 0 } };
    case 'inet4':
    case 'inet6':
      return unmapped(column, 'a type that other engines lack', 'Keep its text in a column of type varchar(39)');
    default:
      return isBinary ? { type: { kind: 'binary' } } : unmapped(column, 'a type that other engines lack');
  }
}

/**
 * Can a column be read as the type that the model says, every value unchanged or refused? Besides what fits: flags as
 * booleans, durations as intervals, and dates and times as their texts, which have what is no date as well.
 */
export function isReadAs(from: Type, physical: string, into: Type): boolean {
  if (fits(from, into)) return true;
  if (into.kind === 'boolean') return /^(tinyint\(1\)|bit\(1\))/.test(physical);
  if (into.kind === 'interval') return from.kind === 'time';
  if (into.kind !== 'text') return false;
  return from.kind === 'date' || from.kind === 'time' || from.kind === 'timestamp' || from.kind === 'timestamptz';
}

/** What holds `bigint unsigned` and `bit(64)`. */
const widestInteger: Type = { kind: 'decimal', precision: 20, scale: 0 };

function int(bits: 8 | 16 | 32 | 64): Neutral {
  return { type: { kind: 'int', bits } };
}

function bits(count: number): Neutral {
  if (count === 1) return { type: { kind: 'boolean' } };
  return count === 64 ? { type: widestInteger } : int(count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : 64);
}

/** `enum('a','it''s')` -> a, it's. */
export function membersOf(physical: string): readonly string[] {
  return [...physical.matchAll(/'((?:[^']|'')*)'/gsu)].map(([, member = '']) => member.replaceAll("''", "'"));
}

function unmapped(column: ColumnType, what: string, out?: string): { readonly unmapped: string } {
  const wayOut = out === undefined ? 'Leave the column out.' : `${out}, or leave the column out.`;
  return {
    unmapped: `'${column.physical}' is ${what}, which cannot be carried to another engine unchanged. ${wayOut}`,
  };
}
