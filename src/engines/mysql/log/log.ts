import type { ChangeLog } from '../../../engine/capture.ts';
import { openLog } from './open.ts';

/** The change log of MySQL and MariaDB: the row format of the binary log. */
export const mysqlLog: ChangeLog = {
  open: openLog,
  /** Nothing of a capture rests at the server. */
  drop: () => Promise.resolve(),
};
