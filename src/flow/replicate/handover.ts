import type { Connection } from '../../engine/connection.ts';
import { list, sql, value } from '../../sql/sql.ts';
import { bigintOrNull, instant, integer } from '../bookkeeping.ts';
import { Fenced } from '../checkpoint.ts';
import { type Former, formersOf } from '../handover/former.ts';
import { copyGaps, copyTicks } from './clock.ts';

/**
 * A dataset of the replica that another stream brought here, or that its own stream went on without: it has all up to an
 * ordinal of its own, and follows its delta from there in the step that takes it over.
 */
export type Handed = { readonly address: string; readonly stream: string; readonly from: bigint };

/** Of these datasets those whose rows are in the replica, and are not where the stream is. */
export async function handedIn(
  replica: Connection,
  stream: string,
  addresses: readonly string[],
): Promise<readonly Handed[]> {
  if (addresses.length === 0) return [];
  const rows = await replica.query(sql`select d.address, d.stream, coalesce(d.parked_ordinal, k.ordinal) as reached
    from freehold.fh_dataset d left join freehold.fh_checkpoint k on k.stream = d.stream
    where d.address in (${list(addresses.map((address) => value(address)))})
      and (d.stream <> ${value(stream)} or d.parked_ordinal is not null)`);
  return rows.map((row) => ({
    address: String(row.address),
    stream: String(row.stream),
    from: bigintOrNull(row.reached) ?? 0n,
  }));
}

/**
 * Makes handed datasets the stream's own, in the transaction of the step that brings them to where it goes. Errors: Fenced,
 * where one of them has moved on since it was looked at.
 */
export async function takeHanded(replica: Connection, stream: string, handed: readonly Handed[]): Promise<void> {
  // Whoever still replicates a former stream waits here, or is waited for.
  for (const former of [...new Set(handed.map((one) => one.stream))].sort())
    if (former !== stream)
      await replica.execute(sql`update freehold.fh_checkpoint set epoch = epoch where stream = ${value(former)}`);
  for (const { address, from, stream: former } of handed) {
    const changed =
      await replica.execute(sql`update freehold.fh_dataset set stream = ${value(stream)}, parked_ordinal = null
      where address = ${value(address)} and stream = ${value(former)} and ${integer(from)} = coalesce(parked_ordinal,
        (select k.ordinal from freehold.fh_checkpoint k where k.stream = ${value(former)}))`);
    if (changed !== 1) throw new Fenced(stream);
  }
}

/** Datasets that the store's stream went on without: how far they are is noted, before the stream moves on here, too. */
export async function park(
  replica: Connection,
  stream: string,
  addresses: readonly string[],
  at: bigint,
): Promise<void> {
  for (const address of addresses)
    await replica.execute(sql`update freehold.fh_dataset set parked_ordinal = ${integer(at)}
      where address = ${value(address)} and stream = ${value(stream)} and parked_ordinal is null`);
}

/** The store's formers of datasets, where the replica has others; null where it has the same. */
export async function otherFormers(
  store: Connection,
  replica: Connection,
  addresses: readonly string[],
): Promise<readonly Former[] | null> {
  const [theirs, ours] = [await formersOf(store, addresses), await formersOf(replica, addresses)];
  const isSame = theirs.length === ours.length;
  return isSame ? null : theirs;
}

/**
 * Which streams counted the datasets before, what their clocks say, and what was lost in their time, as the store has it up
 * to an ordinal of the stream that counts them now.
 */
export async function copyFormers(
  store: Connection,
  replica: Connection,
  stream: string,
  formers: readonly Former[],
  to: bigint,
): Promise<void> {
  for (const { address, stream: former, untilOrdinal, untilMs } of formers)
    await replica.execute(sql`insert into freehold.fh_former (address, stream, until_ordinal, until_at)
      values (${value(address)}, ${value(former)}, ${integer(untilOrdinal)}, ${instant(replica, untilMs)})
      on conflict do nothing`);
  const last = new Map<string, bigint>();
  for (const { stream: former, untilOrdinal } of formers) {
    const known = last.get(former) ?? 0n;
    last.set(former, untilOrdinal > known ? untilOrdinal : known);
  }
  last.set(stream, to);
  for (const [one, until] of last) await copyTicks(store, replica, one, until);
  await replica.execute(sql`delete from freehold.fh_gap where stream = ${value(stream)}`);
  await copyGaps(store, replica, stream, 0n, to);
}
