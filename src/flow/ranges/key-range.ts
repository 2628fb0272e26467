import { list, literal, name, type Sql, sql, value } from '../../sql/sql.ts';
import { rangeColumns, type Side, where } from './side.ts';
import { textOrNull } from './tally.ts';

/** Transport texts of a key's columns, in the key's order. */
export type Bound = readonly string[];

/**
 * Rows whose key is at `from` or above, and below `to`; null: no bound. `unkeyed`: rows with a null in their key, which lie
 * in no other range. Each side compares in its own order: ranges between bounds cover every row on every side whatever
 * that order is, so where two sides sort texts differently, ranges differ that should not, and none is equal that differs.
 */
export type KeyRange =
  | { readonly kind: 'keys'; readonly from: Bound | null; readonly to: Bound | null }
  | { readonly kind: 'unkeyed' };

export function inRange(side: Side, range: KeyRange): Sql {
  if (range.kind === 'unkeyed') {
    const nulls = rangeColumns(side).map((column) => sql`${side.compared(column, sql`${value('')}`).column} is null`);
    return sql`${list(nulls, ' or ')}`;
  }
  const bounds = [
    ...(range.from === null ? [] : [atOrAbove(side, range.from)]),
    ...(range.to === null ? [] : [below(side, range.to)]),
  ];
  return bounds.length === 0 ? sql`1 = 1` : sql`${list(bounds, ' and ')}`;
}

/**
 * The ranges of a side from a bound on, each of so many rows as the side has them when it is asked; the last has no end.
 * Bounds are looked up one at a time, so that nothing of the table is held.
 */
export async function* rangesOf(side: Side, rows: number, begin: Bound | null): AsyncGenerator<KeyRange> {
  if (begin === null) yield { kind: 'unkeyed' };
  let from = begin;
  for (;;) {
    let to = await boundAfter(side, { kind: 'keys', from, to: null }, rows);
    // Very many rows of one key: further on there is another.
    for (let more = rows * 2; to !== null && isSame(to, from); more *= 2)
      to = await boundAfter(side, { kind: 'keys', from, to: null }, more);
    yield { kind: 'keys', from, to };
    if (to === null) return;
    from = to;
  }
}

export function isSame(a: Bound, b: Bound | null): boolean {
  return b !== null && a.every((text, i) => text === b[i]);
}

/** The key behind the first so many rows of a range; null: there are no more. */
export async function boundAfter(side: Side, range: KeyRange, rows: number): Promise<Bound | null> {
  const columns = rangeColumns(side);
  const order = columns.map((column) => side.compared(column, sql`${value('')}`).column);
  const read = columns.map((column) => sql`${side.read(column)} as ${name(column.name)}`);
  const texts = columns.map(
    (column, i) =>
      sql`${side.connection.types.toTransport(column.type, sql`${name('r', column.name)}`)} as ${name(`fh_k${i}`)}`,
  );
  const [row] = await side.connection.query(sql`select ${list(texts)} from (
    select ${list(read)} from ${side.from} ${where(side, inRange(side, range))}
    order by ${list(order)} limit 1 offset ${literal(rows)}) r`);
  if (row === undefined) return null;
  const bound = columns.map((_, i) => textOrNull(row[`fh_k${i}`]));
  return bound.every((text) => text !== null) ? bound : null;
}

type Halves = readonly { readonly column: Sql; readonly bound: Sql }[];

function halves(side: Side, bound: Bound): Halves {
  return rangeColumns(side).map((column, i) => side.compared(column, sql`${value(bound[i] ?? null)}`));
}

function atOrAbove(side: Side, bound: Bound): Sql {
  const [first, ...rest] = halves(side, bound);
  if (first === undefined) return sql`1 = 1`;
  if (rest.length === 0) return sql`${first.column} >= ${first.bound}`;
  if (side.connection.dialect.comparesRows)
    return sql`${row([first, ...rest], 'column')} >= ${row([first, ...rest], 'bound')}`;
  // The first comparison alone is what an index answers.
  return sql`${first.column} >= ${first.bound} and (${lexical([first, ...rest], sql`>`, sql`>=`)})`;
}

function below(side: Side, bound: Bound): Sql {
  const [first, ...rest] = halves(side, bound);
  if (first === undefined) return sql`1 = 1`;
  if (rest.length === 0) return sql`${first.column} < ${first.bound}`;
  if (side.connection.dialect.comparesRows)
    return sql`${row([first, ...rest], 'column')} < ${row([first, ...rest], 'bound')}`;
  return sql`${first.column} <= ${first.bound} and (${lexical([first, ...rest], sql`<`, sql`<`)})`;
}

function row(of: Halves, half: 'column' | 'bound'): Sql {
  return sql`(${list(of.map((each) => each[half]))})`;
}

/** `a > x or (a = x and (b > y or ...))`, the last column by `last`. */
function lexical([first, ...rest]: Halves, strict: Sql, last: Sql): Sql {
  if (first === undefined) return sql`1 = 1`;
  if (rest.length === 0) return sql`${first.column} ${last} ${first.bound}`;
  return sql`${first.column} ${strict} ${first.bound} or (${first.column} = ${first.bound} and (${lexical(rest, strict, last)}))`;
}
