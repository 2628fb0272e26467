import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Table } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { briefly } from '../locks.ts';
import { orBlocked } from '../publish/blocked.ts';
import { isTable } from '../tables.ts';
import { asItRests, isInOne, leftName, showVersions, viewColumns, viewsIn } from '../versions.ts';
import { apart } from './apart.ts';
import { dropOurs } from './dependants.ts';
import type { Views } from './reshape.ts';
import { type Kept, retypedColumns } from './retyped.ts';
import { betweenMerges, type SwitchOptions } from './switch.ts';
import { together } from './together.ts';

/**
 * From layout `split` to `history` and back, on an engine that can have both. No version is made, changed or lost: the
 * table of closed versions becomes the table of all, and current rows move into it; or they move out of it.
 *
 * Each dataset is one transaction. Before: its rows and versions in one form. After: in the other, which readers' views show
 * alike, and whoever merges by the form before is fenced. While current rows move nobody writes the tables, so merges of the stream
 * wait, then its changes wait in its inbox; others go on. Readers wait for the short end, in which tables and views change their
 * names: where others hold them, that alone is tried again. Cut: as before.
 * Twice: nothing is left to do. Errors among the findings: others have built on what is to go.
 *
 * Types of columns are changed in the form `split` alone, so whatever has one to change is set apart first.
 */
export function setApart(
  c: Connection,
  kept: readonly Kept[],
  options: SwitchOptions = {},
): Promise<readonly Finding[]> {
  return forEach(c, kept, async (one) => {
    if (!(await isInOne(c, one.table))) return [];
    const isAsked = one.table.layout === 'history' && (await retypedColumns(c, [one])).length === 0;
    return isAsked ? [] : apart(c, one, options);
  });
}

/** What the plan wants in one table; and columns that no plan has any more are shown in it no longer. */
export function putTogether(
  c: Connection,
  kept: readonly Kept[],
  views: Views,
  options: SwitchOptions = {},
): Promise<readonly Finding[]> {
  return forEach(c, kept, async (one) => {
    const { table } = one;
    await showTables(c, table, views);
    if (table.layout !== 'history' || table.key.length === 0) return [];
    return (await isInOne(c, table)) ? showAnew(c, one, views) : together(c, one, views, options);
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

async function showAnew(c: Connection, { stream, table }: Kept, views: Views): Promise<readonly Finding[]> {
  const { schema, current } = table;
  const wanted = new Set(['ctid', 'fh_from', ...table.columns.map((column) => column.name)]);
  if ((await viewColumns(c, schema, current)).every((column) => wanted.has(column))) return [];
  return betweenMerges(c, stream, [schema, ...views.schemas], async () => {
    await views.drop();
    for (const view of viewsIn(c, table)) await dropOurs(c, table, sql`view ${name(schema, view)}`);
    const { versions = null } = await asItRests(c, table);
    if (versions !== null) await showVersions(c, table, versions);
    return views.publish();
  });
}
