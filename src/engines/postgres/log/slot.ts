import { must } from '../../../base/must.ts';
import type { CaptureName, Position } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import { sql, value } from '../../../sql/sql.ts';
import { positionBefore, positionOfLsn } from './position.ts';
import type { Walsender } from './walsender.ts';

export type Slot = {
  /** What the source was last told that it may forget; null: the server has invalidated the slot. */
  readonly acknowledged: Position | null;
  /** Why, in the server's word, where it says. */
  readonly reason: string | null;
  /** Is it kept on standbys that synchronise slots, too? */
  readonly isFailover: boolean;
};

/** The capture's slot as it is; null where there is none. Errors: it is somebody else's. */
export async function findSlot(source: Connection, capture: CaptureName, label: string): Promise<Slot | null> {
  const rows = await source.query(sql`
    select plugin, database = current_database() as is_here, wal_status, confirmed_flush_lsn::text as confirmed,
      to_jsonb(s) ->> 'invalidation_reason' as reason, to_jsonb(s) ->> 'failover' = 'true' as is_failover, coalesce(to_jsonb(s) ->> 'conflicting', 'false') = 'true' as is_conflicting
    from pg_catalog.pg_replication_slots as s where slot_name = ${value(capture)}`);
  const [row] = rows;
  if (row === undefined) return null;
  if (row.plugin !== 'pgoutput' || row.is_here !== true)
    throw new EngineError(
      'statement',
      `Replication slot '${capture}' of ${label} is not ours: it is of another database or output plugin. Drop it, or name the environment otherwise.`,
    );
  const reason = typeof row.reason === 'string' ? row.reason : null;
  const isLost =
    row.wal_status === 'lost' || row.is_conflicting === true || reason !== null || typeof row.confirmed !== 'string';
  return {
    acknowledged: isLost ? null : positionBefore(positionOfLsn(String(row.confirmed))),
    reason,
    isFailover: row.is_failover === true,
  };
}

/**
 * Makes a slot; its snapshot is valid until the session's next command. Waits for the transactions that run at the
 * source, as the server's decoding must.
 */
export async function createSlot(
  session: Walsender,
  slot: string,
  life: 'failover' | 'lasting' | 'temporary',
): Promise<{ readonly position: Position; readonly snapshot: string }> {
  const temporary = life === 'temporary' ? 'TEMPORARY ' : '';
  const options = life === 'failover' ? `(SNAPSHOT 'export', FAILOVER true)` : 'EXPORT_SNAPSHOT';
  const [row] = await session.command(`CREATE_REPLICATION_SLOT "${slot}" ${temporary}LOGICAL pgoutput ${options}`);
  return {
    position: positionBefore(positionOfLsn(must(row?.consistent_point, 'consistent_point'))),
    snapshot: must(row?.snapshot_name, 'snapshot_name'),
  };
}

/** Removes the slot where it is. A reader that was just cut off holds it for a moment more. One of another database is not ours. */
export async function dropSlot(source: Connection, capture: CaptureName): Promise<void> {
  const isThere = sql`select active from pg_catalog.pg_replication_slots
    where slot_name = ${value(capture)} and database = current_database()`;
  for (let attempt = 0; ; attempt++) {
    const [row] = await source.query(isThere);
    if (row === undefined) return;
    if (row.active !== true || attempt === 50) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await source.query(sql`select pg_catalog.pg_drop_replication_slot(${value(capture)})`);
}

/**
 * The lock is ours, so whoever still reads the slot has lost it: a process that stands still, or whose way to the server is
 * gone. Where the server lets us, it is ended now, and else when the server finds out.
 */
export async function endFormerReader(source: Connection, capture: CaptureName): Promise<void> {
  await source
    .query(
      sql`select pg_catalog.pg_terminate_backend(active_pid) from pg_catalog.pg_replication_slots
        where slot_name = ${value(capture)} and database = current_database() and active`,
    )
    .catch((failure: unknown) => {
      if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
    });
}
