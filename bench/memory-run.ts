import { readFileSync } from 'node:fs';
import { must } from '../src/base/must.ts';
import type { Access } from '../src/engine/engine.ts';
import { connect as connectDuckdb } from '../src/engines/duckdb/connection.ts';
import { noteOf } from '../src/engines/duckdb/owner/place.ts';
import { capture } from '../src/engines/postgres/capture.ts';
import { connect } from '../src/engines/postgres/connection.ts';
import { readSnapshot } from '../src/flow/capture/snapshot.ts';
import { takeOver } from '../src/flow/checkpoint.ts';
import { replicateOnce } from '../src/flow/replicate/replicate.ts';
import { ensureTables } from '../src/flow/tables.ts';
import type { ReplicateNode } from '../src/plan/plan.ts';
import { orders, streamOf } from './orders.ts';

/**
 * A program, measured by memory.ts: moves all rows of the source into a store, from there into a DuckDB replica, and
 * prints the most memory that it and DuckDB's owner have had, in bytes. Linux.
 */
const { source, store, file, memoryLimit }: { source: Access; store: Access; file: string; memoryLimit: string } =
  JSON.parse(must(process.env.FREEHOLD_BENCH, 'FREEHOLD_BENCH'));

const kept = { ...orders, keepsDelta: true };
const node = { ...streamOf('snapshot'), datasets: [kept] };
const replicate: ReplicateNode = {
  kind: 'replicate',
  id: `replicate:replica:sql:0:${node.stream}`,
  after: [node.id],
  priority: 'normal',
  why: [],
  stream: node.stream,
  store: 'store:main',
  container: 'replica:sql:0',
  intervalMs: 1000,
  promisedMs: null,
  datasets: [
    {
      ...orders,
      store: { schema: orders.schema, current: orders.current, history: orders.history, delta: orders.delta },
    },
  ],
};

await using to = await connect(store, 'bench');
await ensureTables(to, [kept]);
{
  await using from = await connect(source, 'bench');
  await readSnapshot(from, capture, to, node, await takeOver(to, node.stream), Date.now());
}
const fields = { file, memory_limit: memoryLimit, threads: 2 };
await using replica = await connectDuckdb({ engine: 'duckdb', label: 'duckdb bench', fields });
await ensureTables(replica, [{ ...orders, keepsDelta: false }]);
const { rows } = await replicateOnce(to, replica, replicate, await takeOver(replica, node.stream));

const owner: unknown = JSON.parse(readFileSync(noteOf(file), 'utf8'));
const pid = typeof owner === 'object' && owner !== null && 'pid' in owner ? Number(owner.pid) : 0;
const report = { rows, oursBytes: peakOf(process.pid), duckdbBytes: peakOf(pid) };
process.stdout.write(`${JSON.stringify(report)}\n`);

function peakOf(process: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
