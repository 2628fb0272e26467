import { setTimeout } from 'node:timers/promises';
import { type Connection, EngineError } from '../engine/connection.ts';
import { sql } from '../sql/sql.ts';
import { applySettings } from './bookkeeping.ts';

/** How long in all a lock is waited for, ms, a few tenths of a second at a time. */
const patienceMs = 20_000;

/**
 * A transaction of definition, which waits for locks only so long as others can wait behind it, and is tried again with
 * growing pauses: a reader that holds its transaction open delays us and nobody else. Two sessions that define the same at the
 * same time can fail each other even with `if not exists`, so it must be idempotent, and is tried again then, too.
 *
 * Errors: EngineError `conflict` when patience ends, which says who holds what in `schemas`, and since when.
 */
export async function briefly<T>(
  c: Connection,
  schemas: readonly string[],
  work: () => Promise<T>,
  waitMs: number = patienceMs,
): Promise<T> {
  const untilMs = performance.now() + waitMs;
  for (let tries = 1; ; tries++) {
    try {
      return await c.transaction(async () => {
        await applySettings(c, c.dialect.briefLocks);
        return work();
      });
    } catch (failure) {
      if (!(failure instanceof EngineError)) throw failure;
      if (failure.kind !== 'conflict' && (tries > 1 || failure.isPassing)) throw failure;
      if (performance.now() > untilMs) throw (await held(c, schemas, failure)) ?? failure;
      if (failure.kind === 'conflict') await setTimeout(Math.min(20 * 2 ** Math.min(tries, 6), 1_000));
    }
  }
}

/**
 * The same within a transaction that has done what takes long: what waits for locks is tried again alone, for as long as that
 * has taken, `spentMs`.
 */
export async function brieflyWithin<T>(
  c: Connection,
  schemas: readonly string[],
  work: () => Promise<T>,
  spentMs = 0,
): Promise<T> {
  const untilMs = performance.now() + Math.max(patienceMs, spentMs);
  for (let tries = 1; ; tries++) {
    await c.execute(sql`savepoint fh_briefly`);
    try {
      await applySettings(c, c.dialect.briefLocks);
      const done = await work();
      await c.execute(sql`release savepoint fh_briefly`);
      return done;
    } catch (failure) {
      if (!(failure instanceof EngineError) || failure.kind !== 'conflict') throw failure;
      await c.execute(sql`rollback to savepoint fh_briefly`);
      if (performance.now() > untilMs) throw (await held(c, schemas, failure)) ?? failure;
      await setTimeout(Math.min(20 * 2 ** Math.min(tries, 6), 1_000));
    }
  }
}

/** Where a lock was waited for in vain, says who holds what in `schemas`; of work whose transaction is over by then. */
export function tellingHolders<T>(c: Connection, schemas: readonly string[], work: () => Promise<T>): Promise<T> {
  return work().catch(async (failure: unknown) => {
    if (!(failure instanceof EngineError) || failure.kind !== 'conflict') throw failure;
    throw (await held(c, schemas, failure)) ?? failure;
  });
}

/** Null: nobody holds any lock there now. */
async function held(c: Connection, schemas: readonly string[], cause: EngineError): Promise<EngineError | null> {
  if (c.dialect.lockHolders === null) return null;
  const rows = await c.query(c.dialect.lockHolders(schemas));
  if (rows.length === 0) return null;
  const sessions = rows.map(({ pid, who, application, since, asked, tables }) => {
    const named = application === '' ? '' : ` (${String(application)})`;
    const times =
      typeof since === 'string'
        ? `in a transaction since ${since} UTC, its last statement begun at ${String(asked)}`
        : 'since when, our role may not see';
    return `session ${String(pid)} of '${String(who)}'${named}, ${times}, on ${String(tables)}`;
  });
  return new EngineError(
    'conflict',
    `a change of tables or views waits for a lock that others hold, so it was put off and nothing of it was done: ${sessions.join('; ')}. ` +
      'Let that transaction end, or end it:  select pg_terminate_backend(<session>);  then apply again.',
    { code: cause.code, cause },
  );
}
