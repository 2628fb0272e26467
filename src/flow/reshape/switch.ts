import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, name, sql, value } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import { holdStream } from '../checkpoint.ts';
import { brieflyWithin } from '../locks.ts';
import type { Moved } from './move-rows.ts';
import { type Switching, saySwitching } from './switching.ts';

/** What both ways from one layout to the other have in common; see `layout.ts`. */
export type SwitchOptions = {
  /** Called at each boundary between steps; tests kill the process there. */
  readonly hook?: (step: string) => Promise<void>;
  /** Called when some more of a dataset's rows were moved. */
  readonly onSwitching?: (switching: Switching) => void;
};

/** Tells whoever waits, in this process and in others. */
export function teller(c: Connection, { address }: Table, to: Switching['to'], { onSwitching }: SwitchOptions) {
  return async (phase: Switching['phase'], { rows, bytes, ofBytes }: Moved) => {
    const switching = { address, to, phase, rows, bytes, ofBytes };
    await saySwitching(c, switching);
    onSwitching?.(switching);
  };
}

/**
 * A short transaction of definition between two merges of the stream: it waits for its turn, since merges that follow one another
 * leave no other moment, and then for readers as `briefly` does.
 */
export function betweenMerges<T>(
  c: Connection,
  stream: string,
  schemas: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  return c.transaction(async () => {
    await oneAtATime(c, stream);
    await holdStream(c, stream);
    return brieflyWithin(c, schemas, work);
  });
}

/** Of two applies the second waits, before it holds anything. */
async function oneAtATime(c: Connection, stream: string): Promise<void> {
  await c.query(sql`select pg_advisory_xact_lock(${value(0x46484c59)}, hashtext(${value(stream)}))`);
}

/** A merge under way is waited for, and somebody else who forgot to end a transaction not for ever. */
const holdWithin = "set local lock_timeout = '5min'";

/**
 * To the end of the transaction nobody writes these tables; they are read. Who is about to write waits here, and the stream's
 * checkpoint is free for whoever takes it over meanwhile. Errors: EngineError `conflict` where others do not let go.
 */
export async function holdTables(
  c: Connection,
  stream: string,
  schema: string,
  tables: readonly string[],
): Promise<void> {
  await oneAtATime(c, stream);
  await applySettings(c, [holdWithin]);
  await c.execute(sql`lock table ${list(tables.map((table) => name(schema, table)))} in share row exclusive mode`);
  await applySettings(c, ["set local lock_timeout = '0'"]);
}

/**
 * No merge of the stream is under way from here on. One that waits for our tables holds the checkpoint, for which we would wait:
 * its session is ended, as it would be fenced in a moment. One of other datasets of the stream goes on, and the next waits behind us:
 * nobody reads less meanwhile, so there is time. Errors: EngineError `conflict`, of a merge that came to our tables just then.
 */
export async function endWaiting(c: Connection, stream: string): Promise<void> {
  await applySettings(c, ["set local lock_timeout = '10s'"]);
  await c.query(sql`select count(*) from (select pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
    where a.datname = current_database() and a.usename = current_user and a.wait_event_type = 'Lock'
      and pg_backend_pid() = any (pg_blocking_pids(a.pid)) and exists (
        select from pg_catalog.pg_locks l where l.pid = a.pid and l.granted
          and l.relation = to_regclass('freehold.fh_checkpoint') and l.mode in ('RowShareLock', 'RowExclusiveLock'))) ended`);
  await holdStream(c, stream);
  await applySettings(c, c.dialect.briefLocks);
}
