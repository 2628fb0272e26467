import { takeOver } from '../../flow/checkpoint.ts';
import { replicateOnce } from '../../flow/replicate/replicate.ts';
import type { ReplicateNode } from '../../plan/plan.ts';
import { restingPlace, type WorkContext } from './context.ts';

/** Keeps a stream's tables in a replica up to the store: at once when the store's rows moved here, by looking otherwise. */
export async function replicateWork(node: ReplicateNode, context: WorkContext): Promise<void> {
  await using store = await context.containers.connect(node.store, `replicate ${node.stream}`);
  await using replica = await context.containers.connect(node.container, `replicate ${node.stream}`);
  let held = await takeOver(replica, node.stream);
  const from = restingPlace(node.store, node.stream);
  const to = restingPlace(node.container, node.stream);
  while (!context.signal.aborted) {
    const asOfMs = context.asOf.get(from) ?? null;
    const outcome = await replicateOnce(store, replica, node, held);
    const moved = outcome.held.ordinal !== held.ordinal;
    held = outcome.held;
    if (outcome.caughtUp && asOfMs !== null) context.asOf.set(to, asOfMs);
    context.on({
      kind: 'moved',
      unit: node.id,
      node: node.id,
      stream: node.stream,
      container: node.container,
      ordinal: held.ordinal,
      position: held.position,
      rows: outcome.rows,
      asOfMs: outcome.caughtUp ? asOfMs : null,
    });
    if (moved) context.bells.ring(to);
    if (!outcome.caughtUp) continue;
    if (context.once) return;
    await context.bells.wait(from, lookEveryMs(node.intervalMs), context.signal);
  }
}

/** The store may be filled by another process, whose bell is not heard here. */
function lookEveryMs(intervalMs: number): number {
  return Math.min(1_000, Math.max(50, intervalMs));
}
