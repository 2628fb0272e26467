import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { type Hole, name, sql } from '../../sql/sql.ts';
import { type Staging, stagedValue } from '../merge/staging.ts';
import { erasedOf } from './tombstones.ts';

/**
 * Takes the rows of erased keys away from rows that are on their way, so that neither a log nor a read brings them back;
 * how many. One look where nothing of the dataset was erased; else a digest of each key on its way.
 */
export async function leaveOutStaged(c: Connection, table: Table, staging: Staging): Promise<number> {
  if (table.key.length === 0) return 0;
  const erased = await erasedOf(c, table.address);
  if (erased === null) return 0;
  const isErased = erased(table, (column) => stagedValue(c, staging.shape, column));
  return c.execute(sql`delete from ${name(staging.table)} s where ${isErased}`);
}

/** The same of rows in a table of the dataset's own columns, or of some of them with the key's. */
export async function leaveOut(c: Connection, table: Pick<Table, 'address' | 'key' | 'columns'>, from: Hole) {
  if (table.key.length === 0) return 0;
  const erased = await erasedOf(c, table.address);
  if (erased === null) return 0;
  return c.execute(sql`delete from ${from} s where ${erased(table, (column) => sql`s.${name(column.name)}`)}`);
}
