import { digestText } from '../../base/digest.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, name, type Sql, type SqlName, sql } from '../../sql/sql.ts';
import { type Staging, stagedValue } from './staging.ts';

/**
 * Keys of a dataset whose rows are still to be read from the source, in a table of their own beside the rows, while what was
 * loaded converges (`capture/converge.ts`). A key may be there twice, and its row may have come since.
 */
export function missingTable(address: string): SqlName {
  return name('freehold', `fh_missing_${digestText(address).slice(0, 16)}`);
}

/** Notes the keys of staged rows, in the merge's transaction. `seqs`: a query of their fh_seq. */
export async function noteMissing(c: Connection, table: Table, staging: Staging, seqs: Sql): Promise<void> {
  const keys = table.columns.filter((column) => table.key.includes(column.name));
  const typed = keys.map((column) => sql`${name(column.name)} ${c.types.physical(column.type)}`);
  await c.execute(sql`create table if not exists ${missingTable(table.address)} (${list(typed)})`);
  await c.execute(sql`insert into ${missingTable(table.address)} (${list(keys.map((column) => name(column.name)))})
    select ${list(keys.map((column) => stagedValue(c, staging.shape, column)))}
    from ${name(staging.table)} s where s.fh_op = 1 and s.fh_seq in (${seqs})`);
}
