import type { ChangeLog } from '../../../engine/capture.ts';
import { dropLog, openLog } from './open.ts';
import type { Large } from './read.ts';
import type { Connect } from './snapshot.ts';

/** The change log of PostgreSQL: logical decoding by pgoutput. `connect` opens an ordinary session. */
export function postgresLog(connect: Connect, large: Large = 'server'): ChangeLog {
  return {
    open: (access, capture, tables, directory) => openLog(connect, access, capture, tables, directory, large),
    drop: (access, capture) => dropLog(connect, access, capture),
  };
}
