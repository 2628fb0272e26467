import type { Capture } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { list, name, sql } from '../../sql/sql.ts';
import { applySettings, loadedDatasets, recordLoaded } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { copyRows } from '../copy.ts';
import { type Merged, mergeInTransaction } from '../merge/merge.ts';
import { openStaging, type Staging, wholeShape } from '../merge/staging.ts';
import { buildKey } from '../tables.ts';
import { stageDifferences } from './difference.ts';
import { heldBack } from './held-back.ts';
import { loadFrom } from './load.ts';
import { sourceColumns, sourceOf } from './source-columns.ts';

/**
 * What one read of a snapshot() stream did. loaded: the first read. merged: differences became one new ordinal.
 * unchanged: none were found, and no ordinal was made. held: a finding says why nothing was merged.
 */
export type SnapshotOutcome = {
  readonly kind: 'loaded' | 'merged' | 'unchanged' | 'held';
  readonly held: Checkpoint;
  /** Rows read, by dataset address. */
  readonly rows: Readonly<Record<string, number>>;
  readonly changes: Merged['changes'];
  readonly findings: readonly Finding[];
};

/**
 * Reads all datasets of a stream in one view of the source and merges the differences, deletes included, as one ordinal.
 * The rows rest in temporary tables of the store's session meanwhile. `atMs`: the time of the read.
 * `release`: merge even what would be held back.
 */
export async function readSnapshot(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  options: { readonly release?: boolean } = {},
): Promise<SnapshotOutcome> {
  const inOneView = <T>(work: () => Promise<T>) =>
    source.transaction(work, { isolation: 'repeatable read', readOnly: true });
  if (held.ordinal === 0n) {
    const at = { position: null, identity: null, atMs };
    const loading = await inOneView(() => loadFrom(source, capture, store, node, held, at));
    return { kind: 'loaded', ...loading, changes: {}, findings: [] };
  }
  const reads: Read[] = [];
  for (const dataset of node.datasets) {
    const staging = await openStaging(store, dataset, wholeShape(store, dataset.columns, 'text'));
    reads.push({ dataset, staging, table: `${staging.table}_read` });
  }
  try {
    const rows: Record<string, number> = {};
    await inOneView(async () => {
      for (const read of reads) rows[read.dataset.address] = await readRows(source, capture, store, read);
    });
    const findings = await compare(store, reads, rows, held.ordinal + 1n);
    if (findings.length === 0 || options.release === true)
      return await mergeReads(store, node, held, atMs, reads, rows);
    return { kind: 'held', held, rows, changes: {}, findings };
  } finally {
    for (const { table } of reads) await store.execute(sql`drop table if exists ${name(table)}`).catch(() => undefined);
  }
}

type Read = { readonly dataset: StreamDataset; readonly staging: Staging; readonly table: string };

async function readRows(source: Connection, capture: Capture, store: Connection, read: Read): Promise<number> {
  const { dataset, table } = read;
  const columns = dataset.columns.map((column) => sql`${name(column.name)} ${store.types.physical(column.type)}`);
  await store.execute(sql`drop table if exists ${name(table)}`);
  await store.execute(sql`create temporary table ${name(table)} (${list(columns)})`);
  return copyRows(source, sourceOf(dataset), sourceColumns(capture, dataset), store, [table]);
}

/** Stages the differences, in a transaction that changes nothing but temporary tables; findings hold the read back. */
function compare(
  store: Connection,
  reads: readonly Read[],
  rows: Readonly<Record<string, number>>,
  ordinal: bigint,
): Promise<readonly Finding[]> {
  return store.transaction(async () => {
    await applySettings(store, store.dialect.bulkSettings);
    const findings: Finding[] = [];
    for (const { dataset, staging, table } of reads) {
      await store.execute(sql`analyze ${name(table)}`);
      const differences = await stageDifferences(store, dataset, table, staging, ordinal);
      const found = heldBack(dataset.address, rows[dataset.address] ?? 0, differences);
      if (found !== null) findings.push(found);
    }
    return findings;
  });
}

/**
 * One transaction. Before: rows as of `held`. After: as of the read, as one more ordinal, or the same ordinal where
 * nothing differed; a dataset read for the first time is complete from there. Cut: as before. Twice: Fenced.
 */
async function mergeReads(
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  reads: readonly Read[],
  rows: Readonly<Record<string, number>>,
): Promise<SnapshotOutcome> {
  const known = await loadedDatasets(store, held.stream);
  const added = node.datasets.filter((dataset) => !known.has(dataset.address));
  for (const dataset of added) await buildKey(store, dataset);
  const isDifferent = await anyStaged(store, reads);
  if (!isDifferent && added.length === 0) return { kind: 'unchanged', held, rows, changes: {}, findings: [] };
  const ordinal = isDifferent ? held.ordinal + 1n : held.ordinal;
  const batch = {
    held,
    to: { ordinal, position: null, identity: null },
    steps: isDifferent ? [{ ordinal, atMs }] : [],
    staged: reads.map(({ staging }) => ({ staging, hasUnchanged: false })),
  };
  const merged = await store.transaction(async () => {
    const done = await mergeInTransaction(store, node.datasets, batch);
    for (const { dataset } of reads) await refuseUnclearKey(store, dataset, rows, done);
    for (const dataset of added) {
      const deltaFrom = dataset.keepsDelta ? ordinal : null;
      await recordLoaded(store, held.stream, dataset.address, { completeFrom: ordinal, position: null, deltaFrom });
    }
    return done;
  });
  return { kind: isDifferent ? 'merged' : 'unchanged', ...merged, rows, findings: [] };
}

async function anyStaged(store: Connection, reads: readonly Read[]): Promise<boolean> {
  for (const { staging } of reads) {
    const [row] = await store.query(sql`select fh_op from ${name(staging.table)} limit 1`);
    if (row !== undefined) return true;
  }
  return false;
}

/** A key that is null or that two rows share: then there are not as many rows here as were read. */
async function refuseUnclearKey(
  store: Connection,
  dataset: StreamDataset,
  rows: Readonly<Record<string, number>>,
  merged: Merged,
): Promise<void> {
  if (dataset.key.length === 0 || (merged.changes[dataset.address] ?? 0) === 0) return;
  const [row] = await store.query(sql`select count(*) as stored from ${name(dataset.schema, dataset.current)}`);
  const [stored, read] = [Number(row?.stored), rows[dataset.address] ?? 0];
  if (stored === read) return;
  throw new EngineError(
    'statement',
    `${read} rows of '${dataset.address}' were read, and they are ${stored} by its key (${dataset.key.join(', ')}): the key is ` +
      'null in some row, or two rows share it. Nothing was merged. Declare a key that each row has alone.',
  );
}
