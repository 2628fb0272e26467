import { must } from '../../base/must.ts';
import type { Capture, OpenLog } from '../../engine/capture.ts';
import { loadedDatasets } from '../bookkeeping.ts';
import { ChecksFailed } from '../quality/failed.ts';
import type { CaptureOptions } from './cdc.ts';
import { converge, convergingOf, forgetLoad } from './converge.ts';
import { openInbox } from './inbox/inbox.ts';
import { type Loading, loadAdded, loadInitial, type Marks } from './load.ts';
import type { LoadOptions } from './load-lanes.ts';
import { noteLoadMarks, readLoads } from './load-record.ts';
import type { Found } from './open-log.ts';
import type { OwnStream } from './start.ts';
import type { Views } from './views.ts';

/** What streams of one source are loaded with. */
export type Loads = {
  readonly log: OpenLog;
  readonly views: Views;
  readonly capture: Capture;
  readonly marks: Marks;
  /** Loads that were cut, and go on: by stream, then by dataset address. */
  readonly records: ReadonlyMap<string, Found['loads']>;
  readonly options: CaptureOptions;
};

/** Loads streams that have nothing yet. */
export async function loadNew(streams: readonly OwnStream[], loads: Loads): Promise<void> {
  const { options } = loads;
  for (const stream of streams) {
    if (stream.held.ordinal !== 0n) continue;
    await options.hook?.('snapshot');
    const store = must(stream.store, 'store');
    const at = loadedAt(stream, loads);
    const load = await loadInitial(
      loads,
      store,
      stream.open,
      stream.node,
      stream.held,
      at,
      loadOptions(stream, options),
    ).catch((failure: unknown) => stoppedLoad(stream, failure, options));
    if (load === undefined) continue;
    stream.held = load.held;
    // What came while it was loaded beside the log, before it was cut.
    stream.inbox = await openInbox(store, stream.held, options.clock.nowMs());
    await options.hook?.('loaded');
    tell(stream, load, options);
  }
}

/**
 * Loads the datasets that joined a loaded stream since. The view is later than the stream's position, so for a while the
 * others catch up with it, and what the log brings of the new ones until there is passed over.
 */
export async function loadJoined(streams: readonly OwnStream[], loads: Loads): Promise<void> {
  const { options } = loads;
  for (const stream of streams) {
    const store = must(stream.store, 'store');
    const loaded = await loadedDatasets(store, stream.node.stream);
    const under = await readLoads(store, stream.node.stream);
    const joined = stream.node.datasets.filter(
      ({ address }) => !loaded.has(address) && under.get(address)?.isWhole !== true,
    );
    if (joined.length === 0) continue;
    if (stream.inbox !== null) {
      stream.isDue = true;
      continue;
    }
    const at = loadedAt(stream, loads);
    const load = await loadAdded(
      loads,
      store,
      stream.open,
      joined,
      stream.held,
      at,
      loadOptions(stream, options),
    ).catch((failure: unknown) => stoppedLoad(stream, failure, options));
    if (load === undefined) continue;
    stream.held = load.held;
    await options.hook?.('joined');
  }
}

/** Goes on following the log until the rows that were loaded are of one position, or finds that they are. */
export async function convergeOn(stream: OwnStream, { views, capture, marks, options }: Loads): Promise<void> {
  const store = must(stream.store, 'store');
  const records = await readLoads(store, stream.node.stream);
  if (records.size === 0) return;
  await noteLoadMarks(store, marks);
  if (stream.inbox !== null) {
    stream.converging = convergingOf(stream.node, records);
    stream.isDue = true;
    return;
  }
  const done = await converge(store, stream, records, views, capture, marks).catch((failure: unknown) =>
    stoppedLoad(stream, failure, options),
  );
  if (done !== undefined) Object.assign(stream, done);
}

/**
 * A load of which checks stop the rows is given up: the next one reads them as they are then. Of a stream that has no rows yet
 * that is all there is; others go on without the datasets that were to join.
 */
async function stoppedLoad(stream: OwnStream, failure: unknown, options: CaptureOptions): Promise<void> {
  if (!(failure instanceof ChecksFailed)) throw failure;
  const { stream: address } = stream.node;
  for (const finding of failure.findings) options.onLoss?.(address, finding);
  stream.held = await forgetLoad(must(stream.store, 'store'), stream);
  stream.converging = null;
  if (stream.held.ordinal === 0n) stream.loss = must(failure.findings[0], 'finding');
}

export function loadedAt({ node }: OwnStream, { log, marks, records, options: { clock } }: Loads) {
  const cut = records.get(node.stream);
  const goingOn = cut === undefined || cut.size === 0 ? null : cut;
  return { identity: log.identity, nowMs: () => clock.nowMs(), marks, records: goingOn };
}

export function loadOptions({ node }: OwnStream, { loadPartBytes, onLoading, hook }: CaptureOptions): LoadOptions {
  return {
    ...(loadPartBytes === undefined ? {} : { partBytes: loadPartBytes }),
    ...(hook === undefined ? {} : { hook }),
    ...(onLoading === undefined ? {} : { onProgress: (tables) => onLoading(node.stream, tables) }),
  };
}

export function tell({ node }: OwnStream, { held, rows, atMs }: Loading, options: CaptureOptions): void {
  const { ordinal, position } = held;
  const sum = Object.values(rows).reduce((all, n) => all + n, 0);
  options.onBatch(node.stream, { kind: 'loaded', ordinal, position, rows: sum, asOfMs: atMs });
}
