import { allEnded } from '../../base/all-ended.ts';
import { must } from '../../base/must.ts';
import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Reading, StreamDataset, StreamNode } from '../../plan/plan.ts';
import { literal, name, type Sql, sql } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { closeStaging, openStaging, type Staging, wholeShape } from '../merge/staging.ts';
import { seenRows } from '../quality/quarantine.ts';
import { readByChecksum } from './checksum.ts';
import { type Differences, type Scope, stageDifferences, wholeTable } from './difference.ts';
import { hold } from './held/hold.ts';
import { forgetHeld, readHeld } from './held/records.ts';
import { type Lane, lanesInOneView, type More, moveBetween, withLane } from './lanes.ts';
import { loadFirst } from './load.ts';
import { mergeReads, type ReadOutcome } from './merge-reads.ts';
import { answerOf, askBeside, nothingRemembered, type ReadMemory, statementOf } from './quiet.ts';
import { dropRead, type ReadRows, readRows } from './read-rows.ts';
import { columnsOfOurs, columnsRead, type Hashing, hashingOnBoth } from './row-hash.ts';
import { unclearKey } from './unclear-key.ts';

/** Where a stream's terms say nothing. */
export const usualTerms: Reading = { kind: 'snapshot', maxDeleted: 0.2, compare: 'rows' };

/** What a lane read of a dataset: which rows, of which they speak, and how many there are of them at the source. */
type DatasetRead = {
  readonly store: Connection;
  readonly rows: ReadRows;
  readonly scope: Scope;
  readonly total: number;
};

export type SnapshotOptions = {
  /** Of the reads before, for `isQuiet`. */
  readonly memory?: ReadMemory;
  /** Where it is given, large tables are read and compared by halves, side by side. */
  readonly more?: More;
  /** A table of more rows is large; smaller ones are read before another session is open. */
  readonly largeRows?: number;
};

const usuallyLarge = 200_000;

/**
 * Reads all datasets of a stream in one view of the source and merges the differences, deletes included, as one ordinal.
 * The rows rest in temporary tables of the store's sessions meanwhile. `atMs`: the time of the read.
 */
export async function readSnapshot(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  options: SnapshotOptions = {},
): Promise<ReadOutcome> {
  const lane = { source, store };
  if (held.ordinal === 0n) {
    const loading = await loadFirst(lane, capture, node, held, atMs, options.more ?? null);
    return { kind: 'loaded', held: loading.held, rows: loading.rows, changes: {}, findings: [] };
  }
  const mayTakeMore = options.more !== undefined && capture.sharedView !== undefined;
  const hashings = await hashingsFor(lane, node, mayTakeMore, options.largeRows ?? usuallyLarge);
  const read = (lanes: readonly [Lane, ...Lane[]]) =>
    readInLanes(lanes, capture, node, held, atMs, hashings, options.memory ?? nothingRemembered());
  if (options.more === undefined || !hashings.splits) return read([lane]);
  return withLane(options.more, (other) => read([lane, other]));
}

type Hashings = {
  /** By source and store; null where none are asked for. */
  readonly both: readonly [Hashing, Hashing] | null;
  /** Compare checksums? */
  readonly sums: boolean;
  /** Are there tables of more rows than these, compared row by row, and is it cheap to tell their halves? */
  readonly splits: boolean;
  readonly largeRows: number;
};

async function hashingsFor(
  { source, store }: Lane,
  node: StreamNode,
  mayTakeMore: boolean,
  largeRows: number,
): Promise<Hashings> {
  const terms = node.reading ?? usualTerms;
  const sums = terms.kind === 'snapshot' && terms.compare === 'checksum';
  const hasLarge = mayTakeMore && !sums && (await isAnyLarge(store, node.datasets, largeRows));
  if (!sums && !hasLarge) return { both: null, sums, splits: false, largeRows };
  const both = await hashingOnBoth(source, store);
  return { both, sums, splits: hasLarge && both[0].isCheap, largeRows };
}

async function readInLanes(
  lanes: readonly [Lane, ...Lane[]],
  capture: Capture,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  hashings: Hashings,
  memory: ReadMemory,
): Promise<ReadOutcome> {
  const [{ source, store }] = lanes;
  const { maxDeleted } = node.reading ?? usualTerms;
  const beside = await askBeside(source, memory);
  const reads: DatasetRead[][] = lanes.map(() => []);
  const opened: Staging[][] = lanes.map(() => []);
  const all = () => reads.flat();
  try {
    const [quiet] = await lanesInOneView(lanes, capture, async (lane, n) => {
      const own = must(reads[n], 'reads');
      for (const dataset of node.datasets) {
        const found = await readDataset(lane, n, lanes.length, capture, dataset, hashings);
        if (found !== null) own.push(found);
      }
      if (beside === null || n > 0) return null;
      const looked = node.datasets.map((dataset) => ({ dataset, where: null }));
      const statement = statementOf(capture, beside, looked);
      return { statement, answer: await answerOf(source, statement), untilMs: null };
    });
    const rows = sumBy(all(), (read) => read.rows.rows);
    const totals = sumBy(all(), ({ total }) => total);
    const compared = await allEnded(reads.map((own, n) => compare(own, held.ordinal + 1n, must(opened[n], 'staging'))));
    const [staged = [], ...others] = opened;
    for (const [n, theirs] of others.entries()) {
      for (const staging of theirs) {
        const into = must(
          staged.find((one) => one.dataset.address === staging.dataset.address),
          'staging of the first lane',
        );
        await moveBetween(must(lanes[n + 1], 'lane').store, store, staging, into);
      }
    }
    const before = await readHeld(store, held.stream);
    const findings: Finding[] = [];
    for (const { dataset, table } of staged) {
      const { address } = dataset;
      const differences = compared.flatMap((one) => one.get(address) ?? []);
      const deletes = {
        deleted: differences.reduce((sum, { deleted }) => sum + deleted, 0),
        stored: differences.map(({ stored }) => stored).find((stored) => stored !== null) ?? null,
        read: totals[address] ?? 0,
        most: maxDeleted,
      };
      const deleting = { dataset: datasetOf(node, address), staged: table, deletes };
      const found = await hold(store, held.stream, deleting, before.get(address) ?? null, atMs);
      if (found !== null) findings.push(found);
    }
    if (findings.length > 0) return { kind: 'held', held, rows, changes: {}, findings };
    const merged = await mergeReads(store, {
      node,
      held,
      atMs,
      position: null,
      staged,
      hasNotes: before.size > 0,
      async within() {
        for (const address of before.keys()) await forgetHeld(store, address);
        return isEachRowStored(store, node, totals);
      },
    });
    if (merged !== null && (merged.kind === 'merged' || (await isEachRowStored(store, node, totals)))) {
      memory.quiet = quiet ?? null;
      memory.wasUnchanged = merged.kind === 'unchanged';
      return { ...merged, rows, findings: [] };
    }
    return { kind: 'held', held, rows, changes: {}, findings: await unclearKeys(all()) };
  } finally {
    for (const { store: of, rows } of all()) await dropRead(of, rows.table);
    for (const [n, own] of opened.entries())
      for (const staging of own) await closeStaging(must(lanes[n], 'lane').store, staging);
  }
}

