import { systemClock } from '../../src/base/clock.ts';
import type { Access } from '../../src/engine/engine.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { containersOf } from '../../src/run/containers.ts';
import { runResident } from '../../src/run/loop.ts';
import { recordProgress } from '../../src/run/progress.ts';
import { sql, value } from '../../src/sql/sql.ts';
import { cpuOf } from './cpu.ts';
import { planOf } from './idle-plan.ts';
import type { Idle, Job } from './ours.ts';

/** The resident loop with a ledger, as `freehold run` has it: until all streams are loaded and have settled, then watched. */
export async function idled(of: Job & { does: 'idle' }): Promise<Idle> {
  const plan = planOf(of);
  const containers = containersOf(plan.containers, {
    root: of.directory,
    secrets: () => Promise.reject(new Error('no secret')),
  });
  await using ledger = await openLedger(await containers.access('ledger'), 'bench');
  const stop = new AbortController();
  const missing = new Set(plan.nodes.flatMap((node) => (node.kind === 'stream' ? [node.id] : [])));
  let allLoaded = () => {};
  const loaded = new Promise<void>((resolve) => {
    allLoaded = resolve;
  });
  await using progress = recordProgress(ledger, systemClock, (event) => {
    if (event.kind === 'failed') process.stderr.write(`${event.node ?? event.unit}: ${event.message}\n`);
    if (event.kind === 'moved') missing.delete(event.node);
    if (missing.size === 0) allLoaded();
  });
  const running = runResident(plan, containers, ledger, {
    clock: systemClock,
    signal: stop.signal,
    on: progress.on,
  });
  try {
    await Promise.race([loaded, running]);
    await systemClock.sleep(of.settleMs);
    return await watched(of);
  } finally {
    stop.abort();
    await running;
    await containers[Symbol.asyncDispose]();
  }
}

/** Statistics say what they were when a session ended or was last idle: CPU is asked of the operating system. */
async function watched({ source, store, windowMs }: Job & { does: 'idle' }): Promise<Idle> {
  const servers = [source, store].map((access) => ({
    access: (database: string): Access => ({ ...access, fields: { ...access.fields, database } }),
  }));
  const cpu = () => Promise.all(servers.map(cpuOf));
  const [since, before, theirs] = [performance.now(), process.cpuUsage(), await cpu()];
  await systemClock.sleep(windowMs);
  const { user, system } = process.cpuUsage(before);
  const ms = performance.now() - since;
  const [sourceCpuMs = 0, storeCpuMs = 0] = (await cpu()).map((now, i) => now - (theirs[i] ?? 0));
  const [atSource, atStore] = [await sessionsIn(source), await sessionsIn(store)];
  return { ms, cpuMs: (user + system) / 1000, sourceCpuMs, storeCpuMs, atSource, atStore };
}

async function sessionsIn(access: Access): Promise<number> {
  await using c = await connect(access, 'bench count');
  const [row] = await c.query(
    sql`select count(*) as n from pg_stat_activity where datname = ${value(String(access.fields.database))} and application_name like 'freehold%'`,
  );
  return Number(row?.n);
}
