import type { Connection } from '../../engine/connection.ts';
import { list, name, sql, value, words } from '../../sql/sql.ts';
import { briefly } from '../locks.ts';
import { knownColumns } from '../physical.ts';
import { noteUnread } from '../unread.ts';
import { byTable, type TableChange } from './key.ts';
import type { Reshaper } from './reshape.ts';
import { isPlain, keptAs, retypedColumns } from './retyped.ts';

/**
 * DuckDB holds no reader back: one works on the rows as they were when its transaction began. So all is one transaction:
 * the new column, its values, the names, the views; a merge at the same time conflicts with it, and one of the two is tried
 * again. Cut: as before.
 */
export const inDuckdb: Reshaper = {
  prepare: () => Promise.resolve([]),

  async swap(c, kept, views) {
    const retyped = await retypedColumns(c, kept);
    if (retyped.length === 0) return [];
    // A table that a transaction has altered cannot be altered and written again in it: columns come first.
    for (const one of retyped)
      await briefly(c, [], () =>
        c.execute(
          sql`alter table ${name(one.table.schema, one.named)} add column if not exists ${name(one.shadow)} ${c.types.physical(one.column.type)}`,
        ),
      );
    return briefly(c, [], async () => {
      for (const change of byTable(retyped)) await fill(c, change);
      await views.drop();
      for (const change of byTable(retyped)) await rename(c, change);
      for (const stream of new Set(retyped.map((one) => one.stream)))
        await c.execute(sql`update freehold.fh_checkpoint set epoch = epoch + 1 where stream = ${value(stream)}`);
      return views.publish();
    });
  },
};

function fill(c: Connection, change: TableChange): Promise<number> {
  const [{ table, named }] = change;
  const values = change.map((one) => {
    const column = name(one.column.name);
    const into = c.types.physical(one.column.type);
    const made = sql`try_cast(${column} as ${into})`;
    const kept = sql`case when try_cast(${made} as ${words(one.from)}) is not distinct from ${column} then ${made} end`;
    return sql`${name(one.shadow)} = ${isPlain(one.from, one.into) || one.into === 'json' ? made : kept}`;
  });
  return c.execute(sql`update ${name(table.schema, named)} set ${list(values)}`);
}

async function rename(c: Connection, change: TableChange): Promise<void> {
  const [{ table, named }] = change;
  const at = name(table.schema, named);
  const taken = new Set((await knownColumns(c, [table.schema])).get(`${table.schema}.${named}`)?.keys());
  for (const one of change) {
    const old = keptAs(c, one.column.name, taken);
    taken.add(old);
    // New rows have nothing in it.
    if (one.role === 'current' && table.key.includes(one.column.name))
      await c.execute(sql`alter table ${at} alter column ${name(one.column.name)} drop not null`);
    await c.execute(sql`alter table ${at} rename column ${name(one.column.name)} to ${name(old)}`);
    await c.execute(sql`alter table ${at} rename column ${name(one.shadow)} to ${name(one.column.name)}`);
    await c.execute(sql`insert into freehold.fh_retired (address, table_schema, table_name, column_name, kept_as, "at")
      values (${value(table.address)}, ${value(table.schema)}, ${value(named)}, ${value(one.column.name)}, ${value(old)},
        cast(current_timestamp as ${words(c.dialect.timestamptz)}))`);
    if (one.role === 'current' && !isPlain(one.from, one.into)) await noteUnread(c, table.address, one.column.name);
  }
}
