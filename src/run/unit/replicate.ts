import { steadyMs } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import { readCheckpoint, refuseSuperseded, takeOver } from '../../flow/checkpoint.ts';
import { isNoted, noteReader } from '../../flow/purge/readers.ts';
import { replicateOnce } from '../../flow/replicate/replicate.ts';
import { ensureTables } from '../../flow/tables.ts';
import type { ReplicateNode } from '../../plan/plan.ts';
import { restingPlace, type WorkContext } from './context.ts';

/** Keeps a stream's tables in a replica up to the store: at once when the store's rows moved here, by looking otherwise. */
export async function replicateWork(node: ReplicateNode, context: WorkContext): Promise<void> {
  await using store = await context.containers.connect(node.store, `replicate ${node.stream}`);
  await using replica = await context.containers.connect(node.container, `replicate ${node.stream}`);
  const kept = await ensureTables(
    replica,
    node.datasets.map((dataset) => ({ ...dataset, keepsDelta: false })),
  );
  const asKept = { ...node, datasets: kept };
  let held = await takeOver(replica, node.stream);
  // A store that the stream has left stays where it is: a replica that followed the new one must not go back to it.
  await refuseSuperseded(store, node.stream, {});
  let noted = { ordinal: held.ordinal, erased: held.erased, ms: Number.NEGATIVE_INFINITY };
  if (held.ordinal === 0n) await noteBeginning(store, node);
  const from = restingPlace(node.store, node.stream);
  const to = restingPlace(node.container, node.stream);
  while (!context.signal.aborted) {
    const asOfMs = context.asOf.get(from) ?? null;
    const outcome = await replicateOnce(store, replica, asKept, held, context.trial?.hook);
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
    const nowMs = steadyMs(context.clock);
    const isErased = held.erased !== noted.erased;
    if (isErased || (held.ordinal !== noted.ordinal && (context.once || nowMs - noted.ms > noteEveryMs))) {
      await noteReader(store, node.stream, node.id, held.ordinal, held.erased);
      noted = { ordinal: held.ordinal, erased: held.erased, ms: nowMs };
    }
    if (!outcome.caughtUp) continue;
    if (context.once) return;
    await context.bells.wait(from, lookEveryMs(node.intervalMs), context.signal);
  }
}

/** What is to be copied first is long under way perhaps: what comes after it must still be there then. */
async function noteBeginning(store: Connection, node: ReplicateNode): Promise<void> {
  // Where it took others over, it is noted already how far their readers were.
  if (await isNoted(store, node.stream, node.id)) return;
  const at = await readCheckpoint(store, node.stream);
  await noteReader(store, node.stream, node.id, at?.ordinal ?? 0n);
}

const noteEveryMs = 5_000;

/** The store may be filled by another process, whose bell is not heard here. */
function lookEveryMs(intervalMs: number): number {
  return Math.min(1_000, Math.max(50, intervalMs));
}
