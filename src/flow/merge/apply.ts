import type { Connection } from '../../engine/connection.ts';
import { empty, list, name, sql } from '../../sql/sql.ts';
import type { KeptTable } from '../tables.ts';
import type { Staging } from './staging.ts';

export type Counts = { readonly inserted: number; readonly updated: number; readonly deleted: number };

/**
 * Brings the tables to where the changes say, in the caller's transaction. Closed versions are written before the current
 * rows move, as they are taken from them; a version is closed once and never touched again.
 */
export async function applyChanges(c: Connection, table: KeptTable, staging: Staging): Promise<void> {
  if (table.layout === 'split') await closeVersions(c, table, staging);
  await moveCurrent(c, table, staging);
  if (table.keepsDelta) await appendDelta(c, table, staging);
}

/** The current row until its key's first change; and each row of the batch that a later one in it replaced. */
async function closeVersions(c: Connection, table: KeptTable, staging: Staging): Promise<void> {
  const columns = table.columns.map((column) => name(column.name));
  const history = name(table.schema, table.history);
  await c.execute(sql`insert into ${history} (${list(columns)}, fh_from, fh_to)
    select ${list(table.columns.map((column) => sql`c.${name(column.name)}`))}, c.fh_from, n.fh_ordinal
    from ${name(staging.changes)} n join ${name(table.schema, table.current)} c on ${sameKey(table)}
    where n.fh_first and n.fh_had`);
  await c.execute(sql`insert into ${history} (${list(columns)}, fh_from, fh_to)
    select ${list(columns)}, fh_ordinal, fh_next
    from ${name(staging.changes)}
    where fh_op = 1 and fh_next is not null`);
}

/** The last change of each key: gone, or the new current row. */
async function moveCurrent(c: Connection, table: KeptTable, staging: Staging): Promise<void> {
  const columns = table.columns.map((column) => name(column.name));
  const current = name(table.schema, table.current);
  const rest = table.columns.filter((column) => !table.key.includes(column.name)).map((column) => name(column.name));
  const isGone = c.dialect.upsert ? sql`and n.fh_op = 0` : empty;
  await c.execute(sql`delete from ${current} c using ${name(staging.changes)} n
    where ${sameKey(table)} and n.fh_next is null ${isGone}`);
  const replaced = [...rest, name('fh_from')].map((column) => sql`${column} = excluded.${column}`);
  const upsert = c.dialect.upsert
    ? sql`on conflict (${list(table.key.map((key) => name(key)))}) do update set ${list(replaced)}`
    : empty;
  await c.execute(sql`insert into ${current} (${list(columns)}, fh_from)
    select ${list(columns)}, fh_ordinal
    from ${name(staging.changes)}
    where fh_op = 1 and fh_next is null
    ${upsert}`);
}

async function appendDelta(c: Connection, table: KeptTable, staging: Staging): Promise<void> {
  const columns = list(table.columns.map((column) => name(column.name)));
  await c.execute(sql`insert into ${name(table.schema, table.delta)} (fh_ordinal, fh_op, ${columns})
    select fh_ordinal, fh_op, ${columns} from ${name(staging.changes)}`);
}

function sameKey(table: KeptTable) {
  return list(
    table.key.map((key) => sql`c.${name(key)} = n.${name(key)}`),
    ' and ',
  );
}