async function isAnyLarge(store: Connection, datasets: readonly StreamDataset[], rows: number): Promise<boolean> {
  for (const dataset of datasets) if (await isLarge(store, dataset, rows)) return true;
  return false;
}

async function isLarge(store: Connection, dataset: StreamDataset, rows: number): Promise<boolean> {
  if (dataset.key.length === 0) return false;
  const current = name(dataset.schema, dataset.current);
  const found = await store.query(sql`select 1 from ${current} limit 1 offset ${literal(rows)}`);
  return found.length > 0;
}

/** The lane's part of a dataset; null where the first lane reads all of it. */
async function readDataset(
  { source, store }: Lane,
  n: number,
  lanes: number,
  capture: Capture,
  dataset: StreamDataset,
  { both, sums, largeRows }: Hashings,
): Promise<DatasetRead | null> {
  if (both !== null && sums && dataset.key.length > 0)
    return { store, ...(await readByChecksum(source, capture, store, dataset, both)) };
  if (both === null || lanes === 1 || !(await isLarge(store, dataset, largeRows))) {
    if (n > 0) return null;
    const rows = await readRows(source, capture, store, dataset, null);
    return { store, rows, scope: wholeTable, total: rows.rows };
  }
  const key = dataset.key.flatMap((one) => dataset.columns.filter((column) => column.name === one));
  const [there, here] = [
    both[0].bucketOf(columnsRead(capture, key), lanes),
    both[1].bucketOf(columnsOfOurs(key), lanes),
  ];
  // A row without key is the first lane's.
  const isOurs = (bucket: Sql) =>
    n > 0 ? sql`${bucket} = ${literal(n)}` : sql`(${bucket}) is distinct from ${literal(1)}`;
  const rows = await readRows(source, capture, store, dataset, isOurs(there));
  return { store, rows, scope: { of: isOurs(here), sees: 'deletes' }, total: rows.rows };
}

/** Stages the differences, in a transaction that changes nothing but temporary tables; by dataset address. */
async function compare(
  reads: readonly DatasetRead[],
  ordinal: bigint,
  opened: Staging[],
): Promise<ReadonlyMap<string, Differences>> {
  const found = new Map<string, Differences>();
  for (const { store, rows, scope } of reads) {
    const staging = await openStaging(store, rows.dataset, wholeShape(store, rows.dataset.columns, 'text'));
    opened.push(staging);
    const differences = await store.transaction(async () => {
      await applySettings(store, store.dialect.bulkSettings);
      await store.execute(sql`analyze ${name(rows.table)}`);
      return stageDifferences(store, rows.dataset, rows.table, staging, ordinal, scope);
    });
    found.set(rows.dataset.address, differences);
  }
  return found;
}

function sumBy(reads: readonly DatasetRead[], of: (read: DatasetRead) => number): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const read of reads) {
    const { address } = read.rows.dataset;
    sums[address] = (sums[address] ?? 0) + of(read);
  }
  return sums;
}

function datasetOf(node: StreamNode, address: string): StreamDataset {
  return must(
    node.datasets.find((dataset) => dataset.address === address),
    `dataset '${address}'`,
  );
}

/** False where a key is null, or shared by two rows: then there are not as many rows here as at the source. */
async function isEachRowStored(
  store: Connection,
  node: StreamNode,
  totals: Readonly<Record<string, number>>,
): Promise<boolean> {
  for (const dataset of node.datasets)
    if (dataset.key.length > 0 && totals[dataset.address] !== (await countStored(store, dataset))) return false;
  return true;
}

async function countStored(store: Connection, dataset: StreamDataset): Promise<number> {
  const [row] = await store.query(sql`select count(*) as stored from ${await seenRows(store, dataset)} c`);
  return Number(row?.stored);
}

async function unclearKeys(reads: readonly DatasetRead[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { store, rows } of reads) {
    const found = await unclearKey(store, rows);
    if (found !== null) findings.push(found);
  }
  must(findings[0], 'a key that is null or shared, where rows are missing,');
  return findings;
}
