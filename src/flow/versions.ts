import type { Connection } from '../engine/connection.ts';
import { tableName } from '../plan/names.ts';
import type { Table } from '../plan/plan.ts';
import { empty, list, literal, name, sql, value } from '../sql/sql.ts';
import { endless } from './bookkeeping.ts';
import { limited } from './physical.ts';

/**
 * Layout `history`: one table of all versions of a dataset, those without an end (`fh_to` is null) its current rows. The names
 * of the tables of layout `split` are views of it, through which rows are read, added, changed and deleted as they are there: so
 * whatever works on current rows or closed versions need not know. What does: merging (a version is closed where it is),
 * loading (a view cannot be copied into), definition, and changing to and from it (`reshape/layout.ts`).
 *
 * A unique index over the key of versions without an end keeps the current rows apart, and finds them.
 */
export function versionsName(c: Connection, { current }: Pick<Table, 'current'>): string {
  return tableName(current, 'versions', c.dialect.identifierLimit);
}

/** Is it kept so? */
export async function isInOne(c: Connection, table: Pick<Table, 'schema' | 'current'>): Promise<boolean> {
  if (!c.dialect.updatableViews) return false;
  const rows = await c.query(sql`select table_name from information_schema.tables
    where table_schema = ${value(table.schema)} and table_name = ${value(versionsName(c, table))}`);
  return rows.length > 0;
}

/** Is any of these kept in another layout by now than when its tables were made ready? */
export async function isKeptOtherwise(
  c: Connection,
  tables: readonly Pick<Table, 'schema' | 'current' | 'versions'>[],
): Promise<boolean> {
  if (!c.dialect.updatableViews || tables.length === 0) return false;
  const named = tables.map((table) => sql`(${value(table.schema)}, ${value(versionsName(c, table))})`);
  const rows = await c.query(sql`select table_schema, table_name from information_schema.tables
    where (table_schema, table_name) in (${list(named)})`);
  const there = new Set(rows.map((row) => `${String(row.table_schema)}.${String(row.table_name)}`));
  return tables.some(
    (table) => there.has(`${table.schema}.${versionsName(c, table)}`) !== (typeof table.versions === 'string'),
  );
}

/** The table with the layout that it is kept in, whatever the plan says. */
export async function asItRests<T extends Table>(c: Connection, table: T): Promise<T> {
  return { ...table, versions: (await isInOne(c, table)) ? versionsName(c, table) : null };
}

/** The table that current rows really are in. */
export function restingTable({ schema, current, versions = null }: Table): readonly [string, string] {
  return [schema, versions ?? current];
}

/** The view of all versions, those without an end with the largest ordinal as theirs: what readers' views are of. */
export function everyName(c: Connection, { current }: Pick<Table, 'current'>): string {
  return limited(`fh_every_${current}`, c.dialect.identifierLimit);
}

/** The views of a table of versions. */
export function viewsIn(c: Connection, table: Pick<Table, 'current' | 'history'>): readonly string[] {
  return [table.current, table.history, everyName(c, table)];
}

/** What a view of a table of versions is called while it shows tables: from where these are set apart until views are made anew. */
export function leftName(c: Connection, view: string): string {
  return limited(`fh_left_${view}`, c.dialect.identifierLimit);
}

/** Makes the views, or adds columns to them that came later. In the caller's transaction. */
export async function showVersions(c: Connection, table: Table, versions: string): Promise<void> {
  const at = name(table.schema, versions);
  // An address of a row is the table's own.
  const address = c.dialect.rowAddress === null ? [] : [c.dialect.rowAddress.column];
  const end = sql`coalesce(v.fh_to, cast(${literal(endless)} as bigint)) as fh_to`;
  for (const { view, header, to, where } of [
    { view: table.current, header: [...address, 'fh_from'], to: end, where: sql`where v.fh_to is null` },
    { view: table.history, header: ['fh_from', 'fh_to'], to: sql`v.fh_to`, where: sql`where v.fh_to is not null` },
    { view: everyName(c, table), header: ['fh_from', 'fh_to'], to: end, where: empty },
  ]) {
    // A view that is there only takes more columns at its end.
    const shown = await viewColumns(c, table.schema, view);
    const wanted = [...header, ...table.columns.map((column) => column.name)];
    const columns = [...shown, ...wanted.filter((column) => !shown.includes(column))];
    if (columns.length === shown.length) continue;
    const values = columns.map((column) => (column === 'fh_to' ? to : sql`${name('v', column)}`));
    await c.execute(
      sql`create or replace view ${name(table.schema, view)} as select ${list(values)} from ${at} v ${where}`,
    );
  }
}

/** In their order; none where there is no such view. */
export async function viewColumns(c: Connection, schema: string, view: string): Promise<readonly string[]> {
  const rows = await c.query(sql`select column_name from information_schema.columns
    where table_schema = ${value(schema)} and table_name = ${value(view)} order by ordinal_position`);
  return rows.map((row) => String(row.column_name));
}

/** The index that keeps current rows apart. */
export function openIndex(c: Connection, versions: string): string {
  return limited(`${versions}__open`, c.dialect.identifierLimit);
}

export async function hasOpenIndex(c: Connection, schema: string, versions: string): Promise<boolean> {
  const rows = await c.query(c.dialect.indexNames(schema, versions));
  return rows.some((row) => row.name === openIndex(c, versions));
}

/** `on`: the table, which may have another name still. */
export async function buildOpenIndex(
  c: Connection,
  { schema, key }: Pick<Table, 'schema' | 'key'>,
  versions: string,
  on: string = versions,
): Promise<void> {
  const columns = list(key.map((one) => name(one)));
  await c.execute(sql`create unique index ${name(openIndex(c, versions))} on ${name(schema, on)} (${columns})
    where fh_to is null`);
}

/** Takes current rows and the index over them away: before the first rows, where a load was cut. */
export async function emptyOpen(c: Connection, { schema }: Pick<Table, 'schema'>, versions: string): Promise<void> {
  const at = name(schema, versions);
  const [closed] = await c.query(sql`select fh_to from ${at} where fh_to is not null limit 1`);
  await c.execute(closed === undefined ? sql`truncate ${at}` : sql`delete from ${at} where fh_to is null`);
  await c.execute(sql`drop index if exists ${name(schema, openIndex(c, versions))}`);
}
