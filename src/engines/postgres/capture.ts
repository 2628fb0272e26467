import type { Capture } from '../../engine/capture.ts';
import { name, sql } from '../../sql/sql.ts';
import { connect } from './connection.ts';
import { postgresLog } from './log/log.ts';
import { parts } from './parts.ts';
import { preflight } from './preflight/preflight.ts';
import { physicalType } from './types.ts';

export const capture: Capture = {
  preflight,
  // char loses its trailing blanks, enum and domain their names, json its spelling.
  read: (column) => sql`${name(column.from)}::${physicalType(column.type)}`,
  parts,
  log: postgresLog(connect),
};
