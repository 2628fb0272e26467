import { must } from '../base/must.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import { type Sql, sql, value } from '../sql/sql.ts';
import { processLocks } from './locks.ts';

/** Process ids whose lock somebody holds: the living ones. A lock goes with its session, so the dead are free at once. */
export const livingProcesses: Sql = sql`select objid::bigint::integer as id from pg_locks
  where locktype = 'advisory' and classid::bigint = ${value(processLocks)} and objsubid = 2 and granted
    and database = (select oid from pg_database where datname = current_database())`;

/**
 * A lock goes with its session, and a session with the process and its machine, but for one case: a process that stands still
 * (stopped, swapped out, its loop blocked) while its machine answers for it. The server therefore ends the session of our
 * lock when it has heard nothing for so long, and we say something more often.
 */
export const lease = { ms: 30_000, renewMs: 5_000 } as const;

/** Registers us and takes our lock on this session, which must be used for nothing else. */
export async function registerProcess(dedicated: Connection, name: string): Promise<number> {
  // A machine that is cut off says nothing: the server must find out by itself, within fifteen seconds.
  await dedicated.execute(sql`set tcp_keepalives_idle = 5`);
  await dedicated.execute(sql`set tcp_keepalives_interval = 3`);
  await dedicated.execute(sql`set tcp_keepalives_count = 3`);
  // Servers before PostgreSQL 14 have no such setting.
  await dedicated.query(sql`select set_config(name, ${value(String(lease.ms))}, false) from pg_settings
    where name = 'idle_session_timeout'`);
  await dedicated.execute(sql`delete from freehold_ledger.process p
    where started_at < now() - interval '1 day' and p.id not in (${livingProcesses})
      and not exists (select from freehold_ledger.unit u where u.process = p.id)`);
  const [row] = await dedicated.query(
    sql`insert into freehold_ledger.process (name) values (${value(name)}) returning id`,
  );
  const id = Number(must(row?.id, 'id of the process'));
  await dedicated.query(sql`select pg_advisory_lock(${value(processLocks)}, ${value(id)})`);
  return id;
}

/** Is our lock still ours? False when the session broke: then others may own our units, and we must stop. */
export async function isHeld(dedicated: Connection, process: number): Promise<boolean> {
  try {
    const rows = await dedicated.query(sql`select from pg_locks
      where locktype = 'advisory' and classid::bigint = ${value(processLocks)} and objid::bigint = ${value(process)}
        and objsubid = 2 and granted and pid = pg_backend_pid()
        and database = (select oid from pg_database where datname = current_database())`);
    return rows.length === 1;
  } catch (failure) {
    if (failure instanceof EngineError) return false;
    throw failure;
  }
}

/**
 * A pooler that hands out server sessions by transaction would drop our lock or give it to a stranger. Behind one, two
 * sessions of ours share a server process while both are idle, or one finds its server process taken by the other.
 */
export async function refusePooler(one: Connection, other: Connection, label: string): Promise<void> {
  const before = await backend(one);
  const isShared = await other.transaction(async () => {
    const theirs = await backend(other);
    const after = await backend(one);
    return theirs === before || after !== before;
  });
  if (isShared)
    throw new EngineError(
      'denied',
      `${label} is reached through a connection pooler that shares sessions, so no lock of ours would last. Give the ledger the address of the server itself, or of a pooler in session mode.`,
    );
}

async function backend(c: Connection): Promise<string> {
  const [row] = await c.query(sql`select pg_backend_pid() as pid`);
  return String(must(row?.pid, 'pid'));
}
