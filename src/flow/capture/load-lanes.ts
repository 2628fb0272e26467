import { allEnded } from '../../base/all-ended.ts';
import { digestJson } from '../../base/digest.ts';
import type { Capture, Position } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { render } from '../../sql/render.ts';
import { literal, name, sql, value } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import { type Checkpoint, own } from '../checkpoint.ts';
import { copyRows } from '../copy.ts';
import { buildKey, emptyCurrent } from '../tables.ts';
import { restingTable } from '../versions.ts';
import { type LoadRecord, notePart, type PartRecord, writeLoad } from './load-record.ts';
import { notRead, withColumn } from './not-read.ts';
import { dropTwice } from './read-twice.ts';
import { sourceColumns, sourceOf } from './source-columns.ts';
import type { View, Views } from './views.ts';
import { withoutKey } from './without-key.ts';

/** Parts of a table are about so large: some seconds each. */
const usualPartBytes = 64 << 20;

export type TablesToLoad = {
  readonly views: Views;
  readonly capture: Capture;
  readonly store: Connection;
  readonly openStore: () => Promise<Connection>;
  readonly held: Checkpoint;
  readonly datasets: readonly StreamDataset[];
  /** The ordinal that loaded rows are of. */
  readonly base: bigint;
  /** Of a load that was cut and goes on; null: it begins. */
  readonly records: ReadonlyMap<string, LoadRecord> | null;
  readonly identity: string | null;
  readonly marks: ReadonlyMap<string, string>;
  readonly nowMs: () => number;
  readonly options: LoadOptions;
};

/** `position`: of the first view, which the log is followed from; `isAnew`: the load does not go on with one that was cut. */
export type Begun = { readonly position: Position | null; readonly isAnew: boolean };

export type LoadOptions = {
  readonly partBytes?: number;
  /** Called once, when what is to be read is known and noted. */
  readonly onBegun?: (begun: Begun) => void;
  /** Called when a part was committed, or a table divided. */
  readonly onProgress?: (tables: readonly LoadingTable[]) => void;
  /** Called at each boundary between steps; tests kill the process there. */
  readonly hook?: (step: string) => Promise<void>;
};

/** A table on its way. */
export type LoadingTable = {
  readonly dataset: StreamDataset;
  readonly storage: string | null;
  readonly parts: LoadingPart[];
  /** Is the key built, and are statistics taken? */
  isKeyed: boolean;
};

/** `position`: of the view that it was read in, which may have none. */
type LoadingPart = Omit<PartRecord, 'position' | 'rows' | 'readMs'> & {
  isRead: boolean;
  position: Position | null;
  rows: number;
  readMs: number | null;
};

/** `first`: the first view's position and time. */
export type LoadedTables = {
  readonly tables: readonly LoadingTable[];
  readonly first: { readonly position: Position | null; readonly atMs: number };
};

/**
 * Fills the current tables of datasets from views of the source, builds keys and takes statistics. Two lanes, each a session of
 * the store and, where a view takes several, one of the source: the largest table first, its key as soon as its last part is in.
 *
 * Each part and each key is a transaction of its own, which first makes sure that the stream is still ours (`own`); beside a log
 * it writes into the load's record that it is there. Cut: some parts are there; nobody reads the tables until they are
 * complete, and the next load goes on. When a view has had its time, what is left is read in the next. Tables without key are
 * read in the first view alone, and first, since what the log brings of them again could not be told from what is there.
 * A table that rests in another storage than its parts were made for begins again. Rejects with the first failure, when no
 * lane works any more.
 */
export async function loadInLanes(load: TablesToLoad): Promise<LoadedTables> {
  const { views, records, store } = load;
  let going: LoadedTables | null = records === null ? null : resumed(load, records);
  let isBegun = false;
  const begun = (first: LoadedTables['first'], isAnew: boolean) => {
    if (!isBegun) load.options.onBegun?.({ position: first.position, isAnew });
    isBegun = true;
  };
  while (going === null || going.tables.some(({ parts }) => parts.some(isPending))) {
    const view = await views.current();
    await using source = await view.connect();
    const found = await settle(load, going, view, source);
    if (found === null) {
      views.spend();
      if (!views.isOnly) continue;
      throw new EngineError(
        'conflict',
        `a table of '${load.held.stream}' was written anew at its source (truncate, vacuum full, or an alter table that rewrites it) after the view of it had begun, so that the view may lack its rows. It is read again.`,
      );
    }
    begun(found.first, found.first !== going?.first);
    going = found;
    load.options.onProgress?.(going.tables);
    await readAside(load, going, view, source).catch(async (failure: unknown) => {
      throw await withColumn(failure, view, load.capture, store);
    });
  }
  begun(going.first, false);
  // Keys that were left when the last view ended, or the load was cut.
  await work(load, store, null, tasksOf(going.tables), () => false, toldOf(load, going));
  return going;
}

