import type { ExportedSnapshot, Position, SourceTable } from '../../../engine/capture.ts';
import { type Connection, EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { list, name, sql } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { logEnd } from './files.ts';

/** Seconds that writers may have to wait for us, where their tables must be locked for a moment. */
const lockSeconds = 5;

/**
 * One view of the tables at a place of the log. MariaDB (and Percona Server) says of a consistent snapshot where in the log
 * it is; elsewhere the tables are locked against writing for as long as it takes to begin one and ask. A view cannot be
 * handed to another session, so all share one: their statements run one after the other.
 */
export async function snapshotOf(
  access: Access,
  tables: readonly SourceTable[],
  position: (end: { readonly file: string; readonly offset: number }) => Promise<Position>,
): Promise<ExportedSnapshot> {
  const inside = await connect(access, 'freehold snapshot');
  try {
    const end = (await viewOfMariadb(inside)) ?? (await viewUnderLock(inside, access, tables));
    const shared: Connection = { ...inside, [Symbol.asyncDispose]: () => Promise.resolve() };
    return {
      position: await position(end),
      connect: () => Promise.resolve(shared),
      [Symbol.asyncDispose]: () => inside[Symbol.asyncDispose](),
    };
  } catch (failure) {
    await inside[Symbol.asyncDispose]();
    throw failure;
  }
}

type End = { readonly file: string; readonly offset: number };

async function begin(inside: Connection): Promise<void> {
  await inside.execute(sql`set transaction isolation level repeatable read`);
  await inside.execute(sql`start transaction with consistent snapshot, read only`);
}

async function viewOfMariadb(inside: Connection): Promise<End | null> {
  await begin(inside);
  const rows = await inside.query(sql`show session status like 'binlog_snapshot_%'`);
  const said = new Map(rows.map((row) => [String(row.Variable_name).toLowerCase(), String(row.Value)]));
  const [file = '', offset = ''] = [said.get('binlog_snapshot_file'), said.get('binlog_snapshot_position')];
  return file === '' ? null : { file, offset: Number(offset) };
}

/** Whoever has written to the tables has committed by the time that the lock is ours, and nobody writes while it is. */
export async function viewUnderLock(inside: Connection, access: Access, tables: readonly SourceTable[]): Promise<End> {
  await using locking = await connect(access, 'freehold lock');
  await locking.execute(sql`set session lock_wait_timeout = ${{ kind: 'literal', value: lockSeconds }}`);
  const names = tables.map((table) => sql`${name(table.schema, table.table)} read`);
  try {
    await locking.execute(sql`lock tables ${list(names)}`);
  } catch (failure) {
    if (failure instanceof EngineError && failure.kind === 'denied') throw mayNotLock(failure, access, tables);
    throw failure;
  }
  await begin(inside);
  const end = await logEnd(locking, access.label);
  await locking.execute(sql`unlock tables`);
  return end;
}

function mayNotLock(cause: EngineError, access: Access, tables: readonly SourceTable[]): EngineError {
  const schemas = [...new Set(tables.map(({ schema }) => schema))];
  return new EngineError(
    'denied',
    `${access.label} does not say where in its log a view of its tables is, so they are locked for a moment, and the account may not: ${cause.message}. ` +
      `As an administrator:  ${schemas.map((schema) => `grant lock tables on \`${schema}\`.* to the account;`).join('  ')}`,
    { cause },
  );
}
