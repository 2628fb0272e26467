import type { Connection } from '../../engine/connection.ts';
import { tableName } from '../../plan/names.ts';
import type { StreamDataset, Table, TableColumn } from '../../plan/plan.ts';
import { empty, list, literal, name, type Sql, type SqlName, sql, value, words } from '../../sql/sql.ts';
import { timestamp } from '../bookkeeping.ts';
import { keyColumns } from '../key.ts';
import { keyTextOf } from '../ranges/row-text.ts';
import { canHold, looseType } from './conditions.ts';

/**
 * Changes of a dataset that wait: of a key the row that a check diverted, and whatever came of that key afterwards, in
 * order. A logged table beside the dataset's own, in whose transactions it is written.
 *
 * Values rest as transport texts, since what its column cannot hold must rest here too, and whatever becomes of the
 * columns. `fh_key` is the key's text as verify compares it; `fh_check` what diverted it, null where it only followed, of its own key or of the other that its row had;
 * `fh_order` what an operator wants of it: `release` or `drop`.
 */
export type Quarantined = Pick<Table, 'address' | 'name' | 'schema' | 'current' | 'key' | 'columns'> & {
  /** The table; absent: nothing of the dataset waits, and nothing can come to. */
  readonly quarantine?: string;
};

/**
 * The dataset with its quarantine: made where a check diverts, kept where rows wait though none diverts any more. In the
 * caller's transaction.
 */
export async function withQuarantine<T extends Quarantined & Pick<StreamDataset, 'checks'>>(
  c: Connection,
  dataset: T,
): Promise<T> {
  const diverts = dataset.key.length > 0 && dataset.checks?.some(({ otherwise }) => otherwise === 'divert') === true;
  const known = await quarantineNamed(c, dataset.address);
  if (known === null && !diverts) return dataset;
  // By the tables that a rename leaves where they are.
  const quarantine = known ?? tableName(dataset.current, 'quarantine', c.dialect.identifierLimit);
  if (known === null)
    await c.execute(sql`insert into freehold.fh_quarantine (address, table_schema, table_name, is_ordered)
      values (${value(dataset.address)}, ${value(dataset.schema)}, ${value(quarantine)}, false)`);
  await makeQuarantine(c, dataset, quarantine);
  if (diverts || (await anyWaiting(c, { ...dataset, quarantine }))) return { ...dataset, quarantine };
  await c.execute(sql`drop table ${name(dataset.schema, quarantine)}`);
  await c.execute(sql`delete from freehold.fh_quarantine where address = ${value(dataset.address)}`);
  return dataset;
}

/** The table in which changes of a dataset wait; null: there is none. */
export async function quarantineNamed(c: Connection, address: string): Promise<string | null> {
  const [known] = await c.query(sql`select table_name from freehold.fh_quarantine where address = ${value(address)}`);
  return known === undefined ? null : String(known.table_name);
}

/** The table itself, or columns that it lacks. In the caller's transaction. */
export async function makeQuarantine(
  c: Connection,
  { schema, columns }: Pick<Quarantined, 'schema' | 'columns'>,
  quarantine: string,
): Promise<void> {
  const bigint = words(c.dialect.bigint);
  const text = c.types.physical({ kind: 'text' });
  const rows = await c.query(sql`select column_name from information_schema.columns
    where table_schema = ${value(schema)} and table_name = ${value(quarantine)}`);
  const known = new Set(rows.map((row) => String(row.column_name)));
  const at = name(schema, quarantine);
  if (known.size === 0) {
    await c.execute(sql`create table ${at} (
      ${list(
        columns.map((column) => sql`${name(column.name)} ${text}`),
        ',\n  ',
      )}, fh_ordinal ${bigint} not null, fh_seq ${bigint} not null, fh_op smallint not null, fh_key ${text} not null,
      fh_check ${text}, fh_at ${timestamp(c)} not null, fh_order ${text}, fh_by ${text})`);
    if (c.dialect.indexes) await c.execute(sql`create index on ${at} (fh_key)`);
    return;
  }
  for (const column of columns)
    if (!known.has(column.name)) await c.execute(sql`alter table ${at} add column ${name(column.name)} ${text}`);
}

export function quarantineOf({ schema, quarantine = '' }: Quarantined): SqlName {
  return name(schema, quarantine);
}

export async function anyWaiting(c: Connection, dataset: Quarantined): Promise<boolean> {
  if (dataset.quarantine === undefined) return false;
  const [some] = await c.query(sql`select fh_op from ${quarantineOf(dataset)} limit 1`);
  return some !== undefined;
}

/** The text of a row's key, as verify spells it. */
export function keyText(c: Connection, dataset: Quarantined, valueIn: (column: TableColumn) => Sql): Sql {
  return keyTextOf(c, dataset, valueIn, ({ type }) => looseType(c, type));
}

/** A value that waits in row `q`, as the loose type of its column. */
export function waitingValue(c: Connection, column: TableColumn): Sql {
  return c.types.fromTransport(looseType(c, column.type), sql`q.${name(column.name)}`);
}

/**
 * What each key that waits would be: its last change, as row `q` of texts, with fh_op, fh_key, fh_order.
 * `only`: a condition on the rows.
 */
export function lastWaiting(dataset: Quarantined, only: Sql | null = null): Sql {
  const columns = list(dataset.columns.map((column) => name(column.name)));
  return sql`(select ${columns}, fh_op, fh_key, fh_ordinal from (
      select ${columns}, fh_op, fh_key, fh_ordinal,
        row_number() over (partition by fh_key order by fh_ordinal desc, fh_seq desc) as fh_n
      from ${quarantineOf(dataset)} ${only === null ? empty : sql`where ${only}`}) l
    where fh_n = 1)`;
}

/** Can its columns hold the row `q` that waits? Never null. */
export function fitsColumns(c: Connection, { columns }: Pick<Quarantined, 'columns'>): Sql {
  const held = columns.flatMap((column) => canHold(c, column, waitingValue(c, column)) ?? []);
  return held.length === 0
    ? sql`true`
    : sql`coalesce(${list(
        held.map(({ holds }) => sql`(${holds})`),
        ' and ',
      )}, true)`;
}

/**
 * Current rows as they would be had nothing waited, for whoever compares them with the source: a table, or a query in
 * parentheses, with the dataset's columns and `fh_from` (0 of a row that waits).
 */
export async function seenRows(c: Connection, dataset: Quarantined): Promise<Sql> {
  const current = sql`${name(dataset.schema, dataset.current)}`;
  if (!(await anyWaiting(c, dataset))) return current;
  const columns = dataset.columns.map((column) => name(column.name));
  const same = keyColumns(dataset).map((column) => sql`${waitingValue(c, column)} = h.${name(column.name)}`);
  const cast = dataset.columns.map(
    (column) => sql`cast(${waitingValue(c, column)} as ${c.types.physical(column.type)}) as ${name(column.name)}`,
  );
  return sql`(select ${list(columns.map((column) => sql`h.${column}`))}, h.fh_from from ${current} h
      where not exists (select 1 from ${quarantineOf(dataset)} q where ${list(same, ' and ')})
    union all
    select ${list(cast)}, ${literal(0)} from ${lastWaiting(dataset)} q
      where q.fh_op = 1 and ${fitsColumns(c, dataset)})`;
}
