import type { Connection } from '../../engine/connection.ts';
import { literal, sql, value, words } from '../../sql/sql.ts';
import { bigintOrNull, instant, integer, recordSteps } from '../bookkeeping.ts';
import { type CopiedColumn, copyRows } from '../copy.ts';
import { gapsOf } from '../gaps.ts';

const page = 10_000;

/** The store's ticks in (after, to], in pages; the replica keeps its own running maximum, in the caller's transaction. */
export async function copyClock(
  store: Connection,
  replica: Connection,
  stream: string,
  after: bigint,
  to: bigint,
): Promise<void> {
  let last = after;
  for (;;) {
    const rows = await store.query(
      sql`select ordinal, cast(extract(epoch from "at") * 1000 as ${words(store.dialect.bigint)}) as at_ms
        from freehold.fh_clock
        where stream = ${value(stream)} and ordinal > ${integer(last)} and ordinal <= ${integer(to)}
        order by ordinal limit ${integer(BigInt(page))}`,
    );
    const steps = rows.map((row) => ({ ordinal: BigInt(String(row.ordinal)), atMs: Number(row.at_ms) }));
    await recordSteps(replica, stream, steps);
    last = steps.at(-1)?.ordinal ?? to;
    if (steps.length < page) return;
  }
}

/**
 * The store's ticks up to `to` that the replica has not, as they are: of a stream that took others over, whose clock may have
 * gone back to the position of the one that lay behind, and of the formers of datasets.
 */
export async function copyTicks(store: Connection, replica: Connection, stream: string, to: bigint): Promise<void> {
  const [known] = await replica.query(
    sql`select max(ordinal) as ordinal from freehold.fh_clock where stream = ${value(stream)}`,
  );
  const columns: readonly CopiedColumn[] = [
    { name: 'stream', type: { kind: 'text' }, read: sql`stream` },
    { name: 'ordinal', type: { kind: 'int', bits: 64 }, read: sql`ordinal` },
    { name: 'at', type: { kind: 'timestamptz', precision: 6 }, read: sql`"at"` },
  ];
  const ticks = sql`(select stream, ordinal, "at" from freehold.fh_clock
    where stream = ${literal(stream)} and ordinal > ${literal(bigintOrNull(known?.ordinal) ?? 0n)} and ordinal <= ${literal(to)}) k`;
  await copyRows(store, ticks, columns, replica, ['freehold', 'fh_clock']);
}

/** The store's closed gaps in (after, to], as they are. */
export async function copyGaps(
  store: Connection,
  replica: Connection,
  stream: string,
  after: bigint,
  to: bigint,
): Promise<void> {
  for (const gap of await gapsOf(store, stream)) {
    if (gap.to === null || gap.to <= after || gap.to > to) continue;
    await replica.execute(sql`insert into freehold.fh_gap (stream, address, from_ordinal, to_ordinal, cause, is_accepted, "at")
      values (${value(stream)}, ${value(gap.address)}, ${integer(gap.from)}, ${integer(gap.to)}, ${value(gap.cause)},
        ${value(gap.isAccepted)}, ${instant(replica, Date.parse(gap.at))})`);
  }
}
