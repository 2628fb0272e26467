import { must } from '../../base/must.ts';
import { readSnapshot, type SnapshotOutcome } from '../../flow/capture/snapshot.ts';
import { type Checkpoint, takeOver } from '../../flow/checkpoint.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { restingPlace, type WorkContext } from './context.ts';

/**
 * Reads a snapshot() stream at its interval. The interval runs from the start of one read to the start of the next, and
 * is a maximum: a read that takes longer is followed by the next at once.
 */
export async function snapshotWork(node: StreamNode, context: WorkContext): Promise<void> {
  const engine = await context.containers.engine(node.source);
  const capture = must(engine.capture, `capture of ${node.source}`);
  await using store = await context.containers.connect(node.container, `stream ${node.stream}`);
  let held = await takeOver(store, node.stream);
  while (!context.signal.aborted) {
    const startedMs = context.clock.nowMs();
    const outcome = await readOnce(held, startedMs);
    held = outcome.held;
    if (outcome.kind === 'held') {
      for (const finding of outcome.findings) context.on({ kind: 'held', unit: node.id, node: null, finding });
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
      });
      context.bells.ring(place);
    }
    if (context.once) return;
    await context.clock.sleep(Math.max(0, startedMs + node.intervalMs - context.clock.nowMs()), context.signal);
  }

  /** The source's session lasts as long as the read: between two reads the producer's server knows nothing of us. */
  async function readOnce(from: Checkpoint, startedMs: number): Promise<SnapshotOutcome> {
    await using source = await context.containers.connect(node.source, `snapshot ${node.stream}`);
    return await readSnapshot(source, capture, store, node, from, startedMs);
  }
}

/** Rows loaded the first time, changed rows after that. */
function movedRows(outcome: SnapshotOutcome): number {
  if (outcome.kind === 'loaded') return Object.values(outcome.rows).reduce((sum, rows) => sum + rows, 0);
  return Object.values(outcome.changes).reduce((sum, n) => sum + n, 0);
}
