import type { Capture } from '../../engine/capture.ts';
import { name, sql } from '../../sql/sql.ts';
import { mysqlLog } from './log/log.ts';
import { preflight } from './preflight/preflight.ts';
import { readAs } from './types.ts';

export const capture: Capture = {
  preflight,
  read: (column) => readAs(column.type, sql`${name(column.from)}`),
  log: mysqlLog,
};
