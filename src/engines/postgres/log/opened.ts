import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { must } from '../../../base/must.ts';
import type {
  CaptureName,
  ChangeSink,
  ExportedSnapshot,
  LoggedTable,
  OpenLog,
  Position,
} from '../../../engine/capture.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { sql } from '../../../sql/sql.ts';
import { keptTransactions } from './aside/kept.ts';
import { lossOf, markOf } from './mark.ts';
import { identityOf, lossSince, type Past } from './past.ts';
import { positionBefore, positionOfLsn } from './position.ts';
import { type Large, readLog } from './read.ts';
import { readRetention, retentionFinding } from './retention.ts';
import { createSlot } from './slot.ts';
import { type Connect, exported } from './snapshot.ts';
import { readTablesNow } from './tables.ts';
import { openWalsender } from './walsender.ts';
import { wireTypes } from './wire.ts';

export type Log = {
  readonly connect: Connect;
  readonly access: Access;
  readonly capture: CaptureName;
  readonly tables: readonly LoggedTable[];
  readonly directory: string;
  /** Holds the capture's lock, answers for the catalogue, writes heartbeats. */
  readonly source: Connection;
  readonly past: Past;
  readonly large: Large;
};

/** The log of a slot that is there; `own` is the snapshot of one that was made just now. */
export function openedLog(log: Log, acknowledged: Position, own: ExportedSnapshot | null): OpenLog {
  const { connect, access, capture, tables, source, past } = log;
  let first = own;
  let done = acknowledged;
  const types = wireTypes(source);
  const listeners = new Set<() => void>();
  let known = tables;
  const aside = keptTransactions(join(log.directory, capture));
  const end = async () => {
    const [row] = await source.query(sql`
      select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end::text as lsn`);
    await heartbeat(source);
    return positionBefore(positionOfLsn(String(row?.lsn)));
  };
  return {
    identity: identityOf(past),
    isNew: own !== null,
    acknowledged,
    async look() {
      const now = await readTablesNow(source, capture, known);
      const retention = await readRetention(source, capture);
      const kept = retention === null ? null : retentionFinding(capture, access.label, retention);
      const losses = known.map((table, i) => lossOf(past.system, access.label, table, now[i] ?? null));
      const marks = known.map((_, i) => {
        const found = now[i] ?? null;
        return found === null ? '' : markOf(past.system, found);
      });
      // What was not there at the opening is read after the first look.
      known = known.map((table, i) => (losses[i] === null ? { ...table, mark: must(marks[i], 'mark') } : table));
      return {
        marks,
        losses: new Map(losses.flatMap((loss, i) => (loss === null ? [] : [[i, loss]]))),
        findings: kept === null ? [] : [kept],
      };
    },
    past: async (held) => lossSince(past, held, { acknowledged, end: await end() }, access.label),
    end,
    async snapshot() {
      const slots = first;
      first = null;
      if (slots !== null) return slots;
      const session = await openWalsender(access, `freehold snapshot ${capture}`);
      try {
        const name = `${capture.slice(0, 40)}_${process.pid}_${randomBytes(4).toString('hex')}`;
        return exported(connect, access, await createSlot(session, name, 'temporary'), session);
      } catch (failure) {
        await session[Symbol.asyncDispose]();
        throw failure;
      }
    },
    read: (sink: ChangeSink, signal: AbortSignal) =>
      readLog({
        access,
        capture,
        tables: known,
        types,
        sink,
        signal,
        acknowledged: () => done,
        onAcknowledge(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        heartbeat: () => heartbeat(source),
        identity: identityOf(past),
        kept: aside,
        large: log.large,
      }),
    acknowledge(position) {
      if (position <= done) return;
      done = position;
      for (const listener of listeners) listener();
    },
    async [Symbol.asyncDispose]() {
      await first?.[Symbol.asyncDispose]();
      await aside.close(done);
      await source[Symbol.asyncDispose]();
    },
  };
}

/** A transactional message, so that a source where nothing happens does not hold back its log. A standby cannot write one. */
async function heartbeat(source: Connection): Promise<void> {
  await source.query(sql`
    select case when pg_is_in_recovery() then null else pg_logical_emit_message(true, 'freehold', '') end::text as lsn`);
}
