import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../base/must.ts';
import type { Capture, CaptureName, ChangeLog, LoggedTable, Look, Loss, OpenLog } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { type LoadedDataset, loadedDatasets, recordMarks } from '../bookkeeping.ts';
import { type Belief, type Checkpoint, refuseSuperseded, takeOver } from '../checkpoint.ts';
import { askedFor, type Gap, noteGap } from '../gaps.ts';
import { ensureTables } from '../tables.ts';
import type { CaptureOptions } from './cdc.ts';
import { loadAdded, loadInitial, type Marks } from './load.ts';
import { lossError, lossFinding } from './lost.ts';
import { lossesOf, mend, pendingGaps } from './mend.ts';
import type { Route } from './sink.ts';
import { sourceTables } from './source-tables.ts';

export type CdcStream = {
  readonly node: StreamNode;
  readonly store: () => Promise<Connection>;
  /** How and from where the plan says that it is read; absent: nobody minds. */
  readonly reads?: string;
};

type Found = {
  readonly node: StreamNode;
  readonly belief: Belief;
  readonly open: () => Promise<Connection>;
  readonly store: Connection;
  /** Its datasets whose rows are here, by address. */
  readonly loaded: ReadonlyMap<string, LoadedDataset>;
  /** Gaps whose rows are still to be read anew. */
  pending: readonly Gap[];
};

/** A stream that is loaded and ours. */
export type OwnStream = {
  readonly node: StreamNode;
  readonly belief: Belief;
  readonly open: () => Promise<Connection>;
  store: Connection | null;
  held: Checkpoint;
  /** Why the log is not followed from where its rows are; null: it is. */
  loss: Pick<Loss, 'message' | 'help'> | null;
};

export type Opened = AsyncDisposable & {
  readonly log: OpenLog;
  readonly streams: readonly OwnStream[];
  /** By the log's table. */
  readonly routes: readonly Route[];
  /** The last look at the source that was noted. */
  readonly seen: { -readonly [of in keyof Look]: Look[of] };
};

/**
 * Opens log and stores, takes the streams over, and loads those that have nothing yet. Each step may be cut: a slot of
 * which nothing was loaded is made anew at the next start, and a stream's load is one transaction.
 */
