import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Table } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql, value, words } from '../../sql/sql.ts';
import { applySettings, endless } from '../bookkeeping.ts';
import { fence, holdStream } from '../checkpoint.ts';
import { moveTable } from '../handover/move-tables.ts';
import { briefly, brieflyWithin } from '../locks.ts';
import { limited } from '../physical.ts';
import { forgetTable } from '../places.ts';
import { Blocked, orBlocked } from '../publish/blocked.ts';
import { isTable, keyOf } from '../tables.ts';
import {
  asItRests,
  buildOpenIndex,
  everyName,
  hasOpenIndex,
  isInOne,
  openIndex,
  showVersions,
  versionsName,
  viewColumns,
  viewsIn,
} from '../versions.ts';
import type { Views } from './reshape.ts';
import { type Kept, retypedColumns } from './retyped.ts';

/**
 * From layout `split` to `history` and back, on an engine that can have both. No version is made, changed or lost: the
 * table of closed versions becomes the table of all, and current rows move into it; or they move out of it.
 *
 * Each dataset is one transaction. Before: its rows and versions in one form. After: in the other, which readers' views show
 * alike, and whoever merges by the form before is fenced. Merges wait while the current rows are copied, readers only for the
 * short end, in which tables and views change their names: where others hold them, that alone is tried again. Cut: as before.
 * Twice: nothing is left to do. Errors among the findings: others have built on what is to go.
 *
 * Types of columns are changed in the form `split` alone, so whatever has one to change is set apart first.
 */
export function setApart(c: Connection, kept: readonly Kept[]): Promise<readonly Finding[]> {
  return forEach(c, kept, async (one) => {
    if (!(await isInOne(c, one.table))) return [];
    const isAsked = one.table.layout === 'history' && (await retypedColumns(c, [one])).length === 0;
    return isAsked ? [] : apart(c, one);
  });
}

/** What the plan wants in one table; and columns that no plan has any more are shown in it no longer. */
export function putTogether(c: Connection, kept: readonly Kept[], views: Views): Promise<readonly Finding[]> {
  return forEach(c, kept, async (one) => {
    const { table } = one;
    await showTables(c, table, views);
    if (table.layout !== 'history' || table.key.length === 0) return [];
    return (await isInOne(c, table)) ? showAnew(c, one, views) : together(c, one, views);
  });
}

async function forEach(
  c: Connection,
  kept: readonly Kept[],
  change: (one: Kept) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  if (!c.dialect.updatableViews) return [];
  const findings: Finding[] = [];
  for (const one of kept) findings.push(...(await orBlocked(() => change(one))));
  return findings;
}

async function together(c: Connection, { stream, table }: Kept, views: Views): Promise<readonly Finding[]> {
  const { schema, current, history } = table;
  const versions = versionsName(c, table);
  const [rows, closed] = [name(schema, current), name(schema, history)];
  const keys = table.key.map((key) => name(key));
  await briefly(c, [schema], () => makeReady(c, table));
  return c.transaction(async () => {
    await holdStream(c, stream);
    await applySettings(c, c.dialect.bulkSettings);
    const columns = list((await sharedColumns(c, schema, current, history)).map((column) => name(column)));
    await c.execute(sql`insert into ${closed} (${columns}) select ${columns} from ${rows}`);
    // A load that is under way may have read a key twice.
    if ((await keyOf(c, table)) !== null) await buildOpenIndex(c, table, versions, history);
    await c.execute(sql`alter table ${closed} validate constraint ${name(keyed)}`);
    await c.execute(sql`analyze ${closed}`);
    return brieflyWithin(c, [schema, ...views.schemas], async () => {
      const base = await baseOf(c, schema, current);
      await views.drop();
      await c.execute(sql`update freehold.fh_retired r set table_name = ${value(history)}
        where table_schema = ${value(schema)} and table_name = ${value(current)} and not exists (
          select from freehold.fh_retired h where h.table_schema = r.table_schema and h.table_name = ${value(history)}
            and h.kept_as = r.kept_as)`);
      await forgetTable(c, [schema, current]);
      await dropOurs(c, table, sql`table ${rows}`);
      await moveTable(c, [schema, history], [schema, versions]);
      for (const key of keys)
        await c.execute(sql`alter table ${name(schema, versions)} alter column ${key} set not null`);
      await c.execute(sql`alter table ${name(schema, versions)} drop constraint ${name(keyed)}`);
      await setBase(c, schema, versions, base);
      await showVersions(c, table, versions);
      await fence(c, [stream]);
      return views.publish();
    });
  });
}

