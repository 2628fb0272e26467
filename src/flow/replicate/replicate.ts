import type { Connection } from '../../engine/connection.ts';
import { EngineError } from '../../engine/connection.ts';
import type { ReplicaDataset, ReplicateNode } from '../../plan/plan.ts';
import { type LoadedDataset, loadedDatasets } from '../bookkeeping.ts';
import { type Branch, noteFollowed } from '../branch.ts';
import { type Checkpoint, own, readCheckpoint } from '../checkpoint.ts';
import { eraseInReplica, noteErased, toErase } from '../erase/replica.ts';
import { type Batch, mergeInTransaction } from '../merge/merge.ts';
import { isTable } from '../tables.ts';
import { noteRead, unreadColumns } from '../unread.ts';
import { inOneView } from '../view.ts';
import { copyClock, copyGaps } from './clock.ts';
import { copyWhole } from './copy-whole.ts';
import { boundary, stageDelta } from './delta.ts';
import { copyFormers, handedIn, otherFormers, park, takeHanded } from './handover.ts';
import { goBack, sharedPast } from './put-back.ts';
import { rebuild } from './rebuild.ts';

export type Replicated = { readonly held: Checkpoint; readonly caughtUp: boolean; readonly rows: number };

/**
 * Brings a replica one bounded step nearer to its store: from `held.ordinal` to an ordinal whose changes are a batch's
 * worth, or to the store's own; the caller repeats until `caughtUp`. Reads the store in one view, and of it nothing but
 * delta, clock and, for datasets that are new here or behind the delta's beginning, current rows and history. A dataset that
 * came from another stream follows from where that one left it. A store that was put back, and counts ordinals anew that
 * the replica has of its earlier life, is followed from the last that both have: what came after it goes, by difference.
 *
 * One transaction of the replica. Before: the replica is the store as of `held.ordinal`. After: as of the new ordinal, all
 * datasets alike. Cut: as before. Twice: the second is Fenced. Rows travel as a stream; memory does not depend on them.
 */
export async function replicateOnce(
  store: Connection,
  replica: Connection,
  node: ReplicateNode,
  held: Checkpoint,
  hook: (step: string) => Promise<void> = () => Promise.resolve(),
): Promise<Replicated> {
  for (let copied: readonly ReplicaDataset[] = []; ; ) {
    const taken = copied;
    const done = await inOneView(
      store,
      () => step(store, replica, node, held, taken, hook),
      await tablesOf(store, taken),
    );
    if ('held' in done) return done;
    copied = done.copied;
  }
}

/** Of the store, those that rows and versions are copied from. */
async function tablesOf(
  store: Connection,
  datasets: readonly ReplicaDataset[],
): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (const { store: of } of datasets)
    for (const table of [of.current, of.history])
      if (await isTable(store, of.schema, table)) found.push([of.schema, table]);
  return found;
}

