import { must } from '../../src/base/must.ts';
import type { Connection } from '../../src/engine/connection.ts';
import type { Access } from '../../src/engine/engine.ts';
import { engineNamed } from '../../src/engines/index.ts';
import { type Checkpoint, takeOver } from '../../src/flow/checkpoint.ts';
import { replicateOnce } from '../../src/flow/replicate/replicate.ts';
import { ensureTables } from '../../src/flow/tables.ts';
import { replicateNode } from '../../src/flow/testing/nodes.ts';
import type { ReplicateNode, StreamNode } from '../../src/plan/plan.ts';
import { streams } from './company.ts';

/** A replicating process of the exactness story: it goes on until its parent kills it. */
export type ReplicaOrder = { readonly store: Access; readonly replica: Access };

export async function connected(access: Access): Promise<Connection> {
  return (await engineNamed(access.engine)).connect(access, 'exactness');
}

/** Takes all streams of a replica over, and brings each to where the store is; again and again where `forEver`. */
export async function replicating(store: Connection, replica: Connection, forEver: boolean): Promise<void> {
  const held = new Map<string, Checkpoint>();
  for (const node of streams) {
    await ensureTables(
      replica,
      node.datasets.map((dataset) => ({ ...dataset, layout: 'split' as const, keepsDelta: false })),
    );
    held.set(node.stream, await takeOver(replica, node.stream));
  }
  do {
    for (const node of streams) {
      for (let isCaughtUp = false; !isCaughtUp; ) {
        const result = await replicateOnce(store, replica, replicaOf(node), must(held.get(node.stream), 'held'));
        held.set(node.stream, result.held);
        isCaughtUp = result.caughtUp;
      }
    }
  } while (forEver);
}

function replicaOf({ stream, datasets }: StreamNode): ReplicateNode {
  return replicateNode(
    // Whatever the store's layout is.
    datasets.map((dataset) => ({ ...dataset, layout: 'split' as const, store: dataset })),
    { stream },
  );
}
