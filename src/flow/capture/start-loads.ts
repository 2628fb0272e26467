import { must } from '../../base/must.ts';
import type { Capture, OpenLog } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { loadedDatasets } from '../bookkeeping.ts';
import { ChecksFailed } from '../quality/failed.ts';
import { readAgainMs } from './beside.ts';
import type { CaptureOptions } from './cdc.ts';
import { converge, convergingOf, forgetLoad } from './converge.ts';
import { mergeInbox } from './inbox/inbox.ts';
import { type Loading, loadAdded, loadInitial, type Marks } from './load.ts';
import type { Begun, LoadOptions } from './load-lanes.ts';
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

/** Datasets whose rows are still to be read, of streams that have rows of others; none: the stream is not in it. */
export type Joined = ReadonlyMap<OwnStream, readonly StreamDataset[]>;

export async function joinedOf(streams: readonly OwnStream[]): Promise<Joined> {
  const joined = new Map<OwnStream, readonly StreamDataset[]>();
  for (const stream of streams) {
    if (stream.held.ordinal === 0n) continue;
    const store = must(stream.store, 'store');
    const loaded = await loadedDatasets(store, stream.node.stream);
    const under = await readLoads(store, stream.node.stream);
    const unread = stream.node.datasets.filter(
      ({ address }) => !loaded.has(address) && under.get(address)?.isWhole !== true,
    );
    if (unread.length > 0) joined.set(stream, unread);
  }
  return joined;
}

/** Loads streams that have nothing yet. */
export async function loadNew(streams: readonly OwnStream[], loads: Loads): Promise<void> {
  const { options } = loads;
  for (const stream of streams) {
    if (stream.held.ordinal !== 0n) continue;
    await options.hook?.('snapshot');
    const store = must(stream.store, 'store');
    const load = await loadRows(stream, null, loads, store, stream.open).catch((failure: unknown) =>
      stoppedLoad(stream, failure, options),
    );
    if (load === undefined) continue;
    stream.held = load.held;
    // What came while it was loaded beside the log, before it was cut.
    if (stream.inbox !== null) stream.inbox = await mergeInbox(store, stream.held, options.clock.nowMs());
    await options.hook?.('loaded');
    tell(stream, load, options);
  }
}

/**
 * Loads the datasets that joined a loaded stream since. The view is later than the stream's position, so for a while the
 * others catch up with it, and what the log brings of the new ones until there is passed over.
 */
export async function loadJoined(streams: readonly OwnStream[], joined: Joined, loads: Loads): Promise<void> {
  const { options } = loads;
  for (const stream of streams) {
    const datasets = joined.get(stream);
    if (datasets === undefined) continue;
    if (stream.inbox !== null) {
      stream.isDue = true;
      continue;
    }
    const store = must(stream.store, 'store');
    const load = await loadRows(stream, datasets, loads, store, stream.open).catch((failure: unknown) =>
      stoppedLoad(stream, failure, options),
    );
    if (load === undefined) continue;
    stream.held = load.held;
    await options.hook?.('joined');
  }
}

/**
 * Loads all of a stream, or of one that has rows what joined it. `onBegun`: beside the log, and called when what is to be
 * read is known. Errors: ChecksFailed.
 */
export function loadRows(
  { node, held }: OwnStream,
  joined: readonly StreamDataset[] | null,
  loads: Loads,
  store: Connection,
  open: () => Promise<Connection>,
  onBegun?: (begun: Begun) => void,
): Promise<Loading> {
  const { log, marks, records, options } = loads;
  const { clock, loadPartBytes, onLoading, hook } = options;
  const cut = records.get(node.stream);
  const at = {
    identity: log.identity,
    nowMs: () => clock.nowMs(),
    marks,
    records: cut === undefined || cut.size === 0 ? null : cut,
    isBeside: onBegun !== undefined,
  };
  const how: LoadOptions = {
    ...(loadPartBytes === undefined ? {} : { partBytes: loadPartBytes }),
    ...(hook === undefined ? {} : { hook }),
    ...(onLoading === undefined ? {} : { onProgress: (tables) => onLoading(node.stream, tables) }),
    ...(onBegun === undefined ? {} : { onBegun }),
  };
  return joined === null
    ? loadInitial(loads, store, open, node, held, at, how)
    : loadAdded(loads, store, open, joined, held, at, how);
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
    refusedLoad(stream, failure, options),
  );
  if (done !== undefined) Object.assign(stream, done);
}

/**
 * A load that the databases refuse is tried again after a while, with what was read; one of which checks stop the rows is given up.
 * A stream that has no rows yet waits for that; others go on without the datasets that were to join. Rejects where it may pass.
 */
async function stoppedLoad(stream: OwnStream, failure: unknown, options: CaptureOptions): Promise<void> {
  if (failure instanceof ChecksFailed) return refusedLoad(stream, failure, options);
  if (!(failure instanceof EngineError) || failure.isPassing) throw failure;
  stream.unloaded = failure;
  options.onTrouble?.(stream.node.stream, failure, options.untilCaughtUp === true ? null : readAgainMs);
}

/** The next load reads the rows as they are then. Rejects where no check stops them. */
async function refusedLoad(stream: OwnStream, failure: unknown, options: CaptureOptions): Promise<void> {
  if (!(failure instanceof ChecksFailed)) throw failure;
  const { stream: address } = stream.node;
  for (const finding of failure.findings) options.onLoss?.(address, finding);
  stream.held = await forgetLoad(must(stream.store, 'store'), stream);
  stream.converging = null;
  if (stream.held.ordinal === 0n) stream.loss = must(failure.findings[0], 'finding');
}

export function tell({ node }: OwnStream, { held, rows, atMs }: Loading, options: CaptureOptions): void {
  const { ordinal, position } = held;
  const sum = Object.values(rows).reduce((all, n) => all + n, 0);
  options.onBatch(node.stream, { kind: 'loaded', ordinal, position, rows: sum, asOfMs: atMs });
}
