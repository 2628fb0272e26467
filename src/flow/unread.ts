import type { Connection } from '../engine/connection.ts';
import { sql, value } from '../sql/sql.ts';

/**
 * Columns that are in our tables and whose values of rows from before are not: they were added to a dataset that is loaded,
 * or got a type into which not every value went over. The rows are read anew, and what differs is one correction. `isFilled`: do
 * current rows have meanwhile what the column says of rows from before? See `absent.ts`.
 */
export async function noteUnread(c: Connection, address: string, column: string, isFilled = true): Promise<void> {
  const at = sql`address = ${value(address)} and column_name = ${value(column)}`;
  await c.execute(sql`insert into freehold.fh_unread (address, column_name, is_filled)
    select address, ${value(column)}, ${value(isFilled)} from freehold.fh_dataset
    where address = ${value(address)} and not exists (select 1 from freehold.fh_unread where ${at})`);
}

/** Of some datasets those that have such columns, with their names. */
export async function unreadColumns(
  c: Connection,
  datasets: readonly { readonly address: string; readonly columns: readonly { readonly name: string }[] }[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await c.query(sql`select address, column_name from freehold.fh_unread order by address, column_name`);
  const found = datasets.map(({ address, columns }): [string, readonly string[]] => [
    address,
    // What a plan does not have, it cannot read.
    rows.flatMap((row) => {
      const column = String(row.column_name);
      return row.address === address && columns.some(({ name }) => name === column) ? [column] : [];
    }),
  ]);
  return new Map(found.filter(([, columns]) => columns.length > 0));
}

/** They were read, in the caller's transaction. */
export async function noteRead(c: Connection, address: string, columns: readonly string[]): Promise<void> {
  for (const column of columns)
    await c.execute(
      sql`delete from freehold.fh_unread where address = ${value(address)} and column_name = ${value(column)}`,
    );
}
