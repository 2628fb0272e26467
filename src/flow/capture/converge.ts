import { must } from '../../base/must.ts';
import type { Capture, OpenLog, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { list, name, sql, value } from '../../sql/sql.ts';
import { integer, loadedDatasets } from '../bookkeeping.ts';
import { advance, type Checkpoint, own } from '../checkpoint.ts';
import { closeGap, type Gap } from '../gaps.ts';
import { sameKey } from '../key.ts';
import { missingTable } from '../merge/missing.ts';
import { guarded } from '../quality/guard.ts';
import { judgeDatasets } from '../quality/judge-datasets.ts';
import { emptyCurrent, isTable } from '../tables.ts';
import { isOneOf, keysAtOnce, keyTexts } from './by-keys.ts';
import { dropInbox, type Inbox } from './inbox/inbox.ts';
import { correct, type Marks, recordWhole } from './load.ts';
import { shapeOf } from './load-lanes.ts';
import { forgetLoading, forgetRecords, type LoadRecord, noteReach, reachOf } from './load-record.ts';
import { addRows, dropRead, readRows } from './read-rows.ts';
import type { Views } from './views.ts';

/**
 * Rows that were loaded in several views are of several positions of the log. They *converge*: the log is followed from the
 * first view's position and applied by key, and at the last one's, the *reach*, they are what the source was there.
 *
 * Why. Take one key and the log's changes of it after the first view. Where there is none, its row rested at one address all
 * the time, and was read once. Else the last of them says what it is in the end: gone, or all of its values, whichever
 * version was here before. A value that an update left out, since it did not change, is that of whichever version is here:
 * had it changed since the first view, the change would be in the log with the value. Only where no version is here, as
 * the row moved from a part that was not yet read to one that was, is there no value: then the row is left out, its key noted, and
 * the row read in one more view, which is one more part.
 *
 * What the rows were on the way was never so at the source. So no version and no delta of it is written, and nobody reads the
 * tables: the datasets are complete from the ordinal at which the reach was passed.
 */
export type Converging = {
  /** The stream as its rows are to be merged meanwhile. */
  readonly node: StreamNode;
  readonly reach: Position;
};

export type Stood = { readonly node: StreamNode; readonly held: Checkpoint };

/**
 * What is to be done of a stream whose parts are all in: null where nothing converges (any more). Where the stream has passed the
 * reach, rows that were left out are read; where there are none, the datasets are complete.
 */
export async function converge(
  store: Connection,
  { node, held }: Stood,
  records: ReadonlyMap<string, LoadRecord>,
  views: Views,
  capture: Capture,
  marks: Marks,
): Promise<{ readonly held: Checkpoint; readonly converging: Converging | null }> {
  const datasets = wholeOf(node, records);
  if (datasets.length === 0) return { held, converging: null };
  let reach = reachOf(records.values());
  while ((held.position ?? '') >= reach) {
    const position = await readMissing(store, held, datasets, views, capture);
    if (position === null) return { held: await complete(store, node, held, datasets, marks), converging: null };
    reach = position;
  }
  return { held, converging: { node: asConverging(node, datasets), reach } };
}

/** How a stream is merged whose older changes wait in an inbox: whether it converged is looked at when they are merged. */
export function convergingOf(node: StreamNode, records: ReadonlyMap<string, LoadRecord>): Converging | null {
  const datasets = wholeOf(node, records);
  return datasets.length === 0 ? null : { node: asConverging(node, datasets), reach: reachOf(records.values()) };
}

/** Datasets whose parts are all in. */
function wholeOf({ datasets }: StreamNode, records: ReadonlyMap<string, LoadRecord>): readonly StreamDataset[] {
  return datasets.filter(({ address }) => records.get(address)?.isWhole === true);
}

/** Neither versions nor a delta of it are kept, and rows without a version here are left out. */
function asConverging(node: StreamNode, some: readonly StreamDataset[]): StreamNode {
  const of = (dataset: StreamDataset) => ({
    ...dataset,
    layout: 'live' as const,
    keepsDelta: false,
    isConverging: true,
  });
  return { ...node, datasets: node.datasets.map((dataset) => (some.includes(dataset) ? of(dataset) : dataset)) };
}

/**
 * Reads the rows that were left out by their keys, in one more view; its position, to which the log is to be followed now.
 * Null: none was. One transaction of the store for each dataset; cut, or twice: the keys are there still, and read once more.
 */
async function readMissing(
  store: Connection,
  held: Checkpoint,
  datasets: readonly StreamDataset[],
  views: Views,
  capture: Capture,
): Promise<Position | null> {
  let reach: Position | null = null;
  for (const dataset of datasets) {
    const missing = missingTable(dataset.address);
    const [, table = ''] = missing.parts;
    if (!(await isTable(store, 'freehold', table))) continue;
    // One that is open may be older than what the log has told us.
    if (reach === null) views.spend();
    const view = await views.current();
    const position = must(view.position, 'position of a view beside a log');
    await using source = await view.connect();
    const keys = await store.query(sql`select distinct ${list(keyTexts(store, dataset, sql`s`))} from ${missing} s`);
    const read = await readRows(source, capture, store, dataset, sql`false`);
    for (let from = 0; from < keys.length; from += keysAtOnce) {
      const some = isOneOf(source, capture, dataset, keys.slice(from, from + keysAtOnce));
      await addRows(source, capture, store, dataset, read.table, some);
    }
    const current = name(dataset.schema, dataset.current);
    const columns = dataset.columns.map((column) => name(column.name));
    await store.transaction(async () => {
      await own(store, held);
      const rows = name(read.table);
      await store.execute(sql`delete from ${current} c using ${rows} n where ${sameKey(dataset.key, sql`c`, sql`n`)}`);
      await store.execute(sql`insert into ${current} (${list(columns)}, fh_from)
        select ${list(columns)}, ${integer(held.ordinal)} from ${rows}`);
      await store.execute(sql`drop table ${missing}`);
      await noteReach(store, dataset.address, position);
    });
    await dropRead(store, read.table);
    reach = position;
  }
  return reach;
}

/**
 * One transaction. Before: the stream has passed the reach, so its rows are those of the source at its position. After: the datasets are
 * complete, from the stream's ordinal where the whole stream was loaded, else from its next, a correction. Twice: Fenced.
 */
async function complete(
  store: Connection,
  { stream }: StreamNode,
  held: Checkpoint,
  datasets: readonly StreamDataset[],
  marks: Marks,
): Promise<Checkpoint> {
  const end = async () => {
    const isJoined = (await loadedDatasets(store, stream)).size > 0;
    const next = isJoined ? await correct(store, held) : await advance(store, held, held);
    for (const dataset of datasets) await recordWhole(store, next, dataset, held.position, marks);
    await judgeDatasets(store, datasets, stream, next.ordinal);
    await forgetRecords(
      store,
      datasets.map(({ address }) => address),
    );
    return next;
  };
  return guarded(store, stream, [], () => store.transaction(end));
}

/** What is known of a stream and its source when it is opened: `loaded` and `lost` are addresses of datasets. */
export type Known = {
  readonly loaded: { has(address: string): boolean };
  readonly lost: { has(address: string): boolean };
  readonly pending: readonly Gap[];
};

/**
 * May a load that was cut go on? Only while its datasets are described as they were, its tables have missed nothing, and the log is
 * there from the first view's position on, or from where the stream has followed it to since.
 */
export async function mayGoOn(
  { node, held }: Stood,
  inbox: Inbox | null,
  records: ReadonlyMap<string, LoadRecord>,
  log: OpenLog,
  { loaded, lost, pending }: Known,
): Promise<boolean> {
  const wanted = node.datasets.filter(({ address }) => !loaded.has(address));
  if (wanted.length !== records.size) return false;
  if (wanted.some((dataset) => records.get(dataset.address)?.shape !== shapeOf(dataset))) return false;
  if (wanted.some(({ address }) => lost.has(address))) return false;
  if (pending.some(({ address }) => address === null || records.has(address))) return false;
  const [first] = records.values();
  if (first === undefined) return false;
  const { identity, position, isWhole } = first;
  // What came since it began may wait in an inbox.
  const waitingFrom = inbox === null || held.ordinal > 0n ? position : inbox.position;
  if (held.ordinal === 0n) return (await log.past({ identity, position: waitingFrom })) === null;
  const at = held.position ?? '';
  // Of datasets that joined, the log must not have been passed before they were whole.
  if (!isWhole && at > position) return false;
  return (await log.past({ identity: held.identity, position: at })) === null;
}

/**
 * Gives a load up. One transaction. Before: some of its parts are here, nobody reads them. After: as if it had never begun; a stream none of
 * whose datasets was complete is at ordinal 0 again. Twice: Fenced, or nothing is left to give up.
 */
export async function forgetLoad(store: Connection, { node, held }: Stood): Promise<Checkpoint> {
  return store.transaction(async () => {
    const { stream } = held;
    const isJoined = (await loadedDatasets(store, stream)).size > 0;
    const nothing = { ordinal: 0n, position: null, identity: null };
    if (isJoined) await own(store, held);
    const next = isJoined ? held : await advance(store, held, nothing);
    if (!isJoined) {
      await store.execute(sql`delete from freehold.fh_clock where stream = ${value(stream)}`);
      await dropInbox(store, stream);
      await closeGap(store, stream, { address: null }, null);
    }
    const rows = await store.query(sql`select address from freehold.fh_load where stream = ${value(stream)}`);
    const addresses = rows.map(({ address }) => String(address));
    for (const dataset of node.datasets) if (addresses.includes(dataset.address)) await emptyCurrent(store, dataset);
    await forgetLoading(store, addresses);
    return next;
  });
}
