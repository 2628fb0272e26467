import type { Capture } from '../../engine/capture.ts';
import { EngineError } from '../../engine/connection.ts';
import { literal, name, sql } from '../../sql/sql.ts';
import { connect } from './connection.ts';
import { keyRanges } from './key-ranges.ts';
import { postgresLog } from './log/log.ts';
import { positionBefore, positionOfLsn } from './log/position.ts';
import { parts, storage } from './parts.ts';
import { preflight } from './preflight/preflight.ts';
import { physicalType } from './types.ts';

export const capture: Capture = {
  preflight,
  // char loses its trailing blanks, enum and domain their names, json its spelling.
  read: (column) => sql`${name(column.from)}::${physicalType(column.type)}`,
  parts,
  storage,
  sharedView: {
    async share(connection) {
      const [row] = await connection.query(sql`select pg_export_snapshot() as view`);
      return String(row?.view);
    },
    async join(connection, view) {
      await connection.execute(sql`begin isolation level repeatable read read only`);
      await connection.execute(sql`set transaction snapshot ${literal(view)}`);
    },
  },
  log: postgresLog(connect),
  keyRanges,
  async database(connection) {
    try {
      const [row] = await connection.query(sql`
        select (select system_identifier from pg_control_system()) as system, oid from pg_database where datname = current_database()`);
      return `postgres/${String(row?.system)}/${String(row?.oid)}`;
    } catch (failure) {
      if (failure instanceof EngineError && failure.kind === 'denied') return null;
      throw failure;
    }
  },
  logEnd: async (connection) => {
    const [row] = await connection.query(sql`
      select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end::text as lsn`);
    return positionBefore(positionOfLsn(String(row?.lsn)));
  },
};
