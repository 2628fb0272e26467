import type { Capture } from '../../engine/capture.ts';
import { name, sql } from '../../sql/sql.ts';
import { keyRanges } from './key-ranges.ts';
import { logEnd } from './log/files.ts';
import { mysqlLog } from './log/log.ts';
import { fileNumber, positionAt } from './log/position.ts';
import { parts } from './parts.ts';
import { preflight } from './preflight/preflight.ts';
import { readAs } from './types.ts';

export const capture: Capture = {
  preflight,
  read: (column) => readAs(column.type, sql`${name(column.from)}`),
  parts,
  log: mysqlLog(),
  keyRanges,
  // Servers of MariaDB have no identifier of their own: two on one machine differ by where their files are.
  database: async (connection) => {
    const [row] = await connection.query(
      sql`select concat_ws('/', @@hostname, @@port, @@datadir, @@server_id, database()) as place`,
    );
    return `mysql/${String(row?.place)}`;
  },
  // Written before it is committed, so that what a session sees of a commit is never behind this.
  logEnd: async (connection) => {
    const { file, offset } = await logEnd(connection, 'the server');
    return positionAt({ file: fileNumber(file), offset, opened: null, gtid: '' });
  },
  incomparable: (type) =>
    type.kind === 'json' ? 'MySQL and MariaDB have no function that writes json as PostgreSQL does' : null,
};