export async function openStreams(
  log: ChangeLog,
  access: Access,
  capture: Capture,
  name: CaptureName,
  streams: readonly CdcStream[],
  options: CaptureOptions,
): Promise<Opened> {
  const hook = options.hook ?? (() => Promise.resolve());
  const closing: AsyncDisposable[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one[Symbol.asyncDispose]();
  };
  try {
    const found: Found[] = [];
    for (const { node, store: open, reads } of streams) {
      const store = await open();
      closing.push(store);
      const datasets = await ensureTables(store, node.datasets);
      const loaded = await loadedDatasets(store, node.stream);
      const addresses = datasets.map(({ address }) => address);
      const belief = { addresses, ...(reads === undefined ? {} : { reads }) };
      // Before the source is touched.
      await refuseSuperseded(store, node.stream, belief);
      const pending = await pendingGaps(store, node.stream);
      found.push({ node: { ...node, datasets }, belief, open, store, loaded, pending });
    }
    const directory = options.directory ?? join(tmpdir(), `freehold-${process.getuid?.() ?? 'spool'}`);
    let opened = await openLog(log, access, name, found, new Set(), directory, options);
    closing.push(opened);
    await hook('opened');
    let look = await opened.look();
    const tables = loggedTables(found, new Set());
    const markOf = (address: string) => look.marks[tables.findIndex((table) => table.address === address)] ?? '';

    const own: OwnStream[] = [];
    const elsewhere = new Set<OwnStream>();
    for (const one of found) {
      const { node, belief, open, store, pending } = one;
      const held = await takeOver(store, node.stream, belief);
      const stream: OwnStream = { node, belief, open, store, held, loss: null };
      own.push(stream);
      for (const { address, loss } of await lossesOf(stream, tables, look, opened, pending)) {
        options.onLoss?.(node.stream, lossFinding(node.stream, loss));
        stream.loss = loss;
        if (loss.cause === 'other-server') elsewhere.add(stream);
        await noteGap(store, node.stream, { address, cause: loss.cause, isAccepted: false });
        one.pending = await pendingGaps(store, node.stream);
      }
    }
    await hook('taken over');
    const missed = found.flatMap(({ pending }) =>
      pending.flatMap(({ address, cause }) => (address === null || cause === askedFor ? [] : [address])),
    );
    const renewed = new Set(missed.filter((address) => markOf(address) !== ''));
    if (renewed.size > 0) {
      // Only tables that are read anew are published anew.
      await closing.pop()?.[Symbol.asyncDispose]();
      opened = await openLog(log, access, name, found, renewed, directory, options);
      closing.push(opened);
      look = await opened.look();
    }
    const marks: Marks = new Map(tables.map(({ address }) => [address, markOf(address)]));
    for (const stream of own) await mend(stream, opened, elsewhere.has(stream), capture, marks, options, hook);
    if (opened.isNew && own.every(({ loss }) => loss !== null)) {
      // Nothing that was made at this source is of use.
      await closing.pop()?.[Symbol.asyncDispose]();
      await log.drop(access, name);
      const [first] = own;
      if (first !== undefined) throw lossError(first.node.stream, must(first.loss, 'loss'));
    }
    const going = own.filter(({ loss }) => loss === null);
    await loadNew(going, opened, capture, marks, options, hook);
    await loadJoined(going, opened, capture, marks, hook);
    for (const stream of going) await noteMarks(stream, marks);
    const routes = await routesOf(own);
    const [warning = null] = look.findings;
    options.onWarning?.(warning);
    return {
      log: opened,
      streams: own,
      routes,
      seen: { ...look },
      async [Symbol.asyncDispose]() {
        // A stream's session may have been replaced since.
        for (const stream of own) await stream.store?.[Symbol.asyncDispose]();
        await close();
      },
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function loadNew(
  streams: readonly OwnStream[],
  log: OpenLog,
  capture: Capture,
  marks: Marks,
  options: CaptureOptions,
  hook: (step: string) => Promise<void>,
): Promise<void> {
  const fresh = streams.filter((stream) => stream.held.ordinal === 0n);
  if (fresh.length === 0) return;
  await using snapshot = await log.snapshot();
  const atMs = options.clock.nowMs();
  await hook('snapshot');
  for (const stream of fresh) {
    const at = { position: snapshot.position, identity: log.identity, atMs, marks };
    const store = must(stream.store, 'store');
    const load = await loadInitial(
      { connect: () => snapshot.connect(), capture },
      store,
      stream.open,
      stream.node,
      stream.held,
      at,
    );
    stream.held = load.held;
    await hook('loaded');
    const rows = Object.values(load.rows).reduce((sum, n) => sum + n, 0);
    const { ordinal, position } = load.held;
    options.onBatch(stream.node.stream, { kind: 'loaded', ordinal, position, rows, asOfMs: atMs });
  }
}

/** With the mark of each table whose rows go on; null where there are none, or they are to be read anew. */
function loggedTables(found: readonly Found[], renewed: ReadonlySet<string>): readonly LoggedTable[] {
  return found.flatMap(({ node, loaded, pending }) =>
    sourceTables(node).map((table) => {
      const isRenewed = renewed.has(table.address) || pending.some(isOfAll);
      return { ...table, mark: isRenewed ? null : (loaded.get(table.address)?.mark ?? null) };
    }),
  );
}

/**
 * Opens the log. Where it is gone from the streams' rows on, it is begun anew, and first each stream notes that its rows
 * are to be read anew: a cut at any point is found again. Errors: EngineError.
 */
async function openLog(
  log: ChangeLog,
  access: Access,
  name: CaptureName,
  found: readonly Found[],
  renewed: ReadonlySet<string>,
  directory: string,
  options: CaptureOptions,
): Promise<OpenLog> {
  for (;;) {
    const opening = await log.open(access, name, loggedTables(found, renewed), directory);
    if (opening.kind === 'lost') {
      options.onLoss?.(null, lossFinding(null, opening.loss));
      for (const one of found) {
        if (one.loaded.size === 0) continue;
        const gap = { address: null, cause: opening.loss.cause, isAccepted: false };
        await noteGap(one.store, one.node.stream, gap);
        one.pending = await pendingGaps(one.store, one.node.stream);
      }
      await log.drop(access, name);
      continue;
    }
    const isGoingOn = found.some(({ loaded, pending }) => loaded.size > 0 && !pending.some(isOfAll));
    if (opening.log.isNew || isGoingOn) return opening.log;
    // A load was cut: nothing of it was committed, and the slot's snapshot went with its process.
    await opening.log[Symbol.asyncDispose]();
    await log.drop(access, name);
  }
}

function isOfAll({ address, cause }: Gap): boolean {
  return address === null && cause !== askedFor;
}

/** In a store's own time: rows of before and after are of the same tables. */
async function noteMarks({ node, store }: OwnStream, marks: Marks): Promise<void> {
  const own = node.datasets.flatMap(({ address }) => {
    const mark = marks.get(address);
    return mark === undefined ? [] : ([[address, mark]] as const);
  });
  await recordMarks(must(store, 'store'), new Map(own));
}

/**
 * Loads the datasets that joined a loaded stream since. The view is later than the stream's position, so for a while the
 * others catch up with it, and what the log brings of the new ones until there is passed over.
 */
async function loadJoined(
  streams: readonly OwnStream[],
  log: OpenLog,
  capture: Capture,
  marks: Marks,
  hook: (step: string) => Promise<void>,
): Promise<void> {
  for (const stream of streams) {
    const store = must(stream.store, 'store');
    const loaded = await loadedDatasets(store, stream.node.stream);
    const joined = stream.node.datasets.filter((dataset) => !loaded.has(dataset.address));
    if (joined.length === 0) continue;
    await using snapshot = await log.snapshot();
    const from = { connect: () => snapshot.connect(), capture };
    stream.held = (await loadAdded(from, store, joined, stream.held, snapshot.position, marks)).held;
    await hook('joined');
  }
}

async function routesOf(streams: readonly OwnStream[]): Promise<Route[]> {
  const routes: Route[] = [];
  for (const [stream, { node, store }] of streams.entries()) {
    const loaded = await loadedDatasets(must(store, 'store'), node.stream);
    for (const [dataset, { address }] of node.datasets.entries()) {
      routes.push({ stream, dataset, loadedAt: loaded.get(address)?.position ?? null });
    }
  }
  return routes;
}
