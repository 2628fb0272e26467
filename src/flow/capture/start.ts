import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../base/must.ts';
import type { Capture, CaptureName, ChangeLog, LoggedTable, Look, Loss, OpenLog } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { type LoadedDataset, loadedDatasets, recordMarks } from '../bookkeeping.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import type { CaptureOptions } from './cdc.ts';
import { loadAdded, loadInitial, type Marks } from './load.ts';
import { lossError, lossFinding } from './lost.ts';
import type { Route } from './sink.ts';
import { sourceTables } from './source-tables.ts';

export type CdcStream = { readonly node: StreamNode; readonly store: () => Promise<Connection> };

type Found = {
  readonly node: StreamNode;
  readonly open: () => Promise<Connection>;
  readonly store: Connection;
  /** Its datasets whose rows are here, by address. */
  readonly loaded: ReadonlyMap<string, LoadedDataset>;
};

/** A stream that is loaded and ours. */
export type OwnStream = {
  readonly node: StreamNode;
  readonly open: () => Promise<Connection>;
  store: Connection | null;
  held: Checkpoint;
  /** Why the log cannot be followed from where its rows are; null: it can. */
  readonly loss: Loss | null;
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
    for (const { node, store: open } of streams) {
      const store = await open();
      closing.push(store);
      await ensureTables(store, node.datasets);
      found.push({ node, open, store, loaded: await loadedDatasets(store, node.stream) });
    }
    const tables = found.flatMap(({ node, loaded }): LoggedTable[] =>
      sourceTables(node).map((table) => ({ ...table, mark: loaded.get(table.address)?.mark ?? null })),
    );
    const directory = options.directory ?? join(tmpdir(), `freehold-${process.getuid?.() ?? 'spool'}`);
    const opened = await openLog(log, access, name, tables, directory, options);
    closing.push(opened);
    await hook('opened');
    const look = await opened.look();

    const own: OwnStream[] = [];
    for (const { node, open, store } of found) {
      const held = await takeOver(store, node.stream);
      const loss = tableLoss(node, tables, look) ?? (await pastLoss(held, opened));
      if (loss !== null) options.onLoss?.(node.stream, lossFinding(node.stream, loss));
      own.push({ node, open, store, held, loss });
    }
    await hook('taken over');
    const going = own.filter(({ loss }) => loss === null);
    const marks: Marks = new Map(tables.map(({ address }, i) => [address, must(look.marks[i], 'mark')]));
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
    const load = await loadInitial({ connect: () => snapshot.connect(), capture }, store, stream.node, stream.held, at);
    stream.held = load.held;
    await hook('loaded');
    const rows = Object.values(load.rows).reduce((sum, n) => sum + n, 0);
    const { ordinal, position } = load.held;
    options.onBatch(stream.node.stream, { kind: 'loaded', ordinal, position, rows, asOfMs: atMs });
  }
}

/** Errors: EngineError where the log from the streams' rows on is gone; all of them are told first. */
async function openLog(
  log: ChangeLog,
  access: Access,
  name: CaptureName,
  tables: readonly LoggedTable[],
  directory: string,
  options: CaptureOptions,
): Promise<OpenLog> {
  const isLoaded = tables.some(({ mark }) => mark !== null);
  for (;;) {
    const opening = await log.open(access, name, tables, directory);
    if (opening.kind === 'lost') {
      options.onLoss?.(null, lossFinding(null, opening.loss));
      throw lossError(null, opening.loss);
    }
    if (opening.log.isNew || isLoaded) return opening.log;
    // A load was cut: nothing of it was committed, and the slot's snapshot went with its process.
    await opening.log[Symbol.asyncDispose]();
    await log.drop(access, name);
  }
}

/** What one of the stream's tables has missed. */
function tableLoss(node: StreamNode, tables: readonly LoggedTable[], look: Look): Loss | null {
  for (const { address } of node.datasets) {
    const loss = look.losses.get(tables.findIndex((table) => table.address === address));
    if (loss !== undefined) return loss;
  }
  return null;
}

/** A stream goes on only inside what the source still has, and only where nothing was passed over. */
async function pastLoss(held: Checkpoint, log: OpenLog): Promise<Loss | null> {
  if (held.ordinal === 0n) return null;
  if (held.position !== null) return log.past({ identity: held.identity, position: held.position });
  return {
    cause: 'behind',
    from: null,
    to: log.acknowledged,
    message: 'Its rows were not read from the log, so nothing says which changes they have.',
    help: 'Read its rows anew.',
  };
}

/** In a store's own time: rows of before and after are of the same tables. */
export async function noteMarks({ node, store }: OwnStream, marks: Marks): Promise<void> {
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
