import type { CaptureName } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';

/** The server ends the lock's session when it has heard nothing of it for so long. */
const leaseMs = 30_000;
const renewMs = 5_000;

/**
 * One reader of a capture: a second process is told, rather than each cutting the other off. Held until the session that it
 * gives is closed: the same one, which says something to the server now and then.
 */
export async function lockCapture(source: Connection, capture: CaptureName, label: string): Promise<Connection> {
  // A process that was killed is gone from the server within moments.
  for (let attempt = 0; attempt < 25; attempt++) {
    const [row] = await source.query(
      sql`select pg_try_advisory_lock(hashtextextended(${value(`freehold log ${capture}`)}, 0)) as held`,
    );
    if (row?.held === true) return leased(source);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new EngineError(
    'conflict',
    `Another process reads capture '${capture}' of ${label}. Stop it, or let it do the work.`,
  );
}

/** A process that stands still, while its machine answers for it, keeps the lock from its successor no longer than a lease. */
async function leased(source: Connection): Promise<Connection> {
  // Servers before PostgreSQL 14 have no such setting.
  await source.query(sql`select pg_catalog.set_config(name, ${value(String(leaseMs))}, false) from pg_catalog.pg_settings
    where name = 'idle_session_timeout'`);
  // A session that broke is found so by whoever uses it next.
  const renewing = setInterval(() => void source.query(sql`select 1 as one`).catch(() => undefined), renewMs);
  renewing.unref();
  return {
    ...source,
    async [Symbol.asyncDispose]() {
      clearInterval(renewing);
      await source[Symbol.asyncDispose]();
    },
  };
}
