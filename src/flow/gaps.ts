import type { Connection } from '../engine/connection.ts';
import { sql, value, words } from '../sql/sql.ts';
import { bigintOrNull, integer, timestamp } from './bookkeeping.ts';

/**
 * A range of a stream's ordinals in which exactness is not promised: what happened at the source between `from` and the
 * correction at `to` is known by its result alone. `to` null: the rows are still to be read anew, and nothing of the log is
 * merged before; whatever cuts the work, it is found here again.
 */
export type Gap = {
  /** The one dataset that missed changes; null: all of the stream. */
  readonly address: string | null;
  readonly from: bigint;
  readonly to: bigint | null;
  /** A LossCause; `resync`: an operator asked for it; `columns`: columns joined; `migrated`, `switched`: a plan reads another source, or otherwise. */
  readonly cause: string;
  /** An operator has said that the source's rows are right, whatever they are and however many went. */
  readonly isAccepted: boolean;
  /** When it was noted, as ISO 8601. */
  readonly at: string;
};

export const askedFor = 'resync';

/** Columns joined whose values are still to be read: nothing was lost. */
export const columnsJoined = 'columns';

/** Did changes of the rows go unseen? */
export function isOfLoss({ cause }: Pick<Gap, 'cause'>): boolean {
  return cause !== askedFor && cause !== columnsJoined;
}

/** The plan reads another database from now on: what changed between the last position at the one and the view of the other. */
export const migrated = 'migrated';

/** The plan follows a log from now on where it read at intervals before: nothing is lost that was promised. */
export const switched = 'switched';

type Lost = Pick<Gap, 'address' | 'cause' | 'isAccepted'>;

/** Notes that rows must be read anew, from where the stream is; a pending gap of the same rows is only ever accepted. */
export function noteGap(c: Connection, stream: string, lost: Lost): Promise<void> {
  return c.transaction(() => noteGapWithin(c, stream, lost));
}

/** The same, in the caller's transaction. */
export async function noteGapWithin(
  c: Connection,
  stream: string,
  { address, cause, isAccepted }: Lost,
): Promise<void> {
  const pending = sql`stream = ${value(stream)} and address is not distinct from ${value(address)} and to_ordinal is null`;
  const [known] = await c.query(sql`select cause from freehold.fh_gap where ${pending}`);
  if (known === undefined)
    await c.execute(sql`insert into freehold.fh_gap (stream, address, from_ordinal, cause, is_accepted, "at")
      select stream, cast(${value(address)} as text), ordinal, ${value(cause)}, ${value(isAccepted)},
        cast(current_timestamp as ${timestamp(c)})
      from freehold.fh_checkpoint where stream = ${value(stream)}`);
  else if (isAccepted) await c.execute(sql`update freehold.fh_gap set is_accepted = true where ${pending}`);
}

/**
 * Changes of rows that were to be read anew, though nothing of them was lost, have been passed over since: now they are. In a
 * transaction of its own; twice no harm.
 */
export async function notePassedOver(c: Connection, stream: string): Promise<void> {
  await c.execute(sql`update freehold.fh_gap set cause = 'behind'
    where stream = ${value(stream)} and to_ordinal is null and cause in (${value(askedFor)}, ${value(columnsJoined)})`);
}

/** All of a stream, in order. */
export async function gapsOf(c: Connection, stream: string): Promise<readonly Gap[]> {
  const rows = await c.query(sql`select address, from_ordinal, to_ordinal, cause, is_accepted,
      cast(extract(epoch from "at") * 1000 as ${words(c.dialect.bigint)}) as at_ms
    from freehold.fh_gap where stream = ${value(stream)} order by from_ordinal, address`);
  return rows.map((row) => ({
    address: typeof row.address === 'string' ? row.address : null,
    from: BigInt(String(row.from_ordinal)),
    to: bigintOrNull(row.to_ordinal),
    cause: String(row.cause),
    isAccepted: row.is_accepted === true,
    at: new Date(Number(row.at_ms)).toISOString(),
  }));
}

/**
 * Closes a pending gap at the correction that mended it, in its transaction; one of the whole stream with those of its
 * datasets. Null: nothing was missing.
 */
export async function closeGap(
  c: Connection,
  stream: string,
  { address }: Pick<Gap, 'address'>,
  to: bigint | null,
): Promise<void> {
  const own = address === null ? sql`` : sql`and address = ${value(address)}`;
  const pending = sql`stream = ${value(stream)} ${own} and to_ordinal is null`;
  if (to === null) await c.execute(sql`delete from freehold.fh_gap where ${pending}`);
  else await c.execute(sql`update freehold.fh_gap set to_ordinal = ${integer(to)} where ${pending}`);
}
