import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Table } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql, value, words } from '../../sql/sql.ts';
import { applySettings, endless } from '../bookkeeping.ts';
import { fence } from '../checkpoint.ts';
import { moveTable } from '../handover/move-tables.ts';
import { brieflyWithin, tellingHolders } from '../locks.ts';
import { limited } from '../physical.ts';
import {
  everyName,
  hasOpenIndex,
  isInOne,
  leftName,
  openIndex,
  versionsName,
  viewColumns,
  viewsIn,
} from '../versions.ts';
import { baseOf, setBase, typesOf } from './columns-there.ts';
import { moveRows } from './move-rows.ts';
import type { Kept } from './retyped.ts';
import { endWaiting, holdTables, type SwitchOptions, teller } from './switch.ts';

/** From `history` to `split`: one transaction, see `layout.ts`. Readers' views show the tables until they are made anew. */
export async function apart(
  c: Connection,
  { stream, table }: Kept,
  options: SwitchOptions,
): Promise<readonly Finding[]> {
  const { schema, current, history } = table;
  const versions = versionsName(c, table);
  const all = name(schema, versions);
  const aside = limited(`fh_apart_${current}`, c.dialect.identifierLimit);
  const rows = name(schema, aside);
  const work = async () => {
    const beganMs = performance.now();
    await holdTables(c, stream, schema, [versions]);
    if (!(await isInOne(c, table))) return;
    await options.hook?.('layout held');
    await applySettings(c, c.dialect.bulkSettings);
    const told = teller(c, table, 'split', options);
    await c.execute(sql`create table ${rows} (like ${all}) ${words(c.dialect.currentOptions)}`);
    await c.execute(sql`alter table ${rows} drop column fh_to`);
    await setBase(c, schema, aside, await baseOf(c, schema, versions));
    const names = [...(await typesOf(c, schema, aside)).keys()];
    const columns = list(names.map((column) => name(column)));
    const moved = await moveRows(
      c,
      [schema, versions],
      (isInRange) => sql`with moved as (
          delete from ${all} r where r.fh_to is null and ${isInRange}
          returning ${list(names.map((column) => sql`r.${name(column)}`))})
        insert into ${rows} (${columns}) select ${columns} from moved`,
      (some) => told('moving', some),
    );
    await options.hook?.('layout moved');
    await told('building', moved);
    if (await hasOpenIndex(c, schema, versions))
      await c.execute(sql`alter table ${rows} add primary key (${list(table.key.map((key) => name(key)))})`);
    await c.execute(sql`analyze ${rows}`);
    const end = async () => {
      await endWaiting(c, stream);
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
      await options.hook?.('layout before commit');
    };
    await brieflyWithin(c, [schema], end, performance.now() - beganMs);
  };
  await tellingHolders(c, [schema], () => c.transaction(work)).catch(async (failure: unknown) => {
    // By another apply, which was waited for.
    if (!(failure instanceof EngineError) || failure.kind !== 'missing' || (await isInOne(c, table))) throw failure;
  });
  await options.hook?.('layout switched');
  return [];
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
