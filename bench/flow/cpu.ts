import { readdirSync, readFileSync } from 'node:fs';
import { must } from '../../src/base/must.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { sql } from '../../src/sql/sql.ts';
import type { Server } from './server.ts';

/** Linux counts CPU in hundredths of a second. */
const tickMs = 10;

/** CPU that a cluster's processes have used since it started, those that ended too, in ms. Linux; elsewhere 0. */
export async function cpuOf(server: Pick<Server, 'access'>): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const postmaster = await postmasterOf(server);
  let ms = 0;
  for (const pid of pids()) {
    const status = statusOf(pid);
    if (status === null) continue;
    if (pid === postmaster) ms += status.ownMs + status.endedChildrenMs;
    else if (status.parent === postmaster) ms += status.ownMs;
  }
  return ms;
}

/** The process that is the cluster, which has started all others of it. Linux. */
export async function postmasterOf(server: Pick<Server, 'access'>): Promise<string> {
  await using c = await connect(server.access('postgres'), 'bench');
  const [row] = await c.query(sql`select pg_backend_pid() as pid`);
  return must(statusOf(String(row?.pid)), 'our own session').parent;
}

/** The processes that it has started and that live. */
export function processesOf(postmaster: string): readonly string[] {
  return pids().filter((pid) => statusOf(pid)?.parent === postmaster);
}

/** CPU of both clusters while the work is done, ms. */
export async function cpuWithin<T>(source: Server, store: Server, work: () => Promise<T>) {
  const [fromMs, toMs] = [await cpuOf(source), await cpuOf(store)];
  const done = await work();
  return { done, sourceMs: (await cpuOf(source)) - fromMs, storeMs: (await cpuOf(store)) - toMs };
}

/** Of both clusters and what `work` says of itself, as text: CPU says what work is on a machine that is not ours alone. */
export async function withCpu<T>(source: Server, store: Server, work: () => Promise<T>) {
  const { done, sourceMs, storeMs } = await cpuWithin(source, store, work);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return { done, cpu: `CPU: source ${seconds(sourceMs)}, store ${seconds(storeMs)}` };
}

function pids(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the fields behind the name in brackets. */
function statusOf(pid: string) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ms = (...at: readonly number[]) => at.reduce((sum, i) => sum + Number(fields[i]) * tickMs, 0);
    return { parent: fields[1] ?? '', ownMs: ms(11, 12), endedChildrenMs: ms(13, 14) };
  } catch {
    // It ended while we looked.
    return null;
  }
}
