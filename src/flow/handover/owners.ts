import type { Connection } from '../../engine/connection.ts';
import { list, sql, value } from '../../sql/sql.ts';
import { movedAway } from '../checkpoint.ts';

/** An address that a dataset had once is another one's now. */
export async function forgetMoved(store: Connection, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return;
  await store.execute(sql`delete from freehold.fh_dataset where stream = ${value(movedAway)}
    and address in (${list(addresses.map((address) => value(address)))})`);
}

/** Who has the rows of each dataset that are here. */
export async function ownersOf(store: Connection, addresses: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (addresses.length === 0) return new Map();
  const rows = await store.query(sql`select address, stream from freehold.fh_dataset
    where address in (${list(addresses.map((address) => value(address)))})`);
  return new Map(rows.map((row) => [String(row.address), String(row.stream)]));
}
