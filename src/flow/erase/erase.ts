import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { empty, list, name, type Sql, sql, value } from '../../sql/sql.ts';
import { bigintOrNull, integer, recordSteps, timestamp } from '../bookkeeping.ts';
import { inboxOf } from '../capture/inbox/inbox.ts';
import { eraseInInbox } from './in-inbox.ts';
import type { ErasedKeys } from './keys.ts';
import { type Place, placesOf } from './places.ts';

/** Rows of a place; several tables of one name are one place. */
export type Found = { readonly place: string; readonly rows: number };

export type Erased = {
  /** The correction's; of a detached stream the erasure's own number. Null: nothing of these keys was here, and all had their tombstones. */
  readonly ordinal: bigint | null;
  /** Keys that have a tombstone since now. */
  readonly keys: number;
  readonly gone: readonly Found[];
};

/** What there is of these keys in the store. Changes nothing. */
export async function countRows(c: Connection, dataset: Table, keys: ErasedKeys): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const place of await placesOf(c, dataset)) {
    const [row] = await c.query(
      sql`select count(*) as n from ${name(...place.table)} r where ${isErased(place, keys)}`,
    );
    found.push({ place: place.name, rows: Number(row?.n ?? 0) });
  }
  return summed(found);
}

/** How many of these keys have a tombstone already. */
export async function countKnown(c: Connection, dataset: Table, keys: ErasedKeys): Promise<number> {
  const [row] = await c.query(sql`select count(*) as n from ${name(keys.table)} k where ${hasTombstone(dataset)}`);
  return Number(row?.n ?? 0);
}

/**
 * Takes the rows of keys away, and every version of them, wherever they rest in the store, and leaves tombstones, so that
 * neither the log nor any read brings them back.
 *
 * One transaction. Before: the stream at ordinal n, whoever owns it. After: at n + 1, a correction, as if the keys had never
 * been; its owner, who was about to go on from n, is fenced and goes on from n + 1. A stream that is not loaded stays at 0:
 * its load leaves the keys out. One that is detached stays at n, since the ordinals of what waits in its inbox are given: no
 * version is of an erasure's ordinal, so it needs none; what waits is left out when it is merged, as whatever else comes.
 * Cut: as before. Twice: nothing is there, all have tombstones, and no ordinal is made.
 */
export function eraseRows(
  c: Connection,
  stream: string,
  dataset: Table,
  keys: ErasedKeys,
  by: string,
): Promise<Erased> {
  return c.transaction(async () => {
    const { ordinal, erased } = await lockStream(c, stream);
    const gone: Found[] = [];
    for (const place of await placesOf(c, dataset)) {
      const rows = await c.execute(sql`delete from ${name(...place.table)} r where ${isErased(place, keys)}`);
      if (rows > 0) await place.counted?.(c, rows);
      gone.push({ place: place.name, rows });
    }
    const inbox = await inboxOf(c, stream);
    if (inbox !== null)
      gone.push({ place: 'changes that wait in the inbox', rows: await eraseInInbox(c, stream, dataset, keys) });
    // Above those that were made while changes waited, too: by it replicas know that there is more to erase.
    const at = (ordinal > erased ? ordinal : erased) + 1n;
    const now = sql`cast(current_timestamp as ${timestamp(c)})`;
    const fresh = await c.execute(sql`insert into freehold.fh_tombstone (address, digest, ordinal, "at")
      select cast(${value(dataset.address)} as text), k.fh_digest, ${integer(at)}, ${now} from ${name(keys.table)} k
      on conflict do nothing`);
    const rows = gone.reduce((sum, one) => sum + one.rows, 0);
    if (fresh === 0 && rows === 0) return { ordinal: null, keys: 0, gone: summed(gone) };
    // Of keys that had one: replicas are to look again.
    if (rows > 0)
      await c.execute(sql`update freehold.fh_tombstone t set ordinal = ${integer(at)} where address = ${value(dataset.address)}
        and exists (select 1 from ${name(keys.table)} k where k.fh_digest = t.digest)`);
    await c.execute(sql`update freehold.fh_quality set samples = null where address = ${value(dataset.address)}`);
    const isMoved = ordinal > 0n && inbox === null;
    const moved = isMoved ? sql`ordinal = ${integer(at)},` : empty;
    await c.execute(
      sql`update freehold.fh_checkpoint set ${moved} erased = ${integer(at)} where stream = ${value(stream)}`,
    );
    if (isMoved) await recordSteps(c, stream, [{ ordinal: at, atMs: 0 }]);
    await c.execute(sql`insert into freehold.fh_erasure as e
        (stream, address, ordinal, keys, rows_gone, "at", asked_by, is_finished)
      values (${value(stream)}, ${value(dataset.address)}, ${integer(at)}, ${value(fresh)}, ${value(rows)}, ${now},
        ${value(by)}, false)
      on conflict (address, ordinal) do update set keys = e.keys + excluded.keys, is_finished = false`);
    return { ordinal: at, keys: fresh, gone: summed(gone) };
  });
}

