/**
 * One side of a comparison: rows with one text each, equal on every engine where the rows are equal.
 *
 * Terms. *key text*: of a row's key; of a keyless row the hash of the whole row, so that rows are compared as a bag.
 * *tally*: how many rows, and the sum of their hashes, so their order is of no account: equal tallies mean equal rows, but
 * for chance of one in 2^60. *range*: rows by the order of their keys.
 */

import type { Capture, KeyRanges } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { empty, list, name, type Sql, sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { keyColumns } from '../key.ts';
import { columnText } from './row-text.ts';

export type SideColumn = { readonly name: string; readonly from: string; readonly type: Type };

export type Side = {
  /** `source`, `store`, or a replica's container: in messages. */
  readonly where: string;
  readonly connection: Connection;
  /** What stands behind `from`: a table, or a query in parentheses with a name. */
  readonly from: Sql;
  /** Rows that count; absent: all. */
  readonly filter?: Sql;
  readonly columns: readonly SideColumn[];
  readonly key: readonly string[];
  /** The first columns of the key, by which ranges are read and keys looked up; absent: all of them. */
  readonly rangeKey?: readonly string[];
  /** A column of `from` as its type's physical type. */
  readonly read: (column: SideColumn) => Sql;
  /** Both halves of a comparison of a key column, so that an index of it answers; `text` is a value's transport text. */
  readonly compared: (column: SideColumn, text: Sql) => { readonly column: Sql; readonly bound: Sql };
  /** Do ranges of the key cost what they hold, and no more? */
  readonly isOrdered: boolean;
  /** The ordinal since which the row is what it is, and something that is another for each version of it; where there are such. */
  readonly since?: Sql;
  readonly version?: Sql;
};

/** The rows of a dataset at its source. */
export function sourceSide(
  connection: Connection,
  dataset: StreamDataset,
  { read }: Pick<Capture, 'read'>,
  ranges: KeyRanges | null,
): Side {
  return {
    where: 'source',
    connection,
    from: sql`${name(dataset.from.schema, dataset.from.table)}`,
    columns: dataset.columns,
    key: dataset.key,
    read,
    compared:
      ranges?.compared ??
      ((column, text) => ({ column: read(column), bound: connection.types.fromTransport(column.type, text) })),
    isOrdered: ranges !== null && dataset.key.length > 0,
    ...(ranges?.rowVersion == null ? {} : { version: ranges.rowVersion }),
  };
}

/** Rows of ours: `columns` of a table, or of a query. */
export function ourSide(
  where: string,
  connection: Connection,
  from: Sql,
  { columns, key }: Pick<Side, 'columns' | 'key'>,
  more: Pick<Side, 'filter' | 'since'> = {},
): Side {
  const read = (column: SideColumn) => sql`${name(column.name)}`;
  return {
    where,
    connection,
    from,
    columns: columns.map((column) => ({ ...column, from: column.name })),
    key,
    read,
    compared: (column, text) => ({ column: read(column), bound: connection.types.fromTransport(column.type, text) }),
    isOrdered: key.length > 0,
    ...more,
  };
}

/** Those by which ranges are read. */
export function rangeColumns(side: Side): readonly SideColumn[] {
  return keyColumns(side).slice(0, side.rangeKey?.length);
}

/** What `hashed` gives of each row besides `fh_key` and `fh_hash`. */
export type Asked = {
  /** Transport texts of the key's columns: `fh_k0` and on. */
  readonly key?: boolean;
  /** `fh_columns`: the hash of each column. */
  readonly columns?: boolean;
  /** `fh_since`, `fh_version`. */
  readonly versions?: boolean;
};

/** Key text and hash of each row for which the condition holds. */
export function hashed(side: Side, condition: Sql | null, asked: Asked = {}): Sql {
  const { textHash, toTransport } = side.connection.types;
  const textOf = (column: SideColumn) => columnText(side.connection, column.type, sql`${name('r', column.name)}`);
  const texts = side.columns.map(textOf);
  const row = sql`${list(texts, ' || ')}`;
  const key = side.key.length === 0 ? sql`'' || ${textHash(row)}` : sql`${list(keyColumns(side).map(textOf), ' || ')}`;
  const more = [
    ...(asked.key === true
      ? keyColumns(side).map((c, i) => sql`${toTransport(c.type, sql`${name('r', c.name)}`)} as ${name(`fh_k${i}`)}`)
      : []),
    ...(asked.columns === true
      ? [
          sql`${list(
            texts.flatMap((text, i) => [sql`${i === 0 ? sql`''` : sql`','`}`, textHash(text)]),
            ' || ',
          )} as fh_columns`,
        ]
      : []),
    ...(asked.versions === true ? [sql`r.fh_since`, sql`r.fh_version`] : []),
  ];
  const versions = [
    side.since === undefined ? sql`0 as fh_since` : sql`${side.since} as fh_since`,
    side.version === undefined ? sql`'' as fh_version` : sql`${side.version} as fh_version`,
  ];
  const read = [
    ...side.columns.map((column) => sql`${side.read(column)} as ${name(column.name)}`),
    ...(asked.versions === true ? versions : []),
  ];
  return sql`select ${list([sql`${key} as fh_key`, sql`${textHash(row)} as fh_hash`, ...more])}
    from (select ${list(read)} from ${side.from} ${where(side, condition)}) r`;
}

/** `where` of the side's own rows for which the condition holds. */
export function where(side: Side, condition: Sql | null): Sql {
  const all = [side.filter, condition].flatMap((each) => (each == null ? [] : [sql`(${each})`]));
  return all.length === 0 ? empty : sql`where ${list(all, ' and ')}`;
}

/** `id=5, line=2` of a key text; of a keyless row its hash. */
export function readableKey(side: Pick<Side, 'key'>, text: string): string {
  if (side.key.length === 0) return `row ${text}`;
  const values = [...text.matchAll(/n\||v((?:[^\\|]|\\.)*)\|/gsu)].map(([, value]) =>
    value?.replaceAll(/\\(.)/gsu, '$1'),
  );
  return side.key.map((column, i) => `${column}=${values[i] ?? 'null'}`).join(', ');
}
