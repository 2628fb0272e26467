import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { empty, name, type Sql, sql, value } from '../../sql/sql.ts';
import { bigintOrNull, integer, recordSteps, timestamp } from '../bookkeeping.ts';
import { inboxOf } from '../capture/inbox/inbox.ts';
import type { ErasedKeys } from './keys.ts';
import { type Place, placesOf } from './places.ts';

/** Rows of a place; several tables of one name are one place. */
export type Found = { readonly place: string; readonly rows: number };

export type Erased = {
  /** The correction; null: nothing of these keys was here, and all had their tombstones. */
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
 * its load leaves the keys out. Cut: as before. Twice: nothing is there, all have tombstones, and no ordinal is made.
 */
export function eraseRows(
  c: Connection,
  stream: string,
  dataset: Table,
  keys: ErasedKeys,
  by: string,
): Promise<Erased> {
  return c.transaction(async () => {
    const ordinal = await lockStream(c, stream);
    await refuseWaiting(c, stream);
    const gone: Found[] = [];
    for (const place of await placesOf(c, dataset)) {
      const rows = await c.execute(sql`delete from ${name(...place.table)} r where ${isErased(place, keys)}`);
      if (rows > 0) await place.counted?.(c, rows);
      gone.push({ place: place.name, rows });
    }
    const at = ordinal + 1n;
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
    const moved = ordinal === 0n ? empty : sql`ordinal = ${integer(at)},`;
    await c.execute(
      sql`update freehold.fh_checkpoint set ${moved} erased = ${integer(at)} where stream = ${value(stream)}`,
    );
    if (ordinal > 0n) await recordSteps(c, stream, [{ ordinal: at, atMs: 0 }]);
    await c.execute(sql`insert into freehold.fh_erasure as e
        (stream, address, ordinal, keys, rows_gone, "at", asked_by, is_finished)
      values (${value(stream)}, ${value(dataset.address)}, ${integer(at)}, ${value(fresh)}, ${value(rows)}, ${now},
        ${value(by)}, false)
      on conflict (address, ordinal) do update set keys = e.keys + excluded.keys, is_finished = false`);
    return { ordinal: at, keys: fresh, gone: summed(gone) };
  });
}

/**
 * Changes that wait in an inbox are bytes, of which one row cannot be taken, and their ordinals are given: an erasure between
 * them has no place. Errors: EngineError, where there are some.
 */
export async function refuseWaiting(c: Connection, stream: string): Promise<void> {
  const inbox = await inboxOf(c, stream);
  if (inbox === null) return;
  const why = `Changes of stream '${stream}' wait in its inbox (${inbox.reason}), where nothing can be erased.`;
  throw new EngineError('statement', `${why} Have it go on first,  freehold resume ${stream} --yes,  and erase then.`);
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

export async function erasuresOf(c: Connection, stream: string): Promise<readonly Erasure[]> {
  const rows = await c.query(sql`select stream, address, ordinal, is_finished from freehold.fh_erasure
    where stream = ${value(stream)} order by ordinal, address`);
  return rows.map((row) => ({
    stream: String(row.stream),
    address: String(row.address),
    ordinal: must(bigintOrNull(row.ordinal), 'ordinal'),
    isFinished: row.is_finished === true,
  }));
}

/** Those of a stream up to an ordinal are finished. */
export async function finishErasures(c: Connection, stream: string, upTo: bigint): Promise<void> {
  await c.execute(sql`update freehold.fh_erasure set is_finished = true
    where stream = ${value(stream)} and ordinal <= ${integer(upTo)} and is_finished is not true`);
}

/** To the transaction's end nobody else moves the stream; its ordinal. */
async function lockStream(c: Connection, stream: string): Promise<bigint> {
  await c.execute(sql`insert into freehold.fh_checkpoint (stream, epoch, ordinal) values (${value(stream)}, 0, 0)
    on conflict do nothing`);
  const [row] = await c.query(sql`update freehold.fh_checkpoint set erased = coalesce(erased, 0)
    where stream = ${value(stream)} returning ordinal`);
  return must(bigintOrNull(row?.ordinal), 'checkpoint');
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