/** `still`: datasets whose tables stay as they are in the view. `copied`: others are to be copied, so another view is needed. */
async function step(
  store: Connection,
  replica: Connection,
  node: ReplicateNode,
  held: Checkpoint,
  still: readonly ReplicaDataset[],
  hook: (step: string) => Promise<void>,
): Promise<Replicated | { readonly copied: readonly ReplicaDataset[] }> {
  const at = await readCheckpoint(store, node.stream);
  if (at === null || at.ordinal === 0n) return { held, caughtUp: true, rows: 0 };
  const inStore = await loadedDatasets(store, node.stream);
  // What was loaded still converges: it is nothing that was ever so. The datasets of a stream that is no more are another's,
  // who brings them on from where they are.
  if (inStore.size === 0) return { held, caughtUp: true, rows: 0 };
  const inReplica = await loadedDatasets(replica, node.stream);
  const known = node.datasets.filter((one) => inStore.has(one.address));
  const handed = await handedIn(
    replica,
    node.stream,
    known.map(({ address }) => address),
  );
  const reached = new Map(handed.map(({ address, from }) => [address, from]));
  const { upTo: shared, branches } = await sharedPast(store, replica, node.stream, held.ordinal);
  const isBack = shared < held.ordinal;
  const from = ({ address }: ReplicaDataset) => reached.get(address) ?? shared;
  const left = [...inReplica.keys()].filter((address) => !inStore.has(address));
  const furthest = [shared, ...reached.values()].reduce((a, b) => (a > b ? a : b));
  if (at.ordinal < furthest) throw ahead(node, furthest, at.ordinal);
  const added = known.filter((one) => !inReplica.has(one.address) && !reached.has(one.address));
  const moving = known.filter((one) => !added.includes(one));
  // What came from another stream may lack what that one erased.
  const erasing = await toErase(store, moving, handed.length > 0 || isBack ? 0n : held.erased, at.erased);
  const unread = await unreadColumns(replica, moving);
  const isThere = at.ordinal === held.ordinal && !isBack && added.length + handed.length === 0 && unread.size === 0;
  if (isThere && erasing === null) {
    if (branches !== null) await replica.transaction(() => noteSeen(replica, held, branches));
    return { held, caughtUp: true, rows: 0 };
  }
  const behind = moving.filter(
    (one) =>
      !unread.has(one.address) && (isBack || (from(one) < at.ordinal && isBehind(from(one), inStore.get(one.address)))),
  );
  // Columns that are new here are old in the store.
  const anew = moving.filter((one) => unread.has(one.address));
  const following = moving.filter((one) => !behind.includes(one) && !anew.includes(one));
  const copied = [...added, ...behind, ...anew];
  if (copied.some((one) => !still.includes(one))) return { copied };
  const formers = await otherFormers(
    store,
    replica,
    known.map(({ address }) => address),
  );

  // A dataset that is copied, or comes from elsewhere, is as the view has it, so the others go as far in the same step.
  const isToEnd = added.length + behind.length + anew.length + handed.length > 0 || formers !== null;
  const upTo = isToEnd ? at.ordinal : await boundary(store, following, shared, at.ordinal);
  const staged: Batch['staged'][number][] = [];
  let rows = 0;
  for (const dataset of following) {
    if (from(dataset) >= upTo) continue;
    const { staging, rows: taken } = await stageDelta(store, replica, dataset, from(dataset), upTo);
    staged.push({ staging, hasUnchanged: false });
    rows += taken;
  }
  await hook('replica staged');
  const isWhole = upTo === at.ordinal;
  const to = { ordinal: upTo, position: isWhole ? at.position : null, identity: isWhole ? at.identity : null };
  const kept = node.datasets.map((dataset) => ({ ...dataset, keepsDelta: false }));
  const next = await replica.transaction(async () => {
    const merged = await mergeInTransaction(replica, kept, { held, to, steps: [], staged });
    const isOfNoUse = isBack ? await goBack(replica, node.stream, moving, shared, held.erased) : () => false;
    if (branches !== null) await noteFollowed(replica, node.stream, branches);
    await park(replica, node.stream, left, shared);
    await takeHanded(replica, node.stream, handed);
    for (const dataset of added) {
      rows += await copyWhole(store, replica, node.stream, dataset, upTo, inStore.get(dataset.address)?.completeFrom);
    }
    for (const dataset of anew) {
      const { address } = dataset;
      rows += await copyWhole(store, replica, node.stream, dataset, upTo, inStore.get(address)?.completeFrom, true);
      await noteRead(replica, address, unread.get(address) ?? []);
    }
    for (const dataset of behind) {
      const begin = inStore.get(dataset.address)?.completeFrom;
      rows += isOfNoUse(dataset)
        ? await copyWhole(store, replica, node.stream, dataset, upTo, begin, true)
        : await rebuild(store, replica, node.stream, dataset, from(dataset), upTo);
    }
    // Rows that were read before an erasure must not follow it.
    if (merged.held.erased > at.erased && !isBack) throw erasedMeanwhile(node);
    if (erasing !== null) await eraseInReplica(replica, node.stream, moving, erasing);
    else if (at.erased !== merged.held.erased) await noteErased(replica, node.stream, at.erased);
    if (formers === null) {
      await copyClock(store, replica, node.stream, shared, upTo);
      await copyGaps(store, replica, node.stream, shared, upTo);
    } else await copyFormers(store, replica, node.stream, formers, upTo);
    await hook('replica before commit');
    return { ...merged.held, erased: at.erased };
  });
  await hook('replica merged');
  return { held: next, caughtUp: isWhole, rows };
}

/** In a transaction of its own: the replica is where the store is, and has seen its branches. Errors: Fenced. */
async function noteSeen(replica: Connection, held: Checkpoint, branches: readonly Branch[]): Promise<void> {
  await own(replica, held);
  await noteFollowed(replica, held.stream, branches);
}

/** Has the store purged changes that the replica has not read? */
function isBehind(from: bigint, inStore: LoadedDataset | undefined): boolean {
  return inStore === undefined || inStore.deltaFrom === null || inStore.deltaFrom > from;
}

function erasedMeanwhile(node: ReplicateNode): EngineError {
  return new EngineError(
    'conflict',
    `rows of '${node.stream}' were erased in ${node.container} while others were on their way there; they are read again.`,
  );
}

/** Whoever takes the stream over in the store begins a branch, and the replica goes back to where that begins. */
function ahead(node: ReplicateNode, replica: bigint, store: bigint): EngineError {
  return new EngineError(
    'conflict',
    `the replica of '${node.stream}' (${node.id}) is at ordinal ${replica}, ahead of its store at ${store}: the store was ` +
      'put back, by a standby that lacked some, or from a copy. The replica stays as it is until the stream is read again ' +
      'there, and then becomes what the store is, by difference. If it is the wrong store, correct the environment.',
  );
}
