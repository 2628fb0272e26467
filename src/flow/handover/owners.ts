import type { Connection } from '../../engine/connection.ts';
import { list, literal, sql, value } from '../../sql/sql.ts';
import { endless, instant } from '../bookkeeping.ts';
import { movedAway } from '../checkpoint.ts';

/**
 * Leaves word at an address that a dataset had: who still works for it is told, and readers' views of before, which ask by it
 * until they are made anew, are answered as they would be by the address that it has now. In the caller's transaction.
 */
export async function leaveWord(store: Connection, from: string, to: string): Promise<void> {
  await store.execute(sql`insert into freehold.fh_former (address, stream, until_ordinal, until_at)
    select ${value(from)}, stream, until_ordinal, until_at from freehold.fh_former where address = ${value(to)}
    union all
    select ${value(from)}, stream, ${literal(endless)}, ${instant(store, endOfTimeMs)} from freehold.fh_dataset
    where address = ${value(to)}`);
  await store.execute(sql`insert into freehold.fh_dataset (address, stream, complete_from)
    select ${value(from)}, ${value(movedAway)}, complete_from from freehold.fh_dataset where address = ${value(to)}`);
}

const endOfTimeMs = Date.UTC(9999, 0, 1);

/** An address that a dataset had once is another one's now. */
export async function forgetMoved(store: Connection, addresses: readonly string[]): Promise<void> {
  if (addresses.length === 0) return;
  const left = sql`stream = ${value(movedAway)} and address in (${list(addresses.map((address) => value(address)))})`;
  await store.execute(
    sql`delete from freehold.fh_former where address in (select address from freehold.fh_dataset where ${left})`,
  );
  await store.execute(sql`delete from freehold.fh_dataset where ${left}`);
}

/** Who has the rows of each dataset that are here. */
export async function ownersOf(store: Connection, addresses: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (addresses.length === 0) return new Map();
  const rows = await store.query(sql`select address, stream from freehold.fh_dataset
    where address in (${list(addresses.map((address) => value(address)))})`);
  return new Map(rows.map((row) => [String(row.address), String(row.stream)]));
}
