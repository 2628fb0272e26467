/**
 * The types of columns, independent of any engine. Each engine maps them both ways in one table (`engines/<e>/types.ts`)
 * or says at check time that it cannot. The text form (`decimal(12,2)`) is what `*.schema.yaml` holds.
 */
export type Type =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64 }
  /** precision null: as many digits as the value has (PostgreSQL's bare `numeric`). */
  | { readonly kind: 'decimal'; readonly precision: number | null; readonly scale: number | null }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  /** Fixed length; trailing blanks carry no meaning. */
  | { readonly kind: 'char'; readonly length: number }
  | { readonly kind: 'varchar'; readonly length: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'date' }
  /** precision: digits of a second's fraction, 0 to 6. */
  | { readonly kind: 'time'; readonly precision: number }
  | { readonly kind: 'timestamp'; readonly precision: number }
  | { readonly kind: 'timestamptz'; readonly precision: number }
  | { readonly kind: 'interval' }
  | { readonly kind: 'uuid' }
  /** Compared by value: white space and order of members carry no meaning. */
  | { readonly kind: 'json' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  /** Elements may be null. One dimension. */
  | { readonly kind: 'array'; readonly of: Type }
  /** Fields by name, in no order; each may be null. */
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Type>> }
  /** Keys are never null, values may be. */
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type };

export type TypeKind = Type['kind'];