/** Says of the keys of versions what is to be proven without holding a reader back, once it is. */
const keyed = 'fh_keyed';

/** Versions without an end may be kept in the table of closed ones, and whatever columns the current rows have. */
async function makeReady(c: Connection, table: Table): Promise<void> {
  const { schema, current, history } = table;
  const at = name(schema, history);
  await c.execute(sql`alter table ${at} alter column fh_to drop not null`);
  await c.execute(sql`alter table ${at} drop constraint if exists ${name(keyed)}`);
  const isThere = table.key.map((key) => sql`${name(key)} is not null`);
  await c.execute(sql`alter table ${at} add constraint ${name(keyed)} check (${list(isThere, ' and ')}) not valid`);
  const there = await typesOf(c, schema, history);
  for (const [column, type] of await typesOf(c, schema, current))
    if (!there.has(column)) await c.execute(sql`alter table ${at} add column ${name(column)} ${words(type)}`);
}

async function apart(c: Connection, { stream, table }: Kept): Promise<readonly Finding[]> {
  const { schema, current, history } = table;
  const versions = versionsName(c, table);
  const all = name(schema, versions);
  const aside = limited(`fh_apart_${current}`, c.dialect.identifierLimit);
  const rows = name(schema, aside);
  return c.transaction(async () => {
    await holdStream(c, stream);
    await applySettings(c, c.dialect.bulkSettings);
    await c.execute(sql`create table ${rows} (like ${all}) ${words(c.dialect.currentOptions)}`);
    await c.execute(sql`alter table ${rows} drop column fh_to`);
    await setBase(c, schema, aside, await baseOf(c, schema, versions));
    const columns = list([...(await typesOf(c, schema, aside)).keys()].map((column) => name(column)));
    await c.execute(sql`insert into ${rows} (${columns}) select ${columns} from ${all} where fh_to is null`);
    if (await hasOpenIndex(c, schema, versions))
      await c.execute(sql`alter table ${rows} add primary key (${list(table.key.map((key) => name(key)))})`);
    await c.execute(sql`analyze ${rows}`);
    await c.execute(sql`delete from ${all} where fh_to is null`);
    return brieflyWithin(c, [schema], async () => {
      const shown = new Map<string, readonly string[]>();
      for (const view of viewsIn(c, table)) {
        shown.set(view, await viewColumns(c, schema, view));
        await c.execute(sql`alter view ${name(schema, view)} rename to ${name(leftName(c, view))}`);
      }
      await c.execute(sql`drop index if exists ${name(schema, openIndex(c, versions))}`);
      await moveTable(c, [schema, versions], [schema, history]);
      await moveTable(c, [schema, aside], [schema, current]);
      await c.execute(sql`insert into freehold.fh_retired (address, table_schema, table_name, column_name, kept_as, "at")
        select address, table_schema, ${value(current)}, column_name, kept_as, "at" from freehold.fh_retired
        where table_schema = ${value(schema)} and table_name = ${value(history)}`);
      for (const key of table.key)
        await c.execute(sql`alter table ${name(schema, history)} alter column ${name(key)} drop not null`);
      for (const [of, columns] of shown) await leaveView(c, table, of, columns);
      await fence(c, [stream]);
      return [];
    });
  });
}

/** Readers' views are of the views that were there, which show the tables now, until they are made anew. */
async function leaveView(c: Connection, table: Table, of: string, columns: readonly string[]): Promise<void> {
  const { schema, current, history } = table;
  const left = name(schema, leftName(c, of));
  const from = (rows: string, end: Sql) =>
    sql`select ${list(columns.map((column) => (column === 'fh_to' ? end : sql`${name('v', column)}`)))} from ${name(schema, rows)} v`;
  const open = sql`cast(${literal(endless)} as bigint)`;
  const rows =
    of === everyName(c, table)
      ? sql`${from(history, sql`v.fh_to`)} union all ${from(current, open)}`
      : from(of, sql`v.fh_to`);
  await c.execute(sql`create or replace view ${left} as ${rows}`);
  await c.execute(sql`comment on view ${left} is 'freehold shows a table that was a view'`);
}

