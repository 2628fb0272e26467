import type { Connection } from '../../engine/connection.ts';
import { EngineError } from '../../engine/connection.ts';
import type { ReplicateNode } from '../../plan/plan.ts';
import { type LoadedDataset, loadedDatasets } from '../bookkeeping.ts';
import { type Checkpoint, readCheckpoint } from '../checkpoint.ts';
import { type Batch, mergeInTransaction } from '../merge/merge.ts';
import { inOneView } from '../view.ts';
import { copyClock, copyGaps } from './clock.ts';
import { copyWhole } from './copy-whole.ts';
import { boundary, stageDelta } from './delta.ts';
import { rebuild } from './rebuild.ts';

export type Replicated = { readonly held: Checkpoint; readonly caughtUp: boolean; readonly rows: number };

/**
 * Brings a replica one bounded step nearer to its store: from `held.ordinal` to an ordinal whose changes are a batch's
 * worth, or to the store's own; the caller repeats until `caughtUp`. Reads the store in one view, and of it nothing but
 * delta, clock and, for datasets that are new here or behind the delta's beginning, current rows and history.
 *
 * One transaction of the replica. Before: the replica is the store as of `held.ordinal`. After: as of the new ordinal, all
 * datasets alike. Cut: as before. Twice: the second is Fenced. Rows travel as a stream; memory does not depend on them.
 */
export function replicateOnce(
  store: Connection,
  replica: Connection,
  node: ReplicateNode,
  held: Checkpoint,
  hook: (step: string) => Promise<void> = () => Promise.resolve(),
): Promise<Replicated> {
  return inOneView(store, () => step(store, replica, node, held, hook));
}

async function step(
  store: Connection,
  replica: Connection,
  node: ReplicateNode,
  held: Checkpoint,
  hook: (step: string) => Promise<void>,
): Promise<Replicated> {
  const at = await readCheckpoint(store, node.stream);
  if (at === null || at.ordinal === 0n) return { held, caughtUp: true, rows: 0 };
  if (at.ordinal < held.ordinal) throw ahead(node, held.ordinal, at.ordinal);
  const inStore = await loadedDatasets(store, node.stream);
  const inReplica = await loadedDatasets(replica, node.stream);
  const added = node.datasets.filter((one) => inStore.has(one.address) && !inReplica.has(one.address));
  const moving = node.datasets.filter((one) => inReplica.has(one.address));
  if (at.ordinal === held.ordinal && added.length === 0) return { held, caughtUp: true, rows: 0 };
  const behind = held.ordinal < at.ordinal ? moving.filter((one) => isBehind(held, inStore.get(one.address))) : [];
  const following = moving.filter((one) => !behind.includes(one));

  // A dataset that is copied is as the view has it, so the others go as far in the same step.
  const copied = added.length + behind.length;
  const upTo = copied > 0 ? at.ordinal : await boundary(store, following, held.ordinal, at.ordinal);
  const staged: Batch['staged'][number][] = [];
  let rows = 0;
  for (const dataset of held.ordinal < upTo ? following : []) {
    const { staging, rows: taken } = await stageDelta(store, replica, dataset, held.ordinal, upTo);
    staged.push({ staging, hasUnchanged: false });
    rows += taken;
  }
  await hook('replica staged');
  const isWhole = upTo === at.ordinal;
  const to = { ordinal: upTo, position: isWhole ? at.position : null, identity: isWhole ? at.identity : null };
  const kept = node.datasets.map((dataset) => ({ ...dataset, keepsDelta: false }));
  const next = await replica.transaction(async () => {
    const merged = await mergeInTransaction(replica, kept, { held, to, steps: [], staged });
    for (const dataset of added) {
      rows += await copyWhole(store, replica, node.stream, dataset, upTo, inStore.get(dataset.address)?.completeFrom);
    }
    for (const dataset of behind) {
      rows += await rebuild(store, replica, node.stream, dataset, held.ordinal, upTo);
    }
    await copyClock(store, replica, node.stream, held.ordinal, upTo);
    await copyGaps(store, replica, node.stream, held.ordinal, upTo);
    await hook('replica before commit');
    return merged.held;
  });
  await hook('replica merged');
  return { held: next, caughtUp: isWhole, rows };
}

/** Has the store purged changes that the replica has not read? */
function isBehind(held: Checkpoint, inStore: LoadedDataset | undefined): boolean {
  return inStore === undefined || inStore.deltaFrom === null || inStore.deltaFrom > held.ordinal;
}

function ahead(node: ReplicateNode, replica: bigint, store: bigint): EngineError {
  return new EngineError(
    'statement',
    `the replica of '${node.stream}' (${node.id}) is at ordinal ${replica}, ahead of its store at ${store}: the store was ` +
      'probably restored from a backup. Nothing was changed. Drop the replica, and it is copied again.',
  );
}
