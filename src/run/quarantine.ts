import type { Json } from '../base/digest.ts';
import { resumeParked } from '../flow/capture/inbox/orders.ts';
import { ensureBookkeeping } from '../flow/checkpoint.ts';
import { countWaiting, order, readKeyText, type WaitingKey, waitingKeys } from '../flow/quality/orders.ts';
import { acceptStopped, type Result, resultsOf } from '../flow/quality/results.ts';
import { quarantinedIn } from '../flow/quality/waiting.ts';
import type { Ledger } from '../ledger/open.ts';
import type { StreamDataset, StreamNode } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

/** What waits of a dataset, and which of its checks stop its stream. */
export type QuarantinedDataset = {
  readonly dataset: StreamDataset;
  readonly node: StreamNode;
  readonly keys: number;
  readonly changes: number;
  /** The longest waiting of the keys. */
  readonly waiting: readonly WaitingKey[];
  readonly stopped: readonly Result[];
};

const shownKeys = 20;

/** By dataset, as its store has it. */
export async function inQuarantine(
  node: StreamNode,
  datasets: readonly StreamDataset[],
  containers: Containers,
): Promise<readonly QuarantinedDataset[]> {
  await using store = await containers.connect(node.container, 'quarantine');
  await ensureBookkeeping(store);
  const found: QuarantinedDataset[] = [];
  for (const dataset of datasets) {
    const kept = await quarantinedIn(store, dataset);
    const isKept = kept.quarantine !== undefined;
    const counts = isKept ? await countWaiting(store, kept) : { keys: 0, changes: 0 };
    const waiting = isKept ? await waitingKeys(store, kept, shownKeys) : [];
    const results = await resultsOf(store, [dataset.address]);
    found.push({ dataset, node, ...counts, waiting, stopped: results.filter(({ outcome }) => outcome === 'stopped') });
  }
  return found;
}

export type Order = {
  readonly what: 'release' | 'drop';
  /** As people write them, `id=5`; null: every key that waits. */
  readonly keys: readonly string[] | null;
};

/**
 * Orders what is to become of keys that wait; the audit log has it first. Whoever owns the stream does it. How many keys;
 * those that no longer wait are not among them.
 */
export async function orderKeys(
  { node, dataset }: Pick<QuarantinedDataset, 'node' | 'dataset'>,
  { what, keys }: Order,
  actor: string,
  containers: Containers,
  ledger: Ledger,
): Promise<number> {
  await using store = await containers.connect(node.container, 'quarantine');
  const kept = await quarantinedIn(store, dataset);
  if (kept.quarantine === undefined) return 0;
  const texts = keys === null ? null : keys.flatMap((key) => readKeyText(dataset, key) ?? []);
  const detail: Json = { stream: node.stream, order: what, keys: keys === null ? 'all' : keys };
  await ledger.audit({ actor, verb: 'quarantine', object: dataset.address, detail });
  // Awaited here: the session is closed when this function ends.
  return await order(store, kept, what, texts, actor);
}

/** Lets what a check stopped through, once; the audit log has it first. False: it no longer stops at the same. */
export async function letThrough(
  { node, dataset }: Pick<QuarantinedDataset, 'node' | 'dataset'>,
  stopped: Result,
  actor: string,
  containers: Containers,
  ledger: Ledger,
): Promise<boolean> {
  await using store = await containers.connect(node.container, 'quarantine');
  const detail: Json = {
    stream: node.stream,
    check: stopped.check,
    failed: stopped.failed,
    ordinal: String(stopped.ordinal),
  };
  await ledger.audit({ actor, verb: 'quarantine', object: dataset.address, detail });
  // Awaited here: the session is closed when this function ends.
  return await store.transaction(async () => {
    if (!(await acceptStopped(store, stopped, actor))) return false;
    await resumeParked(store, node.stream);
    return true;
  });
}
