import type { Connection } from '../../engine/connection.ts';
import { sql } from '../../sql/sql.ts';

/** Which of the two servers it is, and its version as it writes it: `10.11.19-MariaDB-log`, `8.4.3`. */
export async function versionOf(connection: Connection): Promise<string> {
  const [row] = await connection.query(sql`select version() as version`);
  return String(row?.version);
}

export async function isMariadb(connection: Connection): Promise<boolean> {
  return (await versionOf(connection)).includes('MariaDB');
}
