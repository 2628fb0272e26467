import { type Connection, EngineError } from '../../../engine/connection.ts';
import { sql } from '../../../sql/sql.ts';
import { versionOf } from '../product.ts';
import { fileNumber } from './position.ts';

/** A file of the binary log as the server has it now. */
export type LogFile = { readonly name: string; readonly number: number; readonly bytes: number };

export async function logFiles(source: Connection): Promise<readonly LogFile[]> {
  const rows = await source.query(sql`show binary logs`);
  return rows.map((row) => {
    const name = String(row.Log_name);
    return { name, number: fileNumber(name), bytes: Number(row.File_size) };
  });
}

/** Where the log ends now. */
export async function logEnd(
  source: Connection,
  label: string,
): Promise<{ readonly file: string; readonly offset: number }> {
  const version = await versionOf(source);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewWord = !version.includes('MariaDB') && (major > 8 || (major === 8 && minor >= 2));
  const [row] = await source.query(isNewWord ? sql`show binary log status` : sql`show master status`);
  if (row === undefined)
    throw new EngineError(
      'statement',
      `${label} keeps no binary log, so nothing says what changed. Set log_bin = ON and restart it, or read it with snapshot().`,
    );
  return { file: String(row.File), offset: Number(row.Position) };
}
