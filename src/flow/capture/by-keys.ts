import { must } from '../../base/must.ts';
import type { Capture } from '../../engine/capture.ts';
import type { Connection, Row } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { keyColumns } from '../key.ts';

/** So many keys are asked for in one statement. */
export const keysAtOnce = 1_000;

/** Transport texts of the key's columns of rows `alias` in a store, as `k0`, `k1` ... */
export function keyTexts(store: Connection, dataset: StreamDataset, alias: Sql): readonly Sql[] {
  return keyColumns(dataset).map(
    (column, i) => sql`${store.types.toTransport(column.type, sql`${alias}.${name(column.name)}`)} as ${name(`k${i}`)}`,
  );
}

/** A condition on the dataset's rows at its source: their key is one of these, which `keyTexts` gave. */
export function isOneOf(source: Connection, capture: Capture, dataset: StreamDataset, keys: readonly Row[]): Sql {
  const columns = keyColumns(dataset);
  const value = (row: Row, i: number) =>
    source.types.fromTransport(must(columns[i], 'column').type, sql`${literal(String(row[`k${i}`]))}`);
  const [only] = columns;
  if (columns.length === 1 && only !== undefined)
    return sql`${capture.read(only)} in (${list(keys.map((row) => value(row, 0)))})`;
  const each = keys.map((row) => {
    const parts = columns.map((column, i) => sql`${capture.read(column)} = ${value(row, i)}`);
    return sql`(${list(parts, ' and ')})`;
  });
  return sql`(${list(each, ' or ')})`;
}
