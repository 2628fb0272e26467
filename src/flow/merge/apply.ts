import type { Connection } from '../../engine/connection.ts';
import { empty, list, name, type Sql, type SqlName, sql } from '../../sql/sql.ts';
import { appendDelta } from '../delta.ts';
import { sameKey } from '../key.ts';
import type { KeptTable } from '../tables.ts';
import type { Staging } from './staging.ts';

/**
 * Brings the tables to where the changes say, in the caller's transaction. Closed versions are written before the current
 * rows move, as they are taken from them; a version is closed once and never touched again.
 */
export async function applyChanges(
  c: Connection,
  table: KeptTable,
  staging: Staging,
  rows: number,
  upTo: bigint,
): Promise<void> {
  if (table.layout !== 'live' && typeof table.versions === 'string')
    await moveVersions(c, table, staging, name(table.schema, table.versions));
  else {
    if (table.layout !== 'live') await closeVersions(c, table, staging);
    await moveCurrent(c, table, staging);
  }
  if (!table.keepsDelta) return;
  const columns = list(table.columns.map((column) => name(column.name)));
  const changes = sql`select ${columns}, fh_ordinal, fh_op from ${name(staging.changes)}`;
  await appendDelta(c, table, { changes, rows, upTo });
}

/** The current row until its key's first change; and each row of the batch that a later one in it replaced. */
async function closeVersions(c: Connection, table: KeptTable, staging: Staging): Promise<void> {
  const columns = table.columns.map((column) => name(column.name));
  const history = name(table.schema, table.history);
  await c.execute(sql`insert into ${history} (${list(columns)}, fh_from, fh_to)
    select ${list(table.columns.map((column) => sql`c.${name(column.name)}`))}, c.fh_from, n.fh_ordinal
    from ${name(staging.changes)} n join ${name(table.schema, table.current)} c on ${sameRow(c, table)}
    where n.fh_first and n.fh_had`);
  await c.execute(sql`insert into ${history} (${list(columns)}, fh_from, fh_to)
    select ${list(columns)}, fh_ordinal, fh_next
    from ${name(staging.changes)}
    where fh_op = 1 and fh_next is not null`);
}

/** In one table of versions: the current row ends where it is, and each row that came is one of its own; the last has no end. */
async function moveVersions(c: Connection, table: KeptTable, staging: Staging, versions: SqlName): Promise<void> {
  const columns = list(table.columns.map((column) => name(column.name)));
  const changes = name(staging.changes);
  await c.execute(sql`update ${versions} c set fh_to = n.fh_ordinal from ${changes} n
    where ${sameRow(c, table)} and n.fh_first and n.fh_had`);
  await c.execute(sql`insert into ${versions} (${columns}, fh_from, fh_to)
    select ${columns}, fh_ordinal, fh_next from ${changes} where fh_op = 1`);
}

/** The last change of each key: gone, or the new current row. */
async function moveCurrent(c: Connection, table: KeptTable, staging: Staging): Promise<void> {
  const columns = table.columns.map((column) => name(column.name));
  const current = name(table.schema, table.current);
  const changes = name(staging.changes);
  const hasAddress = c.dialect.rowAddress !== null;
  await c.execute(sql`delete from ${current} c using ${changes} n
    where ${sameRow(c, table)} and n.fh_next is null ${hasAddress ? sql`and n.fh_op = 0` : empty}`);
  if (hasAddress) {
    const rest = table.columns.filter((column) => !table.key.includes(column.name)).map((column) => name(column.name));
    await c.execute(sql`update ${current} c set ${list([
      ...rest.map((column) => sql`${column} = n.${column}`),
      sql`fh_from = n.fh_ordinal`,
    ])}
    from ${changes} n
    where ${sameRow(c, table)} and n.fh_next is null and n.fh_op = 1`);
  }
  await c.execute(sql`insert into ${current} (${list(columns)}, fh_from)
    select ${list(columns)}, fh_ordinal
    from ${changes}
    where fh_op = 1 and fh_next is null ${hasAddress ? sql`and fh_row is null` : empty}`);
}

/** Is current row `c` the one that change `n` found? */
function sameRow(c: Connection, table: KeptTable): Sql {
  const { rowAddress } = c.dialect;
  if (rowAddress !== null) return sql`c.${name(rowAddress.column)} = n.fh_row`;
  return sameKey(table.key, sql`c`, sql`n`);
}
