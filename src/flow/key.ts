import { list, name, type Sql, sql } from '../sql/sql.ts';

/** Have rows `a` and `b` the same key, none of whose columns is null? */
export function sameKey(key: readonly string[], a: Sql, b: Sql): Sql {
  return sql`${list(
    key.map((column) => sql`${a}.${name(column)} = ${b}.${name(column)}`),
    ' and ',
  )}`;
}

/** The columns of a key, in its order. */
export function keyColumns<C extends { readonly name: string }>({
  key,
  columns,
}: {
  readonly key: readonly string[];
  readonly columns: readonly C[];
}): readonly C[] {
  return key.flatMap((one) => columns.filter((column) => column.name === one));
}
