import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/base/clock.ts';
import { must } from '../../src/base/must.ts';
import { connect as connectDuckdb } from '../../src/engines/duckdb/connection.ts';
import { noteOf } from '../../src/engines/duckdb/owner/place.ts';
import { capture } from '../../src/engines/postgres/capture.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { runCapture } from '../../src/flow/capture/cdc.ts';
import { readSnapshot } from '../../src/flow/capture/snapshot.ts';
import { takeOver } from '../../src/flow/checkpoint.ts';
import { replicateOnce } from '../../src/flow/replicate/replicate.ts';
import { ensureTables } from '../../src/flow/tables.ts';
import { idled } from './idle-run.ts';
import type { Done, Job } from './ours.ts';

/** A program, measured by ours.ts: does its job and prints what it took, as JSON. Linux. */
const job: Job = JSON.parse(await firstLine());
const since = performance.now();
const before = process.cpuUsage();
const { rows, duckdbPeakBytes, idle } = await perform(job);
const { user, system } = process.cpuUsage(before);
const done: Done = {
  ms: performance.now() - since,
  cpuMs: (user + system) / 1000,
  peakBytes: peakOf(process.pid),
  rows,
  duckdbPeakBytes,
  idle,
};
process.stdout.write(`${JSON.stringify(done)}\n`);
// Open as long as nobody ends it, and it would keep us here.
process.stdin.destroy();

/** Of standard input, which goes on afterwards. */
function firstLine(): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    process.stdin.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes('\n')) resolve(text);
    });
  });
}

async function perform(of: Job): Promise<Pick<Done, 'rows' | 'duckdbPeakBytes' | 'idle'>> {
  switch (of.does) {
    case 'capture': {
      const once = { untilCaughtUp: true, signal: new AbortController().signal, onBatch: () => undefined };
      return { ...(await captured(of, once)), idle: null };
    }
    case 'follow':
      return { ...(await followed(of)), idle: null };
    case 'move':
      return { ...(await moved(of)), idle: null };
    case 'idle':
      return { rows: 0, duckdbPeakBytes: 0, idle: await idled(of) };
  }
}

async function followed(of: Job & { does: 'follow' }) {
  const stop = new AbortController();
  process.stdin.on('end', () => stop.abort());
  let ring = () => {};
  const [outcome] = await Promise.all([
    captured(of, { untilCaughtUp: false, signal: stop.signal, onBatch: () => ring() }),
    replicated(),
  ]);
  return outcome;

  async function replicated(): Promise<void> {
    if (of.replica === null) return;
    await using store = await connect(of.store, 'bench');
    await using replica = await connect(of.replica.at, 'bench');
    await ensureTables(
      replica,
      of.replica.node.datasets.map((one) => ({ ...one, keepsDelta: false })),
    );
    await ensureTables(
      store,
      of.nodes.flatMap((node) => node.datasets),
    );
    let held = await takeOver(replica, of.replica.node.stream);
    while (!stop.signal.aborted) {
      const rung = new Promise<void>((resolve) => {
        ring = resolve;
      });
      const one = await replicateOnce(store, replica, of.replica.node, held);
      held = one.held;
      if (one.caughtUp) await Promise.race([rung, systemClock.sleep(250)]);
    }
  }
}

async function captured(
  of: Job & { does: 'capture' | 'follow' },
  more: { readonly untilCaughtUp: boolean; readonly signal: AbortSignal; readonly onBatch: () => void },
) {
  const log = must(capture.log, "PostgreSQL's log");
  let rows = 0;
  const streams = of.nodes.map((node) => ({ node, store: () => connect(of.store, 'bench') }));
  await runCapture(log, of.source, capture, of.capture, streams, {
    clock: systemClock,
    signal: more.signal,
    onBatch: (_, outcome) => {
      rows += outcome.rows;
      more.onBatch();
    },
    untilCaughtUp: more.untilCaughtUp,
  });
  return { rows, duckdbPeakBytes: 0 };
}

async function moved(of: Job & { does: 'move' }) {
  await using to = await connect(of.store, 'bench');
  await ensureTables(to, of.node.datasets);
  {
    await using from = await connect(of.source, 'bench');
    await readSnapshot(from, capture, to, of.node, await takeOver(to, of.node.stream), Date.now());
  }
  const fields = { file: of.file, memory_limit: of.memoryLimit, threads: 2 };
  await using replica = await connectDuckdb({ engine: 'duckdb', label: 'duckdb bench', fields });
  await ensureTables(
    replica,
    of.replicate.datasets.map((one) => ({ ...one, keepsDelta: false })),
  );
  const { rows } = await replicateOnce(to, replica, of.replicate, await takeOver(replica, of.node.stream));
  const owner: unknown = JSON.parse(readFileSync(noteOf(of.file), 'utf8'));
  const pid = typeof owner === 'object' && owner !== null && 'pid' in owner ? Number(owner.pid) : 0;
  return { rows, duckdbPeakBytes: peakOf(pid) };
}

function peakOf(process: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
