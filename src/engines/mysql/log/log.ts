import type { ChangeLog } from '../../../engine/capture.ts';
import { type FoundLost, openLog } from './open.ts';

/** The change log of MySQL and MariaDB: the row format of the binary log. */
export function mysqlLog(): ChangeLog {
  const lost: FoundLost = new Map();
  return {
    open: (access, capture, tables) => openLog(access, capture, tables, lost),
    /** Nothing of a capture rests at the server. */
    drop: () => Promise.resolve(),
  };
}
