import type { ChangeLog } from '../../../engine/capture.ts';
import { type Connect, dropLog, openLog } from './open.ts';

/** The change log of PostgreSQL: logical decoding by pgoutput. `connect` opens an ordinary session. */
export function postgresLog(connect: Connect): ChangeLog {
  return {
    open: (access, capture, tables, isLoaded) => openLog(connect, access, capture, tables, isLoaded),
    drop: (access, capture) => dropLog(connect, access, capture),
  };
}
