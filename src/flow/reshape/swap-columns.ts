import type { Connection } from '../../engine/connection.ts';
import { name, sql, value, words } from '../../sql/sql.ts';
import { knownColumns } from '../physical.ts';
import { noteUnread } from '../unread.ts';
import type { TableChange } from './key.ts';
import { isPlain, keptAs, type Retyped } from './retyped.ts';

/**
 * Gives the shadows of a table's columns the columns' names, and the columns others, which are noted. `before`: what is to be
 * done for each first. In the caller's transaction.
 */
export async function swapColumns(
  c: Connection,
  change: TableChange,
  before: (one: Retyped) => Promise<unknown>,
): Promise<void> {
  const [{ table, named }] = change;
  const at = name(table.schema, named);
  const known = await knownColumns(c, [table.schema]);
  const taken = new Set(known.get(`${table.schema}.${named}`)?.keys());
  for (const one of change) {
    await before(one);
    const old = keptAs(c, one.column.name, taken);
    taken.add(old);
    await c.execute(sql`alter table ${at} rename column ${name(one.column.name)} to ${name(old)}`);
    await c.execute(sql`alter table ${at} rename column ${name(one.shadow)} to ${name(one.column.name)}`);
    await c.execute(sql`insert into freehold.fh_retired (address, table_schema, table_name, column_name, kept_as, "at")
      values (${value(table.address)}, ${value(table.schema)}, ${value(named)}, ${value(one.column.name)}, ${value(old)},
        cast(current_timestamp as ${words(c.dialect.timestamptz)}))`);
    if (one.role === 'current' && !isPlain(one.from, one.into)) await noteUnread(c, table.address, one.column.name);
  }
}
