import type { Column as ColumnNoun } from '../model/model.ts';
import type { Type } from '../types/type.ts';
import type { DeprecationBody } from './noun.ts';

/** A column of a table; required unless `nullable()`. Each word gives a new column, so columns can be shared. */
export type Column = {
  readonly freehold: 'column';
  readonly column: ColumnNoun;
  /** May be null. */
  nullable(): Column;
  /** Labels of the mesh's classification, such as 'pii'. */
  label(...labels: readonly string[]): Column;
  /** A level of the mesh's classification; absent: the datastore's. */
  level(level: string): Column;
  /** What people should know about it. */
  doc(text: string): Column;
  /** Its name at the source, where that differs. */
  from(name: string): Column;
  /** What rows have that say nothing. */
  default(value: string | number | boolean): Column;
  /** It will be removed: from which day on, why, and what to read instead. */
  deprecated(of: DeprecationBody): Column;
  /** Names that it had, oldest first: renamed, it keeps its history. */
  formerly(...names: readonly string[]): Column;
  /** A term of the zone's glossary. */
  term(name: string): Column;
  tag(...tags: readonly string[]): Column;
};

/** `within`: what its type's parts say beyond their types, which only a whole column can: it is for the loader to refuse. */
type Said = ColumnNoun & { readonly within?: readonly string[] };

// Methods live on the prototype: only own data leaves the sandbox.
class ColumnWord implements Column {
  readonly freehold = 'column';
  readonly column: Said;
  constructor(column: Said) {
    this.column = column;
  }
  nullable(): Column {
    return new ColumnWord({ ...this.column, nullable: true });
  }
  label(...labels: readonly string[]): Column {
    return new ColumnWord({ ...this.column, labels: [...(this.column.labels ?? []), ...labels] });
  }
  level(level: string): Column {
    return new ColumnWord({ ...this.column, level });
  }
  doc(text: string): Column {
    return new ColumnWord({ ...this.column, doc: text });
  }
  from(name: string): Column {
    return new ColumnWord({ ...this.column, from: name });
  }
  default(value: string | number | boolean): Column {
    return new ColumnWord({ ...this.column, default: value });
  }
  deprecated(of: DeprecationBody): Column {
    return new ColumnWord({ ...this.column, deprecated: of });
  }
  formerly(...names: readonly string[]): Column {
    return new ColumnWord({ ...this.column, formerly: names });
  }
  term(name: string): Column {
    return new ColumnWord({ ...this.column, term: name });
  }
  tag(...tags: readonly string[]): Column {
    return new ColumnWord({ ...this.column, tags: [...(this.column.tags ?? []), ...tags] });
  }
}

function of(type: Type, parts: readonly (Column | undefined)[] = []): Column {
  const within = parts.flatMap(saidOfPart);
  return new ColumnWord(within.length === 0 ? { type } : { type, within });
}

/** Any part may be null. */
function saidOfPart(part: { readonly column?: Said } | undefined): readonly string[] {
  const { type: _, nullable: __, within = [], ...more } = part?.column ?? {};
  return [...Object.keys(more), ...within];
}

export function boolean(): Column {
  return of({ kind: 'boolean' });
}
export function int8(): Column {
  return of({ kind: 'int', bits: 8 });
}
export function int16(): Column {
  return of({ kind: 'int', bits: 16 });
}
export function int32(): Column {
  return of({ kind: 'int', bits: 32 });
}
export function int64(): Column {
  return of({ kind: 'int', bits: 64 });
}
/** Exact. `decimal()`: as many digits as each value has; `decimal(12, 2)`: 12 digits, 2 of them after the point. */
export function decimal(precision: number | null = null, scale: number | null = precision === null ? null : 0): Column {
  return of({ kind: 'decimal', precision, scale });
}
export function float32(): Column {
  return of({ kind: 'float', bits: 32 });
}
export function float64(): Column {
  return of({ kind: 'float', bits: 64 });
}
/** Fixed length; trailing blanks carry no meaning. */
export function char(length: number): Column {
  return of({ kind: 'char', length });
}
export function varchar(length: number): Column {
  return of({ kind: 'varchar', length });
}
export function text(): Column {
  return of({ kind: 'text' });
}
export function binary(): Column {
  return of({ kind: 'binary' });
}
export function date(): Column {
  return of({ kind: 'date' });
}
/** Precision: digits of a second's fraction, 0 to 6. */
export function time(precision = 6): Column {
  return of({ kind: 'time', precision });
}
export function timestamp(precision = 6): Column {
  return of({ kind: 'timestamp', precision });
}
export function timestamptz(precision = 6): Column {
  return of({ kind: 'timestamptz', precision });
}
export function interval(): Column {
  return of({ kind: 'interval' });
}
export function uuid(): Column {
  return of({ kind: 'uuid' });
}
/** Compared by value: white space and order of members carry no meaning. */
export function json(): Column {
  return of({ kind: 'json' });
}
export function enumOf(...values: readonly string[]): Column {
  return of({ kind: 'enum', values });
}
/** One dimension; elements may be null. */
export function array(element: Column): Column {
  return of({ kind: 'array', of: element?.column?.type }, [element]);
}
/** Fields by name, each of which may be null. */
export function struct(fields: Readonly<Record<string, Column>>): Column {
  const types = Object.entries(fields ?? {}).map(([name, field]) => [name, field?.column?.type]);
  return of({ kind: 'struct', fields: Object.fromEntries(types) }, Object.values(fields ?? {}));
}
/** Values by key, which may be null; a key never is. */
export function map(key: Column, value: Column): Column {
  return of({ kind: 'map', key: key?.column?.type, value: value?.column?.type }, [key, value]);
}
