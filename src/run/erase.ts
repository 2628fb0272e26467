import type { Json } from '../base/digest.ts';
import { type Connection, EngineError } from '../engine/connection.ts';
import { again } from '../flow/bookkeeping.ts';
import { inboxOf } from '../flow/capture/inbox/inbox.ts';
import { ensureBookkeeping, readCheckpoint, refuseSuperseded } from '../flow/checkpoint.ts';
import {
  countKnown,
  countRows,
  type Erased,
  eraseRows,
  erasuresOf,
  type Found,
  finishErasures,
  liftTombstones,
  vacuumPlaces,
} from '../flow/erase/erase.ts';
import { digestsOf, dropKeys, type ErasedKeys, givenKeys, keysWhere, sampleKeys } from '../flow/erase/keys.ts';
import { placesOf } from '../flow/erase/places.ts';
import { countInReplica, eraseInReplica, noteErased, toErase } from '../flow/erase/replica.ts';
import { secretOf } from '../flow/erase/tombstones.ts';
import { noteReader, readersErased } from '../flow/purge/readers.ts';
import { isTable } from '../flow/tables.ts';
import { inOneView } from '../flow/view.ts';
import type { Ledger } from '../ledger/open.ts';
import type { Plan, ReplicateNode, StreamDataset, StreamNode, TableColumn } from '../plan/plan.ts';
import type { Containers } from './containers.ts';

/** What an operator names: keys as the transport texts of their columns, or the rows whose column has a value. */
export type Named =
  | { readonly kind: 'keys'; readonly keys: readonly (readonly string[])[] }
  | { readonly kind: 'where'; readonly column: TableColumn; readonly text: string };

export type ErasureTarget = { readonly node: StreamNode; readonly dataset: StreamDataset };

/** `found`: null where it does not answer, which `problem` says. */
export type InReplica = {
  readonly container: string;
  readonly found: readonly Found[] | null;
  readonly problem: string | null;
};

export type ErasurePlan = {
  readonly keys: number;
  /** Some of them, for the operator's eyes alone. */
  readonly samples: readonly string[];
  /** How many have a tombstone already. */
  readonly known: number;
  readonly store: readonly Found[];
  readonly replicas: readonly InReplica[];
};

/** What an erasure would find, in the store and in each replica. Changes nothing but that a store without secret gets one. */
export async function planErasure(
  plan: Plan,
  { node, dataset }: ErasureTarget,
  named: Named,
  containers: Containers,
): Promise<ErasurePlan> {
  await using store = await containers.connect(node.container, 'erase');
  await ensureBookkeeping(store);
  const keys = await resolve(store, dataset, named);
  const secret = await secretOf(store);
  const digests = await digestsOf(store);
  const replicas: InReplica[] = [];
  for (const replica of replicasOf(plan, node)) {
    const { container } = replica;
    const looked = await answering(containers, container, async (c) => {
      const copies = replica.datasets.filter(({ address }) => address === dataset.address);
      const tombstones = digests.map((digest) => ({ address: dataset.address, digest, ordinal: 0n }));
      return secret === null ? [] : c.transaction(() => countInReplica(c, copies, secret, tombstones));
    });
    replicas.push({ container, ...looked });
  }
  return {
    keys: keys.count,
    samples: await sampleKeys(store, dataset, 5),
    known: await countKnown(store, dataset, keys),
    store: await countRows(store, dataset, keys),
    replicas,
  };
}

/** The audit log has it first: who was erased is told by keyed digests, so many in an entry. */
const digestsInEntry = 1_000;

/** Erases in the store: one transaction, see `eraseRows`. What follows it, `finish` does. */
export async function erase(
  { node, dataset }: ErasureTarget,
  named: Named,
  { actor, environment }: { readonly actor: string; readonly environment: string },
  containers: Containers,
  ledger: Ledger,
): Promise<Erased> {
  await using store = await containers.connect(node.container, 'erase');
  await ensureBookkeeping(store);
  // Where a stream has left to another store, what is erased is erased for nobody.
  await refuseSuperseded(store, node.stream, {});
  const keys = await resolve(store, dataset, named);
  await audited(store, 'erase', dataset, named, { actor, environment }, ledger);
  const erased = await eraseRows(store, node.stream, dataset, keys, actor);
  await dropKeys(store);
  return erased;
}

/** Lifts tombstones, audited. Errors: EngineError while a replica has still to erase what they are of. */
export async function lift(
  plan: Plan,
  { node, dataset }: ErasureTarget,
  named: Named,
  { actor, environment }: { readonly actor: string; readonly environment: string },
  containers: Containers,
  ledger: Ledger,
): Promise<number> {
  await using store = await containers.connect(node.container, 'erase');
  await ensureBookkeeping(store);
  const lacking = await lackingReplicas(store, plan, node);
  if (lacking.length > 0)
    throw new EngineError(
      'statement',
      `${lacking.join(', ')} ${lacking.length === 1 ? 'has' : 'have'} not yet erased what was erased of '${node.stream}': without the tombstones ` +
        'the old rows would be kept there. Nothing was lifted. Let freehold run reach it, or take it out of the plan.',
    );
  const keys = await resolve(store, dataset, named);
  await audited(store, 'lift-erasure', dataset, named, { actor, environment }, ledger);
  const lifted = await liftTombstones(store, node.stream, dataset, keys);
  await dropKeys(store);
  return lifted;
}

/** `waiting`: why changes wait in the stream's inbox, where erased rows may be among them; null: none does. */
export type Finished = {
  readonly replicas: readonly InReplica[];
  readonly waiting: string | null;
  readonly isFinished: boolean;
};

