import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '../../src/engine/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { sql } from '../../src/sql/sql.ts';
import { cpuOf } from './cpu.ts';
import type { Server } from './server.ts';

const clients = 4;
const sampleMs = 200;

/** What was seen of a source while it was busy. */
export type Seen = {
  readonly transactions: number;
  readonly ms: number;
  /** CPU of the source's processes. */
  readonly cpuMs: number;
  /** The most that its log held back for a slot, in bytes. */
  readonly keptBytes: number;
  /** The longest transaction of whoever else was connected, ms. */
  readonly longestMs: number;
};

/** Null where the programs that make the work are on the path; else why they are not used. */
export const noPgbench = (() => {
  try {
    for (const program of ['pgbench', 'pg_recvlogical']) execFileSync(program, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'pgbench and pg_recvlogical are not on the path (Debian: postgresql-15, postgresql-client-15)';
  }
})();

/**
 * The source's database under pgbench's transactions, as many as its processors give: nothing waits for the disk, so that
 * whatever else they do is missing in the transactions. `processors`: where pgbench runs, null: anywhere.
 */
export async function busy(source: Server, database: string, processors: string | null) {
  const command = ['pgbench', '-n', '-M', 'prepared', '-c', String(clients), '-T', '86400', source.url(database)];
  const [program = '', ...rest] = processors === null ? command : ['taskset', '-c', processors, ...command];
  const child = spawn(program, rest, {
    env: { ...process.env, PGOPTIONS: '-c synchronous_commit=off', PGAPPNAME: 'pgbench' },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const c = await connect(source.access(database), 'bench');
  while (child.exitCode === null && (await written(c)) < 100) await pause(50);
  return {
    /** From now until `over` is. */
    async watch(over: Promise<unknown>): Promise<Seen> {
      const state = { isOver: false };
      const end = over.finally(() => {
        state.isOver = true;
      });
      // Awaited below, and heard until then.
      end.catch(() => undefined);
      const [since, cpu, before] = [performance.now(), await cpuOf(source), await written(c)];
      let [keptBytes, longestMs] = [0, 0];
      while (!state.isOver) {
        const [row] = await c.query(sql`select
          (select coalesce(max(pg_current_wal_lsn() - restart_lsn), 0) from pg_replication_slots) as kept,
          (select coalesce(max(extract(epoch from clock_timestamp() - xact_start)) * 1000, 0) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'pgbench'
              and backend_type in ('client backend', 'walsender')) as longest`);
        keptBytes = Math.max(keptBytes, Number(row?.kept));
        longestMs = Math.max(longestMs, Number(row?.longest));
        await Promise.race([pause(sampleMs), end]);
      }
      await end;
      const transactions = (await written(c)) - before;
      const ms = performance.now() - since;
      if (child.exitCode !== null) throw new Error(`pgbench has ended with status ${child.exitCode}`);
      return { transactions, ms, cpuMs: (await cpuOf(source)) - cpu, keptBytes, longestMs };
    },
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await ended;
      // Sessions of a client that is gone end when they look; what they had not committed is undone.
      await c.query(sql`select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and application_name = 'pgbench'`);
      await c[Symbol.asyncDispose]();
    },
  };
}

/** pgbench's tables, so many hundred thousand accounts, as its own programme makes them. */
export async function fillPgbench(source: Server, database: string, scale: number): Promise<void> {
  execFileSync('pgbench', ['-i', '-q', '-s', String(scale), source.url(database)], { stdio: 'ignore' });
  await using c = await connect(source.access(database), 'bench');
  await run(c, 'vacuum analyze');
}

/** Each of its transactions writes one row there. */
async function written(c: Connection): Promise<number> {
  const [row] = await c.query(sql`select count(*) as n from public.pgbench_history`);
  return Number(row?.n);
}
