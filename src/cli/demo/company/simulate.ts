import { type Clock, systemClock } from '../../../base/clock.ts';
import type { Connection } from '../../../engine/connection.ts';
import { sql } from '../../../sql/sql.ts';
import { deeds, type Life } from './deeds.ts';
import { type Random, seeded } from './random.ts';

/**
 * The company's daily life until the signal aborts: orders, scans, returns, renamed products, swapped shifts, at about
 * `changesPerSecond` changed rows a second. Goes on from whatever is there. One transaction for each deed.
 * Errors: EngineError.
 */
export async function simulate(
  connection: Connection,
  options: {
    readonly changesPerSecond: number;
    readonly signal: AbortSignal;
    readonly clock?: Clock;
    readonly seed?: number;
  },
): Promise<void> {
  const { changesPerSecond, signal, clock = systemClock, seed = clock.nowMs() } = options;
  const random = seeded(seed);
  const life = await beginLife(connection, random);
  const startedMs = clock.nowMs();
  let done = 0;
  while (!signal.aborted) {
    const due = ((clock.nowMs() - startedMs) * changesPerSecond) / 1_000;
    // Behind by more than two seconds, the database is slower than the rate: what was missed is not made up.
    if (done < due - 2 * changesPerSecond) done = due - 2 * changesPerSecond;
    if (done < due) done += await doSomething(connection, life, random);
    else
      await clock.sleep(Math.min(250, Math.max(5, ((done - due) / Math.max(changesPerSecond, 0.001)) * 1_000)), signal);
  }
}

/** At least so many changed rows, as fast as the database takes them; how many it were. */
export async function simulateChanges(
  connection: Connection,
  options: { readonly changes: number; readonly signal?: AbortSignal; readonly seed?: number },
): Promise<number> {
  const random = seeded(options.seed ?? 1);
  const life = await beginLife(connection, random);
  let done = 0;
  while (done < options.changes && options.signal?.aborted !== true) {
    done += await doSomething(connection, life, random);
  }
  return done;
}

async function beginLife(connection: Connection, random: Random): Promise<Life> {
  const [last] = await connection.query(sql`select
    (select max(id) from shop.orders) as orders, (select max(id) from parcel.parcels) as parcels`);
  return { random, lastOrder: Number(last?.orders ?? 0), lastParcel: Number(last?.parcels ?? 0) };
}

/** One deed in one transaction, picked by how often such things happen; the number of rows it changed. */
async function doSomething(connection: Connection, life: Life, random: Random): Promise<number> {
  const all = deeds.reduce((sum, [weight]) => sum + weight, 0);
  let at = random.unit() * all;
  const deed = deeds.find(([weight]) => {
    at -= weight;
    return at < 0;
  })?.[1];
  return deed === undefined ? 0 : connection.transaction(() => deed(connection, life));
}