/** Both lanes read in a view until nothing is left, or it has had its time. */
async function readAside(load: TablesToLoad, going: LoadedTables, view: View, source: Connection): Promise<void> {
  const tasks = tasksOf(going.tables);
  const mayEnd = () => load.views.isOver() && !going.tables.some((table) => isKeyless(table) && isUnread(table));
  const reading = { connection: source, position: view.position };
  const told = toldOf(load, going);
  if (load.capture.sharedView === undefined) return work(load, load.store, reading, tasks, mayEnd, told);
  await using store = await load.openStore();
  await using second = await view.connect();
  if (!(await holdsAll(load, going, second))) {
    // Somebody waits for what the first lane holds: he goes first, where there can be another view.
    load.views.spend();
    if (load.views.isOnly) await work(load, load.store, reading, tasks, mayEnd, told);
    return;
  }
  const beside = { connection: second, position: view.position };
  await allEnded([
    work(load, load.store, reading, tasks, mayEnd, told),
    work(load, store, beside, tasks, mayEnd, told),
  ]);
}

/** Do the tables that are to be read stay as they are while the session reads? Then it waits for nobody in the middle. */
async function holdsAll({ capture }: TablesToLoad, { tables }: LoadedTables, session: Connection): Promise<boolean> {
  if (capture.storage === undefined) return true;
  for (const { dataset } of tables.filter(isUnread))
    if ((await capture.storage(session, dataset.from)) === null) return false;
  return true;
}

function toldOf({ options }: TablesToLoad, { tables }: LoadedTables): () => void {
  return () => options.onProgress?.(tables);
}

type Task =
  | { readonly kind: 'part'; readonly table: LoadingTable; readonly part: LoadingPart }
  | { readonly kind: 'key'; readonly table: LoadingTable };

type Reading = { readonly connection: Connection; readonly position: Position | null };

/** Keys that wait; parts of tables without key; then the largest table first. */
function tasksOf(tables: readonly LoadingTable[]): Task[] {
  const keys = tables.filter((table) => !table.isKeyed && !isUnread(table));
  const size = ({ parts }: LoadingTable) => parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const reading = tables
    .filter(isUnread)
    .sort((a, b) => Number(isKeyless(b)) - Number(isKeyless(a)) || size(b) - size(a))
    .flatMap((table) => table.parts.filter(isPending).map((part): Task => ({ kind: 'part', table, part })));
  return [...keys.map((table): Task => ({ kind: 'key', table })), ...reading];
}

/** One lane. At least one task, so that each view brings the load on. */
async function work(
  load: TablesToLoad,
  store: Connection,
  reading: Reading | null,
  tasks: Task[],
  mayEnd: () => boolean,
  told: () => void,
): Promise<void> {
  try {
    for (let task = tasks.shift(); task !== undefined; task = mayEnd() ? undefined : tasks.shift()) {
      if (task.kind === 'key') await build(load, store, task.table);
      else if (reading !== null) await read(load, store, reading, task);
      told();
      const { table } = task;
      if (task.kind === 'part' && !isUnread(table)) tasks.unshift({ kind: 'key', table });
    }
  } catch (failure) {
    tasks.length = 0;
    throw failure;
  }
}

async function read(
  { capture, held, nowMs, options }: TablesToLoad,
  store: Connection,
  { connection, position }: Reading,
  { table, part }: Task & { readonly kind: 'part' },
): Promise<void> {
  const { dataset } = table;
  const readMs = nowMs();
  const reading = store.transaction(async () => {
    await own(store, held);
    await applySettings(store, store.dialect.bulkSettings);
    const current = restingTable(dataset);
    const columns = sourceColumns(capture, dataset);
    const copied = await copyRows(connection, sourceOf(dataset), columns, store, current, part.where);
    if (position !== null) await notePart(store, dataset.address, part.n, { position, rows: copied, readMs: nowMs() });
    return copied;
  });
  const rows = await reading.catch((failure: unknown) => {
    throw notRead(failure, dataset, part.where);
  });
  Object.assign(part, { isRead: true, position, rows, readMs });
  await options.hook?.('part loaded');
}

async function build({ held, options }: TablesToLoad, store: Connection, table: LoadingTable): Promise<void> {
  const { dataset, parts } = table;
  const views = new Set(parts.map(({ position }) => position));
  const building = store.transaction(async () => {
    await own(store, held);
    await applySettings(store, store.dialect.bulkSettings);
    await buildKey(store, dataset, views.size > 1 ? () => dropTwice(store, dataset) : undefined);
    await store.execute(sql`analyze ${name(...restingTable(dataset))}`);
  });
  await building.catch((failure: unknown) => {
    throw withoutKey(failure, held.stream, dataset);
  });
  table.isKeyed = true;
  await options.hook?.('key built');
}

