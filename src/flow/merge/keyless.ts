import type { Connection } from '../../engine/connection.ts';
import { list, name, sql } from '../../sql/sql.ts';
import { appendDelta } from '../delta.ts';
import type { KeptTable } from '../tables.ts';
import { keylessChange, type Staging, stagedValue } from './staging.ts';

/** Adds the staged rows of a dataset without key: each is a row of its own, and none is ever changed; how many. */
export async function appendRows(c: Connection, table: KeptTable, staging: Staging, upTo: bigint): Promise<number> {
  const [other] = await c.query(sql`select fh_op from ${name(staging.table)} where fh_op <> 1 limit 1`);
  if (other !== undefined) throw keylessChange(table);
  const columns = list(table.columns.map((column) => name(column.name)));
  const values = list(table.columns.map((column) => stagedValue(c, staging.shape, column)));
  const inserted = await c.execute(sql`insert into ${name(table.schema, table.current)} (${columns}, fh_from)
    select ${values}, s.fh_ordinal from ${name(staging.table)} s order by s.fh_seq`);
  if (table.keepsDelta) {
    const changes = sql`select ${values}, s.fh_ordinal, 1 from ${name(staging.table)} s order by s.fh_seq`;
    await appendDelta(c, table, { changes, rows: inserted, upTo });
  }
  return inserted;
}
