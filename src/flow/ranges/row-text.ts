import type { Connection } from '../../engine/connection.ts';
import type { Table, TableColumn } from '../../plan/plan.ts';
import { list, literal, type Sql, sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { keyColumns } from '../key.ts';

/**
 * The text of one value of a row, equal on every engine: `vAnnika|`, or `n|` for null; `\` and `|` within a value escaped:
 * one after the other, no two rows have one text.
 */
export function columnText(c: Connection, type: Type, value: Sql): Sql {
  const text = c.types.canonicalText(type, value);
  // The text is written once: an engine may compute what is written twice twice.
  const escaped = mayHoldMarks.has(type.kind)
    ? sql`replace(replace(${text}, ${literal('\\')}, ${literal('\\\\')}), '|', ${literal('\\|')})`
    : text;
  return sql`coalesce('v' || (${escaped}) || '|', 'n|')`;
}

/** All other types' texts are made of digits, letters and a few signs. */
const mayHoldMarks: ReadonlySet<Type['kind']> = new Set(['char', 'varchar', 'text', 'json', 'enum', 'array']);

/** The text of a key whose columns' values `valueIn` gives, of the types that `typeOf` says; absent: the columns' own. */
export function keyTextOf(
  c: Connection,
  dataset: Pick<Table, 'key' | 'columns'>,
  valueIn: (column: TableColumn) => Sql,
  typeOf: (column: TableColumn) => Type = ({ type }) => type,
): Sql {
  return sql`${list(
    keyColumns(dataset).map((column) => columnText(c, typeOf(column), valueIn(column))),
    ' || ',
  )}`;
}
