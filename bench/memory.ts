import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../src/engines/postgres/connection.ts';
import { run } from '../src/flow/testing/fixture.ts';
import { type Cluster, drop } from './cluster.ts';
import { create, key, rows } from './orders.ts';
import type { Verdict } from './pairs.ts';

const memoryLimitMb = 1000;
const oursBarMb = 300;
const duckdbBarMb = memoryLimitMb + 150;

/** Peak resident memory of our process while it moves rows into a store and a DuckDB replica, and of DuckDB's owner. */
export async function memory(server: Cluster, count: number): Promise<Verdict> {
  if (process.platform !== 'linux') return { line: 'memory     skipped: peaks are read from /proc', holds: true };
  const [source, store] = [await server.createDatabase('source'), await server.createDatabase('ours')];
  {
    await using c = await connect(server.access(source), 'bench');
    await run(c, `${create}; insert into public.orders ${rows(1, count)}; ${key}`);
    await run(c, 'vacuum analyze public.orders');
  }
  const room = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
  const report = await moved({
    source: server.access(source),
    store: server.access(store),
    file: join(room, 'bench.duckdb'),
    memoryLimit: `${memoryLimitMb}MB`,
  });
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
  for (const database of [source, store]) await drop(server, database);
  if (report.rows !== count) throw new Error(`${report.rows} rows came to the replica, not ${count}`);
  const [ours, duckdb] = [report.oursBytes / 1e6, report.duckdbBytes / 1e6];
  const holds = ours < oursBarMb && duckdb < duckdbBarMb;
  const line = [
    'memory   ',
    `${count} rows: our process ${ours.toFixed(0)} MB (bar ${oursBarMb})`,
    `DuckDB's owner ${duckdb.toFixed(0)} MB (limit ${memoryLimitMb}, bar ${duckdbBarMb}): ${holds ? 'holds' : 'MISSED'}`,
  ].join('  ');
  return { line, holds };
}

type Report = { readonly rows: number; readonly oursBytes: number; readonly duckdbBytes: number };

/** What is moved holds a password, so it goes by the environment. */
function moved(what: object): Promise<Report> {
  const program = fileURLToPath(new URL('./memory-run.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    env: { ...process.env, FREEHOLD_BENCH: JSON.stringify(what) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve(JSON.parse(said)) : reject(new Error('the move failed'))));
  });
}
