import type { Connection } from '../../engine/connection.ts';
import { empty, list, sql, value } from '../../sql/sql.ts';
import { bigintOrNull, integer } from '../bookkeeping.ts';

/**
 * How far each reader of a stream's delta has come, as noted in the stream's store: at least so far. What a reader holds,
 * its own checkpoint says; this says what may go. *erased*: the last erasure it has done. *reader*: the id of a replicate node.
 */
export async function noteReader(
  store: Connection,
  stream: string,
  reader: string,
  ordinal: bigint,
  erased: bigint | null = null,
): Promise<void> {
  const mine = sql`stream = ${value(stream)} and reader = ${value(reader)}`;
  const changed = await store.execute(sql`update freehold.fh_reader
    set ordinal = ${integer(ordinal)}${erased === null ? empty : sql`, erased = ${integer(erased)}`} where ${mine}`);
  if (changed > 0) return;
  await store.execute(sql`insert into freehold.fh_reader (stream, reader, ordinal, erased)
    values (${value(stream)}, ${value(reader)}, ${integer(ordinal)}, ${integer(erased ?? 0n)}) on conflict do nothing`);
}

/** The last erasure that each reader of a stream has done, as noted in the store; those that have begun to read. */
export async function readersErased(store: Connection, stream: string): Promise<ReadonlyMap<string, bigint>> {
  const rows = await store.query(sql`select reader, coalesce(erased, 0) as erased from freehold.fh_reader
    where stream = ${value(stream)}`);
  return new Map(rows.map((row) => [String(row.reader), BigInt(String(row.erased))]));
}

/** Is anything noted of a reader? */
export async function isNoted(store: Connection, stream: string, reader: string): Promise<boolean> {
  const rows = await store.query(
    sql`select ordinal from freehold.fh_reader where stream = ${value(stream)} and reader = ${value(reader)}`,
  );
  return rows.length > 0;
}

/**
 * The ordinal that all of these readers have passed; null where none has begun, and nothing has to be kept for them. What
 * is noted of others is forgotten: the plan has them no longer.
 */
export async function slowestReader(
  store: Connection,
  stream: string,
  readers: readonly string[],
): Promise<bigint | null> {
  const others =
    readers.length === 0 ? sql`` : sql`and reader not in (${list(readers.map((reader) => value(reader)))})`;
  await store.execute(sql`delete from freehold.fh_reader where stream = ${value(stream)} ${others}`);
  const [row] = await store.query(
    sql`select min(ordinal) as slowest from freehold.fh_reader where stream = ${value(stream)}`,
  );
  return bigintOrNull(row?.slowest);
}
