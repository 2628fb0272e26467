import type { Capture } from '../../engine/capture.ts';
import { literal, name, sql } from '../../sql/sql.ts';
import { connect } from './connection.ts';
import { postgresLog } from './log/log.ts';
import { preflight } from './preflight/preflight.ts';
import { physicalType } from './types.ts';

export const capture: Capture = {
  preflight,
  // char loses its trailing blanks, enum and domain their names, json its spelling.
  read: (column) => sql`${name(column.from)}::${physicalType(column.type)}`,
  sharedView: {
    async share(connection) {
      const [row] = await connection.query(sql`select pg_export_snapshot() as view`);
      return String(row?.view);
    },
    async join(connection, view) {
      await connection.execute(sql`set transaction snapshot ${literal(view)}`);
    },
  },
  log: postgresLog(connect),
};