/** Takes tombstones away: what the source still has, or has again, comes back. One transaction; how many. */
export function liftTombstones(c: Connection, stream: string, dataset: Table, keys: ErasedKeys): Promise<number> {
  return c.transaction(async () => {
    await lockStream(c, stream);
    return c.execute(sql`delete from freehold.fh_tombstone t where address = ${value(dataset.address)}
      and exists (select 1 from ${name(keys.table)} k where k.fh_digest = t.digest)`);
  });
}

/** An erasure that was done in the store. `isFinished`: also in every replica, and nothing of it is remembered elsewhere. */
export type Erasure = {
  readonly stream: string;
  readonly address: string;
  readonly ordinal: bigint;
  readonly isFinished: boolean;
};

/** Those of datasets, whichever stream they were in. */
export async function erasuresOf(
  c: Connection,
  datasets: readonly Pick<Table, 'address'>[],
): Promise<readonly Erasure[]> {
  if (datasets.length === 0) return [];
  const rows = await c.query(sql`select stream, address, ordinal, is_finished from freehold.fh_erasure
    where address in (${list(datasets.map(({ address }) => value(address)))}) order by ordinal, address`);
  return rows.map((row) => ({
    stream: String(row.stream),
    address: String(row.address),
    ordinal: must(bigintOrNull(row.ordinal), 'ordinal'),
    isFinished: row.is_finished === true,
  }));
}

export async function finishErasures(c: Connection, erasures: readonly Erasure[]): Promise<void> {
  for (const { address, ordinal } of erasures)
    await c.execute(sql`update freehold.fh_erasure set is_finished = true
      where address = ${value(address)} and ordinal = ${integer(ordinal)}`);
}

/** To the transaction's end nobody else moves the stream. */
async function lockStream(
  c: Connection,
  stream: string,
): Promise<{ readonly ordinal: bigint; readonly erased: bigint }> {
  await c.execute(sql`insert into freehold.fh_checkpoint (stream, epoch, ordinal) values (${value(stream)}, 0, 0)
    on conflict do nothing`);
  const [row] = await c.query(sql`update freehold.fh_checkpoint set erased = coalesce(erased, 0)
    where stream = ${value(stream)} returning ordinal, erased`);
  return {
    ordinal: must(bigintOrNull(row?.ordinal), 'checkpoint'),
    erased: must(bigintOrNull(row?.erased), 'checkpoint'),
  };
}

function isErased(place: Place, keys: ErasedKeys): Sql {
  return sql`exists (select 1 from ${name(keys.table)} k where ${place.isOf})`;
}

function hasTombstone(dataset: Table): Sql {
  return sql`exists (select 1 from freehold.fh_tombstone t
    where t.address = ${value(dataset.address)} and t.digest = k.fh_digest)`;
}

function summed(found: readonly Found[]): readonly Found[] {
  const sums = new Map<string, number>();
  for (const { place, rows } of found) sums.set(place, (sums.get(place) ?? 0) + rows);
  return [...sums].map(([place, rows]) => ({ place, rows }));
}

/** Gives back what deleted rows took, where the engine has a statement for it. No transaction may be open. */
export async function vacuumPlaces(c: Connection, tables: readonly (readonly [string, string])[]): Promise<void> {
  const { vacuum } = c.dialect;
  if (vacuum === null) return;
  for (const table of tables) await c.execute(vacuum(...table));
}