function leftName(c: Connection, of: string): string {
  return limited(`fh_left_${of}`, c.dialect.identifierLimit);
}

/** Takes away what `apart` has left, with readers' views of the tables themselves. */
async function showTables(c: Connection, table: Table, views: Views): Promise<void> {
  if ((await leftOf(c, table)).length === 0) return;
  await briefly(c, [table.schema, ...views.schemas], async () => {
    await views.drop();
    await dropLeft(c, [table]);
    await views.publish();
  });
}

/** In the caller's transaction, once no reader's view is of them. */
export async function dropLeft(c: Connection, tables: readonly Table[]): Promise<void> {
  if (!c.dialect.updatableViews) return;
  for (const table of tables)
    for (const view of await leftOf(c, table)) await dropOurs(c, table, sql`view ${name(table.schema, view)}`);
}

async function leftOf(c: Connection, table: Table): Promise<readonly string[]> {
  const left: string[] = [];
  for (const of of viewsIn(c, table)) if (await isTable(c, table.schema, leftName(c, of))) left.push(leftName(c, of));
  return left;
}

async function showAnew(c: Connection, { table }: Kept, views: Views): Promise<readonly Finding[]> {
  const { schema, current } = table;
  const wanted = new Set(['ctid', 'fh_from', ...table.columns.map((column) => column.name)]);
  if ((await viewColumns(c, schema, current)).every((column) => wanted.has(column))) return [];
  return briefly(c, [schema, ...views.schemas], async () => {
    await views.drop();
    for (const view of viewsIn(c, table)) await dropOurs(c, table, sql`view ${name(schema, view)}`);
    const { versions = null } = await asItRests(c, table);
    if (versions !== null) await showVersions(c, table, versions);
    return views.publish();
  });
}

/** Columns of a table with their types, as the engine spells them. */
export async function typesOf(c: Connection, schema: string, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await c.query(sql`select attname::text as column, format_type(atttypid, atttypmod) as type
    from pg_catalog.pg_attribute where attnum > 0 and not attisdropped
      and attrelid = to_regclass(format('%I.%I', cast(${value(schema)} as text), cast(${value(table)} as text)))
    order by attnum`);
  return new Map(rows.map((row) => [String(row.column), String(row.type)]));
}

/** A column that no plan has any more can have had one type in current rows and another in versions: it goes with the rows. */
async function sharedColumns(c: Connection, schema: string, from: string, to: string): Promise<readonly string[]> {
  const there = await typesOf(c, schema, to);
  return [...(await typesOf(c, schema, from))].flatMap(([column, type]) =>
    there.get(column) === type ? [column] : [],
  );
}

/** The ordinal that rows are of which are copied without one. */
async function baseOf(c: Connection, schema: string, table: string): Promise<Sql> {
  const [row] = await c.query(sql`select column_default as base from information_schema.columns
    where table_schema = ${value(schema)} and table_name = ${value(table)} and column_name = 'fh_from'`);
  const base = /\d+/.exec(String(row?.base))?.[0];
  return sql`${literal(BigInt(base ?? 1))}`;
}

async function setBase(c: Connection, schema: string, table: string, base: Sql): Promise<void> {
  await c.execute(sql`alter table ${name(schema, table)} alter column fh_from set default ${base}`);
}

async function dropOurs(c: Connection, { address, schema }: Table, what: Sql): Promise<void> {
  try {
    await c.execute(sql`drop ${what}`);
  } catch (failure) {
    if (!(failure instanceof EngineError) || failure.code !== '2BP01') throw failure;
    const { cause } = failure;
    const detail =
      typeof cause === 'object' && cause !== null && 'detail' in cause ? String(cause.detail) : failure.message;
    throw new Blocked({
      rule: 'has-dependants',
      address,
      message: `the layout of dataset '${address}' is to change, and others have built on its tables in schema "${schema}": ${detail.replaceAll('\n', '; ')}. Nothing of it was changed.`,
      help: 'Drop or change what depends on it, then apply again. freehold never drops what it did not make.',
    });
  }
}
