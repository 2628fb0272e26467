/**
 * SQL as SQL: a tagged template in one piece whose holes are `name()`, `value()`, `literal()`, `list()` and other `sql`.
 * Values are parameters; names are quoted; there is no other way in. `literal()` is for the statements that take no
 * parameters (DDL, COPY, replication commands): it is quoted by the dialect.
 */
export type Sql = { readonly kind: 'sql'; readonly texts: readonly string[]; readonly holes: readonly Hole[] };

export type SqlName = { readonly kind: 'name'; readonly parts: readonly string[] };
export type SqlValue = { readonly kind: 'value'; readonly value: unknown };
export type SqlLiteral = { readonly kind: 'literal'; readonly value: string | number | bigint | boolean | null };
export type SqlList = { readonly kind: 'list'; readonly items: readonly Hole[]; readonly separator: ListSeparator };
export type Hole = Sql | SqlName | SqlValue | SqlLiteral | SqlList;
export type ListSeparator = ', ' | ' and ' | ' or ' | '\n' | ',\n  ' | ' union all ' | ' || ' | ';\n';

export function sql(texts: TemplateStringsArray, ...holes: readonly Hole[]): Sql {
  return { kind: 'sql', texts: [...texts], holes };
}

/** A quoted, possibly qualified name: `name('retail', 'orders')` is `"retail"."orders"`. */
export function name(...parts: readonly [string, ...string[]]): SqlName {
  return { kind: 'name', parts };
}

/** A parameter. */
export function value(of: unknown): SqlValue {
  return { kind: 'value', value: of };
}

/** A constant written into the text, quoted by the dialect: only where a statement takes no parameters. */
export function literal(of: string | number | bigint | boolean | null): SqlLiteral {
  return { kind: 'literal', value: of };
}

/** The engine's own words, such as a type's name from its catalogue or a setting of the dialect: never an author's. */
export function words(text: string): Sql {
  return { kind: 'sql', texts: [text], holes: [] };
}

/** Several holes with a separator between; nothing at all where there are none. */
export function list(items: readonly Hole[], separator: ListSeparator = ', '): SqlList {
  return { kind: 'list', items, separator };
}

/** Nothing: for a part that is only sometimes there. */
export const empty: Sql = { kind: 'sql', texts: [''], holes: [] };
