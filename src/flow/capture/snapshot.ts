import { must } from '../../base/must.ts';
import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Reading, StreamDataset, StreamNode } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { openStaging, type Staging, wholeShape } from '../merge/staging.ts';
import { stageDifferences } from './difference.ts';
import { heldBack } from './held-back.ts';
import { loadFrom } from './load.ts';
import { mergeReads, type ReadOutcome } from './merge-reads.ts';
import { dropRead, type ReadRows, readRows } from './read-rows.ts';
import { unclearKey } from './unclear-key.ts';

/** Where a stream's terms say nothing. */
export const usualTerms: Reading = { kind: 'snapshot', maxDeleted: 0.2, compare: 'rows' };

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
): Promise<ReadOutcome> {
  const inOneView = <T>(work: () => Promise<T>) =>
    source.transaction(work, { isolation: 'repeatable read', readOnly: true });
  if (held.ordinal === 0n) {
    const at = { position: null, identity: null, atMs };
    const loading = await inOneView(() => loadFrom(source, capture, store, node, held, at));
    return { kind: 'loaded', ...loading, datasets: {}, findings: [] };
  }
  const { maxDeleted } = node.reading ?? usualTerms;
  const reads: ReadRows[] = [];
  try {
    await inOneView(async () => {
      for (const dataset of node.datasets) reads.push(await readRows(source, capture, store, dataset, null));
    });
    const rows = Object.fromEntries(reads.map((read) => [read.dataset.address, read.rows]));
    const { staged, findings } = await compare(store, reads, held.ordinal + 1n, maxDeleted);
    if (findings.length > 0 && options.release !== true) return { kind: 'held', held, rows, datasets: {}, findings };
    const merging = { node, held, atMs, position: null, staged, within: () => isEachRowStored(store, reads) };
    const merged = await mergeReads(store, merging);
    if (merged !== null && (merged.kind === 'merged' || (await isEachRowStored(store, reads))))
      return { ...merged, rows, findings: [] };
    return { kind: 'held', held, rows, datasets: {}, findings: await unclearKeys(store, reads) };
  } finally {
    for (const { table } of reads) await dropRead(store, table);
  }
}

/** Stages the differences, in a transaction that changes nothing but temporary tables; findings hold the read back. */
async function compare(
  store: Connection,
  reads: readonly ReadRows[],
  ordinal: bigint,
  maxDeleted: number,
): Promise<{ readonly staged: readonly Staging[]; readonly findings: readonly Finding[] }> {
  const staged: Staging[] = [];
  for (const { dataset } of reads)
    staged.push(await openStaging(store, dataset, wholeShape(store, dataset.columns, 'text')));
  return store.transaction(async () => {
    await applySettings(store, store.dialect.bulkSettings);
    const findings: Finding[] = [];
    for (const [i, { dataset, table, rows }] of reads.entries()) {
      await store.execute(sql`analyze ${name(table)}`);
      const staging = must(staged[i], 'staging');
      const differences = await stageDifferences(store, dataset, table, staging, ordinal);
      const found = heldBack(dataset.address, rows, differences, maxDeleted);
      if (found !== null) findings.push(found);
    }
    return { staged, findings };
  });
}

/** False where a key is null, or shared by two rows: then there are not as many rows here as were read. */
async function isEachRowStored(store: Connection, reads: readonly ReadRows[]): Promise<boolean> {
  for (const { dataset, rows } of reads)
    if (dataset.key.length > 0 && rows !== (await countStored(store, dataset))) return false;
  return true;
}

async function countStored(store: Connection, dataset: StreamDataset): Promise<number> {
  const [row] = await store.query(sql`select count(*) as stored from ${name(dataset.schema, dataset.current)}`);
  return Number(row?.stored);
}

async function unclearKeys(store: Connection, reads: readonly ReadRows[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const read of reads) {
    const found = await unclearKey(store, read);
    if (found !== null) findings.push(found);
  }
  must(findings[0], 'a key that is null or shared, where rows are missing,');
  return findings;
}
