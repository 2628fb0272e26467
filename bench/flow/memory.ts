import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/engines/postgres/connection.ts';
import { run } from '../../src/flow/testing/fixture.ts';
import { create, key, orders, replicaOf, rows, streamOf } from './orders.ts';
import { ours } from './ours.ts';
import { drop } from './server.ts';
import type { Setting } from './setting.ts';
import type { Verdict } from './turns.ts';

const memoryLimitMb = 1000;
const oursBarMb = 300;
const duckdbBarMb = memoryLimitMb + 150;

/** Peak resident memory of our process while it moves rows into a store and a DuckDB replica, and of DuckDB's owner. */
export async function memory({ source, store, size }: Setting): Promise<readonly Verdict[]> {
  if (process.platform !== 'linux') return [{ line: 'memory    skipped: peaks are read from /proc', holds: true }];
  const [from, to] = [await source.createDatabase('source'), await store.createDatabase('ours')];
  {
    await using c = await connect(source.access(from), 'bench');
    await run(c, `${create}; insert into public.orders ${rows(1, size.moved)}; ${key}`);
    await run(c, 'vacuum analyze public.orders');
  }
  const room = await mkdtemp(join(tmpdir(), 'freehold-bench-'));
  const node = streamOf('snapshot', [{ ...orders, keepsDelta: true }]);
  const done = await ours({
    does: 'move',
    source: source.access(from),
    store: store.access(to),
    node,
    replicate: replicaOf(node, 'split'),
    file: join(room, 'bench.duckdb'),
    memoryLimit: `${memoryLimitMb}MB`,
  });
  await rm(room, { recursive: true, force: true, maxRetries: 10 });
  await drop(source, from);
  await drop(store, to);
  if (done.rows !== size.moved) throw new Error(`${done.rows} rows came to the replica, not ${size.moved}`);
  const [mine, duckdb] = [done.peakBytes / 1e6, done.duckdbPeakBytes / 1e6];
  const holds = mine < oursBarMb && duckdb < duckdbBarMb;
  const line = [
    'memory          ',
    `${size.moved} rows moved: our process ${mine.toFixed(0)} MB (bar ${oursBarMb})`,
    `DuckDB's owner ${duckdb.toFixed(0)} MB (limit ${memoryLimitMb}, bar ${duckdbBarMb}): ${holds ? 'holds' : 'MISSED'}`,
  ].join('  ');
  return [{ line, holds }];
}
