import { must } from '../../base/must.ts';
import type { Capture, CaptureName, ChangeLog, OpenLog } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { type LoadedDataset, loadedDatasets } from '../bookkeeping.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import type { CaptureOptions } from './cdc.ts';
import { loadAdded, loadInitial } from './load.ts';
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
};

export type Opened = AsyncDisposable & {
  readonly log: OpenLog;
  readonly streams: readonly OwnStream[];
  /** By the log's table. */
  readonly routes: readonly Route[];
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
    const tables = found.flatMap(({ node }) => sourceTables(node));
    const loaded = found.flatMap((one) => one.node.datasets.map(({ address }) => one.loaded.has(address)));
    let opened = await log.open(access, name, tables, loaded);
    if (!opened.isNew && !loaded.includes(true)) {
      // A load was cut: nothing of it was committed, and the slot's snapshot went with its process.
      await opened[Symbol.asyncDispose]();
      await log.drop(access, name);
      opened = await log.open(access, name, tables, loaded);
    }
    closing.push(opened);
    await hook('opened');

    const own: OwnStream[] = [];
    for (const { node, open, store } of found) {
      own.push({ node, open, store, held: await takeOver(store, node.stream) });
    }
    await hook('taken over');
    const end = await opened.end();
    for (const stream of own) if (stream.held.ordinal > 0n) await checkGoingOn(stream, opened, end, access.label);
    await loadNew(own, opened, capture, options, hook);
    await loadJoined(own, opened, capture, hook);
    const routes = await routesOf(own);
    return {
      log: opened,
      streams: own,
      routes,
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
  options: CaptureOptions,
  hook: (step: string) => Promise<void>,
): Promise<void> {
  const fresh = streams.filter((stream) => stream.held.ordinal === 0n);
  if (fresh.length === 0) return;
  await using snapshot = await log.snapshot();
  const atMs = options.clock.nowMs();
  await hook('snapshot');
  for (const stream of fresh) {
    const at = { position: snapshot.position, identity: log.identity, atMs };
    const store = must(stream.store, 'store');
    const load = await loadInitial({ connect: () => snapshot.connect(), capture }, store, stream.node, stream.held, at);
    stream.held = load.held;
    await hook('loaded');
    const rows = Object.values(load.rows).reduce((sum, n) => sum + n, 0);
    const { ordinal, position } = load.held;
    options.onBatch(stream.node.stream, { kind: 'loaded', ordinal, position, rows, asOfMs: atMs });
  }
}

/** A stream goes on only inside what the source still has, and only where nothing was passed over. */
async function checkGoingOn(stream: OwnStream, log: OpenLog, end: string, label: string): Promise<void> {
  const { held } = stream;
  const refuse = (why: string) =>
    new EngineError(
      'missing',
      `Stream '${held.stream}' cannot go on from ${label}: ${why} Changes would be lost unseen: load the stream anew.`,
    );
  if (held.position === null)
    throw refuse('its rows were not read from the log, so nothing says which changes they have.');
  if (held.identity !== log.identity)
    throw refuse(
      `it was read from server ${held.identity ?? '(unknown)'} and this is ${log.identity} (system identifier/timeline): ` +
        'another server, a restored one, or one that took over from another.',
    );
  const refusal = await log.refuses?.(held.position);
  if (refusal != null) throw refuse(refusal);
  if (log.refuses !== undefined) return;
  if (held.position < log.acknowledged)
    throw refuse(
      `its store is at ${held.position}, and the source was told that everything up to ${log.acknowledged} is kept: the ` +
        'store was restored from a copy, or the stream was left out for a while.',
    );
  if (held.position > end)
    throw refuse(
      `its store is at ${held.position}, and the source's log ends at ${end}: the source was restored from a copy.`,
    );
}

/**
 * Loads the datasets that joined a loaded stream since. The view is later than the stream's position, so for a while the
 * others catch up with it, and what the log brings of the new ones until there is passed over.
 */
async function loadJoined(
  streams: readonly OwnStream[],
  log: OpenLog,
  capture: Capture,
  hook: (step: string) => Promise<void>,
): Promise<void> {
  for (const stream of streams) {
    const store = must(stream.store, 'store');
    const loaded = await loadedDatasets(store, stream.node.stream);
    const joined = stream.node.datasets.filter((dataset) => !loaded.has(dataset.address));
    if (joined.length === 0) continue;
    await using snapshot = await log.snapshot();
    const from = { connect: () => snapshot.connect(), capture };
    stream.held = (await loadAdded(from, store, joined, stream.held, snapshot.position)).held;
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
