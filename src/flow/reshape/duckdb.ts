import type { Connection } from '../../engine/connection.ts';
import { list, name, sql, words } from '../../sql/sql.ts';
import { fence } from '../checkpoint.ts';
import { briefly } from '../locks.ts';
import { byTable, type TableChange } from './key.ts';
import type { Reshaper } from './reshape.ts';
import { isPlain, type Retyped, retypedColumns } from './retyped.ts';
import { swapColumns } from './swap-columns.ts';

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
      for (const change of byTable(retyped)) await swapColumns(c, change, (one) => loosen(c, one));
      await fence(
        c,
        retyped.map(({ stream }) => stream),
      );
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

/** New rows have nothing in a key's column of before. */
async function loosen(c: Connection, { table, named, role, column }: Retyped): Promise<void> {
  if (role === 'current' && table.key.includes(column.name))
    await c.execute(sql`alter table ${name(table.schema, named)} alter column ${name(column.name)} drop not null`);
}
