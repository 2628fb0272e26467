import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, name, sql } from '../../sql/sql.ts';
import { sameKey } from '../key.ts';

/**
 * Of keys that were read more than once, as a row moves between parts that are read in different views, one row stays, no
 * matter which: whatever became of the row between the first view and the last is in the log, and is applied to it.
 * In the caller's transaction, before the key is built.
 */
export async function dropTwice(c: Connection, table: Table): Promise<void> {
  const current = name(table.schema, table.current);
  const key = table.key.map((one) => name(one));
  const columns = [...table.columns.map((column) => name(column.name)), name('fh_from')];
  const twice = name('fh_read_twice');
  await c.execute(sql`create temporary table ${twice} as
    select ${list(columns)} from (
      select ${list(columns.map((column) => sql`c.${column}`))},
        row_number() over (partition by ${list(key.map((one) => sql`c.${one}`))} order by c.fh_from) as fh_n
      from ${current} c
      join (select ${list(key)} from ${current} group by ${list(key)} having count(*) > 1) d on ${sameKey(table.key, sql`c`, sql`d`)}
    ) numbered where fh_n = 1`);
  await c.execute(sql`delete from ${current} c using ${twice} d where ${sameKey(table.key, sql`c`, sql`d`)}`);
  await c.execute(sql`insert into ${current} (${list(columns)}) select ${list(columns)} from ${twice}`);
  await c.execute(sql`drop table ${twice}`);
}