/**
 * Looks at the tables in a view, before anything is read in it: a load begins, and tables that are another storage's now are
 * emptied and divided anew. Null: the view does not have all of them, and another is needed.
 */
async function settle(
  load: TablesToLoad,
  going: LoadedTables | null,
  view: View,
  source: Connection,
): Promise<LoadedTables | null> {
  const { datasets, store, held } = load;
  const unread = datasets.filter(({ address }) => going === null || isUnread(tableOf(going, address)));
  const isAnew = going === null || unread.some(isAppended);
  const wanted = isAnew ? datasets : unread;
  const storages = new Map<string, string | null>();
  for (const { address, from } of wanted) {
    const storage = (await load.capture.storage?.(source, from)) ?? null;
    if (storage === null && load.capture.storage !== undefined) return null;
    storages.set(address, storage);
  }
  const others = isAnew ? [] : going.tables;
  const moved = isAnew
    ? datasets
    : wanted.filter(({ address }) => tableOf(going, address).storage !== storages.get(address));
  if (moved.length === 0) return going;
  const divided: LoadingTable[] = [];
  for (const dataset of moved) divided.push(await divide(load, source, dataset, storages.get(dataset.address) ?? null));
  const first = isAnew ? { position: view.position, atMs: load.nowMs() } : going.first;
  await store.transaction(async () => {
    await own(store, held);
    for (const table of divided) await begin(load, table, first);
  });
  const next = [...others.filter(({ dataset }) => !moved.includes(dataset)), ...divided];
  await load.options.hook?.('load begun');
  return { tables: next, first };
}

async function divide(
  { capture, options }: TablesToLoad,
  source: Connection,
  dataset: StreamDataset,
  storage: string | null,
): Promise<LoadingTable> {
  const bytes = options.partBytes ?? usualPartBytes;
  const parts = (await capture.parts?.(source, dataset.from, bytes)) ?? [{ where: sql`true`, bytes: 0, rows: null }];
  return {
    dataset,
    storage,
    isKeyed: false,
    parts: parts.map((part, n) => ({
      n,
      where: part.where,
      condition: render(part.where, source.dialect).text,
      bytes: part.bytes,
      estimated: part.rows,
      isRead: false,
      position: null,
      rows: 0,
      readMs: null,
    })),
  };
}

/** Empties a current table of what a load that was cut left in it; rows that belong to some stream stay. */
async function begin(load: TablesToLoad, table: LoadingTable, first: LoadedTables['first']): Promise<void> {
  const { store, held, base, identity, marks } = load;
  const { dataset, storage } = table;
  const [whole] = await store.query(
    sql`select stream from freehold.fh_dataset where address = ${value(dataset.address)}`,
  );
  if (whole === undefined) await emptyCurrent(store, dataset);
  // Rows get their ordinal as the column's default: the copy itself brings the source's columns alone.
  await store.execute(
    sql`alter table ${name(...restingTable(dataset))} alter column fh_from set default ${literal(base)}`,
  );
  if (first.position === null || identity === null) return;
  await writeLoad(store, held.stream, {
    address: dataset.address,
    position: first.position,
    identity,
    mark: marks.get(dataset.address) ?? '',
    startedMs: first.atMs,
    shape: shapeOf(dataset),
    storage,
    isWhole: false,
    parts: table.parts,
  });
}

/** How a dataset is read and kept: rows that were read by another description are of no use. */
export function shapeOf({ from, schema, current, key, columns }: StreamDataset): string {
  return digestJson([from, schema, current, key, columns]).slice(0, 16);
}

function resumed({ datasets }: TablesToLoad, records: ReadonlyMap<string, LoadRecord>): LoadedTables | null {
  const tables: LoadingTable[] = [];
  let first: LoadedTables['first'] | null = null;
  for (const dataset of datasets) {
    const record = records.get(dataset.address);
    if (record === undefined) return null;
    const { storage, parts, position, startedMs } = record;
    first = { position, atMs: startedMs };
    const own = parts.map((part) => ({ ...part, isRead: part.position !== null }));
    tables.push({ dataset, storage, isKeyed: false, parts: own });
  }
  return first === null ? null : { tables, first };
}

function tableOf({ tables }: LoadedTables, address: string): LoadingTable {
  return tables.find(({ dataset }) => dataset.address === address) ?? absent(address);
}

function absent(address: string): never {
  throw new Error(`dataset '${address}' is not among those that are loaded`);
}

function isPending({ isRead }: LoadingPart): boolean {
  return !isRead;
}

function isUnread({ parts }: LoadingTable): boolean {
  return parts.some(isPending);
}

function isKeyless({ dataset }: LoadingTable): boolean {
  return isAppended(dataset);
}

function isAppended({ key }: StreamDataset): boolean {
  return key.length === 0;
}