/**
 * What is left of a stream's erasures once its store has them: each replica, at once and not only at its next step; what the
 * ledger remembers of the datasets; the space of deleted rows. Each part may be done again. A replica that does not answer
 * erases before its next step, and what waits in the stream's inbox is left out when it is merged; until then it is not finished.
 */
export async function finish(
  plan: Plan,
  node: StreamNode,
  containers: Containers,
  ledger: Pick<Ledger, 'forget'>,
): Promise<Finished> {
  await using store = await containers.connect(node.container, 'erase');
  const open = (await erasuresOf(store, node.datasets)).filter(({ isFinished }) => !isFinished);
  if (open.length === 0) return { replicas: [], waiting: null, isFinished: true };
  const replicas: InReplica[] = [];
  for (const replica of replicasOf(plan, node)) {
    const { container } = replica;
    replicas.push({
      container,
      ...(await answering(containers, container, (c) => eraseThere(store, c, replica))),
    });
  }
  for (const address of new Set(open.map((one) => one.address))) {
    await ledger.forget(address, saidBy(plan, node));
  }
  const waiting = (await inboxOf(store, node.stream))?.reason ?? null;
  const isFinished = waiting === null && replicas.every(({ problem }) => problem === null);
  if (isFinished) {
    // Once: while a replica is away this is asked again and again.
    for (const dataset of node.datasets.filter(({ address }) => open.some((one) => one.address === address)))
      await vacuumPlaces(store, [
        ...(await placesOf(store, dataset)).map(({ table }) => table),
        ['freehold', 'fh_inbox_part'],
      ]);
    await finishErasures(store, open);
  }
  return { replicas, waiting, isFinished };
}

/** Containers of replicas that have not done the last erasure of a stream. */
export async function lackingReplicas(store: Connection, plan: Plan, node: StreamNode): Promise<readonly string[]> {
  const held = await readCheckpoint(store, node.stream);
  if (held === null || held.erased === 0n) return [];
  const done = await readersErased(store, node.stream);
  return replicasOf(plan, node).flatMap(({ id, container }) => {
    const erased = done.get(id);
    return erased !== undefined && erased < held.erased ? [container] : [];
  });
}

async function eraseThere(store: Connection, c: Connection, replica: ReplicateNode): Promise<readonly Found[]> {
  if (!(await isTable(c, 'freehold', 'fh_checkpoint'))) return [];
  await ensureBookkeeping(c);
  const gone = await again(() => c.transaction(() => eraseInTransaction(store, c, replica)));
  const held = await readCheckpoint(c, replica.stream);
  if (gone === null || held === null) return [];
  if (gone.some(({ rows }) => rows > 0)) await vacuumPlaces(c, await placesInReplica(c, replica));
  await noteReader(store, replica.stream, replica.id, held.ordinal, held.erased);
  return gone;
}

/** Null: it has nothing of the stream. */
async function eraseInTransaction(
  store: Connection,
  c: Connection,
  { stream, datasets }: ReplicateNode,
): Promise<readonly Found[] | null> {
  const held = await readCheckpoint(c, stream);
  if (held === null) return null;
  // The row first: a step that is about to commit what it read before the erasure comes to its end, or to a conflict.
  await noteErased(c, stream, held.erased);
  return inOneView(store, async () => {
    const upTo = (await readCheckpoint(store, stream))?.erased ?? 0n;
    const erasing = await toErase(store, datasets, held.erased, upTo);
    return erasing === null ? [] : eraseInReplica(c, stream, datasets, erasing);
  });
}

async function placesInReplica(c: Connection, { datasets }: ReplicateNode) {
  const found: (readonly [string, string])[] = [];
  for (const { schema, current, history } of datasets)
    for (const table of [current, history]) if (await isTable(c, schema, table)) found.push([schema, table]);
  return found;
}

function resolve(store: Connection, dataset: StreamDataset, named: Named): Promise<ErasedKeys> {
  return named.kind === 'keys'
    ? givenKeys(store, dataset, named.keys)
    : keysWhere(store, dataset, named.column, named.text);
}

async function audited(
  store: Connection,
  verb: string,
  dataset: StreamDataset,
  named: Named,
  { actor, environment }: { readonly actor: string; readonly environment: string },
  ledger: Ledger,
): Promise<void> {
  const digests = await digestsOf(store);
  for (let from = 0; from === 0 || from < digests.length; from += digestsInEntry) {
    const detail: Json = {
      environment,
      by: named.kind === 'keys' ? 'key' : named.column.name,
      keys: digests.slice(from, from + digestsInEntry),
    };
    await ledger.audit({ actor, verb, object: dataset.address, detail });
  }
}

function replicasOf(plan: Plan, { stream }: StreamNode): readonly ReplicateNode[] {
  return plan.nodes.filter((node) => node.kind === 'replicate').filter((node) => node.stream === stream);
}

/** Nodes whose words may name a key of the stream. */
function saidBy(plan: Plan, node: StreamNode): readonly string[] {
  return plan.nodes.flatMap((other) =>
    other.id === node.id ||
    (other.kind === 'capture' && other.streams.includes(node.id)) ||
    (other.kind === 'replicate' && other.stream === node.stream)
      ? [other.id]
      : [],
  );
}

/** A replica that is away is no failure of the rest. */
async function answering(
  containers: Containers,
  container: string,
  work: (c: Connection) => Promise<readonly Found[]>,
): Promise<Pick<InReplica, 'found' | 'problem'>> {
  try {
    await using c = await containers.connect(container, 'erase');
    return { found: await work(c), problem: null };
  } catch (failure) {
    if (!(failure instanceof EngineError)) throw failure;
    return { found: null, problem: failure.message };
  }
}
