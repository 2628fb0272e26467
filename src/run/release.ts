import type { Json } from '../base/digest.ts';
import { must } from '../base/must.ts';
import { type Held, readHeld, release, sampleHeld } from '../flow/capture/held/records.ts';
import { ensureBookkeeping } from '../flow/checkpoint.ts';
import type { Ledger } from '../ledger/open.ts';
import type { StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

export type HeldDataset = Held & {
  /** Some of the keys that would go. */
  readonly samples: readonly string[];
};

/** What reads of a stream hold back, dataset by dataset. */
export async function heldOf(node: StreamNode, containers: Containers): Promise<readonly HeldDataset[]> {
  await using store = await containers.connect(node.container, 'release');
  await ensureBookkeeping(store);
  const found: HeldDataset[] = [];
  for (const held of (await readHeld(store, node.stream)).values()) {
    const dataset = node.datasets.find(({ address }) => address === held.address);
    if (dataset !== undefined) found.push({ ...held, samples: await sampleHeld(store, dataset) });
  }
  return found;
}

/**
 * Lets go what is held, with the next read: exactly that, once. The audit log has it first. What was released; what became
 * another thing meanwhile is not among it.
 */
export async function releaseHeld(
  node: StreamNode,
  held: readonly Held[],
  actor: string,
  containers: Containers,
  ledger: Ledger,
): Promise<readonly Held[]> {
  await using store = await containers.connect(node.container, 'release');
  const released: Held[] = [];
  for (const one of held) {
    const detail: Json = {
      stream: node.stream,
      rowsHere: one.rowsHere,
      rowsGone: one.rowsGone,
      heldAtMs: one.heldAtMs,
    };
    await ledger.audit({ actor, verb: 'release', object: one.address, detail });
    if (await release(store, one, actor)) released.push(one);
  }
  return released;
}

/** The stream of an address: its own, or of one of its datasets. */
export function streamOf(nodes: readonly StreamNode[], address: string): StreamNode | null {
  const found = nodes.filter(
    (node) => node.stream === address || node.datasets.some((dataset) => dataset.address === address),
  );
  return found.length === 0 ? null : must(found[0], 'stream');
}
