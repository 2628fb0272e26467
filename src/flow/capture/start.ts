import { must } from '../../base/must.ts';
import type { Capture, CaptureName, ChangeLog, OpenLog, SourceTable } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { loadedDatasets } from '../bookkeeping.ts';
import { type Checkpoint, readCheckpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import type { CaptureOptions } from './cdc.ts';
import { loadInitial } from './load.ts';
import type { Route } from './sink.ts';

export type CdcStream = { readonly node: StreamNode; readonly store: () => Promise<Connection> };

type Found = {
  readonly node: StreamNode;
  readonly open: () => Promise<Connection>;
  readonly store: Connection;
  readonly isLoaded: boolean;
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
      const isLoaded = ((await readCheckpoint(store, node.stream))?.ordinal ?? 0n) > 0n;
      found.push({ node, open, store, isLoaded });
    }
    const routes = found.flatMap(({ node }, stream) => node.datasets.map((_, dataset) => ({ stream, dataset })));
    const tables = found.flatMap(({ node }) => sourceTables(node));
    const loaded = routes.map((route) => must(found[route.stream], 'stream').isLoaded);
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
  const { held, node } = stream;
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
  if (held.position < log.acknowledged)
    throw refuse(
      `its store is at ${held.position}, and the source was told that everything up to ${log.acknowledged} is kept: the ` +
        'store was restored from a copy, or the stream was left out for a while.',
    );
  if (held.position > end)
    throw refuse(
      `its store is at ${held.position}, and the source's log ends at ${end}: the source was restored from a copy.`,
    );
  const loaded = await loadedDatasets(must(stream.store, 'store'), held.stream);
  const missing = node.datasets.find((dataset) => !loaded.has(dataset.address));
  if (missing !== undefined) throw refuse(`dataset '${missing.address}' was added to it after its rows were loaded.`);
}

function sourceTables(node: StreamNode): SourceTable[] {
  return node.datasets.map((dataset) => ({
    address: dataset.address,
    schema: dataset.from.schema,
    table: dataset.from.table,
    key: dataset.key,
    columns: dataset.columns,
  }));
}
