import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { ReadOutcome } from '../../flow/capture/merge-reads.ts';
import { readSnapshot } from '../../flow/capture/snapshot.ts';
import { sourceTables } from '../../flow/capture/source-tables.ts';
import { readWatermark } from '../../flow/capture/watermark/watermark.ts';
import { type Checkpoint, takeOver } from '../../flow/checkpoint.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { restingPlace, type WorkContext } from './context.ts';

/**
 * Reads a stream of snapshot() or watermark() at its interval. The interval runs from the start of one read to the start
 * of the next, and is a maximum: a read that takes longer is followed by the next at once.
 */
export async function readingWork(node: StreamNode, context: WorkContext): Promise<void> {
  const engine = await context.containers.engine(node.source);
  const capture = must(engine.capture, `capture of ${node.source}`);
  await using store = await context.containers.connect(node.container, `stream ${node.stream}`);
  let held = await takeOver(store, node.stream);
  while (!context.signal.aborted) {
    const startedMs = context.clock.nowMs();
    const outcome = await readOrAsk(held, startedMs);
    held = outcome.held;
    if (outcome.kind === 'held') {
      for (const finding of outcome.findings) context.on({ kind: 'held', unit: node.id, finding });
    } else {
      const place = restingPlace(node.container, node.stream);
      context.asOf.set(place, startedMs);
      context.on({
        kind: 'moved',
        unit: node.id,
        node: node.id,
        stream: node.stream,
        container: node.container,
        ordinal: held.ordinal,
        position: held.position,
        rows: movedRows(outcome),
        asOfMs: startedMs,
        findings: outcome.findings,
      });
      context.bells.ring(place);
    }
    if (context.once) return;
    await context.clock.sleep(Math.max(0, startedMs + node.intervalMs - context.clock.nowMs()), context.signal);
  }

  /** The source's session lasts as long as the read: between two reads the producer's server knows nothing of us. */
  async function readOrAsk(from: Checkpoint, startedMs: number): Promise<ReadOutcome> {
    try {
      await using source = await context.containers.connect(node.source, `${node.mode} ${node.stream}`);
      const read = node.mode === 'watermark' ? readWatermark : readSnapshot;
      return await read(source, capture, store, node, from, startedMs);
    } catch (failure) {
      const findings = await whyNotReadable(failure);
      if (findings.length === 0) throw failure;
      return { kind: 'held', held: from, rows: {}, datasets: {}, findings };
    }
  }

  /** What the source itself says, asked again, where a read failed for what may have changed there. */
  async function whyNotReadable(failure: unknown): Promise<readonly Finding[]> {
    if (!(failure instanceof EngineError) || !reasonsToAsk.has(failure.kind)) return [];
    let source: Connection | null = null;
    try {
      source = await context.containers.connect(node.source, `preflight ${node.stream}`);
      const found = await capture.preflight(source, 'snapshot', sourceTables(node));
      return found.filter(({ severity }) => severity === 'error');
    } catch {
      return [];
    } finally {
      await source?.[Symbol.asyncDispose]();
    }
  }
}

const reasonsToAsk: ReadonlySet<EngineError['kind']> = new Set(['missing', 'denied', 'statement']);

/** Rows loaded the first time, changed rows after that. */
function movedRows(outcome: ReadOutcome): number {
  if (outcome.kind === 'loaded') return Object.values(outcome.rows).reduce((sum, rows) => sum + rows, 0);
  return Object.values(outcome.datasets).reduce((sum, n) => sum + n.inserted + n.updated + n.deleted, 0);
}
