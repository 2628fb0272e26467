import { must } from '../../base/must.ts';
import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Reading, StreamDataset, StreamNode } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { applySettings } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { closeStaging, openStaging, type Staging, wholeShape } from '../merge/staging.ts';
import { readByChecksum } from './checksum.ts';
import { type Scope, stageDifferences, wholeTable } from './difference.ts';
import type { Deletes } from './held/held-back.ts';
import { hold } from './held/hold.ts';
import { forgetHeld, readHeld } from './held/records.ts';
import { loadFrom } from './load.ts';
import { mergeReads, type ReadOutcome } from './merge-reads.ts';
import { answerOf, askBeside, nothingRemembered, type ReadMemory, statementOf } from './quiet.ts';
import { dropRead, type ReadRows, readRows } from './read-rows.ts';
import { type Hashing, hashingOnBoth } from './row-hash.ts';
import { unclearKey } from './unclear-key.ts';

/** Where a stream's terms say nothing. */
export const usualTerms: Reading = { kind: 'snapshot', maxDeleted: 0.2, compare: 'rows' };

/** What was read of a dataset: which rows, of which they speak, and how many there are at the source. */
type DatasetRead = { readonly rows: ReadRows; readonly scope: Scope; readonly total: number };

/**
 * Reads all datasets of a stream in one view of the source and merges the differences, deletes included, as one ordinal.
 * The rows rest in temporary tables of the store's session meanwhile. `atMs`: the time of the read.
 * `memory`: of the reads before, for `isQuiet`.
 */
export async function readSnapshot(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  atMs: number,
  options: { readonly memory?: ReadMemory } = {},
): Promise<ReadOutcome> {
  const { memory = nothingRemembered() } = options;
  const inOneView = <T>(work: () => Promise<T>) =>
    source.transaction(work, { isolation: 'repeatable read', readOnly: true });
  if (held.ordinal === 0n) {
    const at = { position: null, identity: null, atMs };
    const loading = await inOneView(() => loadFrom(source, capture, store, node, held, at));
    return { kind: 'loaded', ...loading, datasets: {}, findings: [] };
  }
  const terms = node.reading ?? usualTerms;
  const byChecksum = terms.kind === 'snapshot' && terms.compare === 'checksum';
  const hashings = byChecksum ? await hashingOnBoth(source, store) : null;
  const beside = await askBeside(source, memory);
  const reads: DatasetRead[] = [];
  const opened: Staging[] = [];
  try {
    const quiet = await inOneView(async () => {
      for (const dataset of node.datasets) reads.push(await readDataset(source, capture, store, dataset, hashings));
      if (beside === null) return null;
      const statement = statementOf(
        capture,
        beside,
        node.datasets.map((dataset) => ({ dataset, where: null })),
      );
      return { statement, answer: await answerOf(source, statement), untilMs: null };
    });
    const rows = Object.fromEntries(reads.map(({ rows: read }) => [read.dataset.address, read.rows]));
    const deletes = await compare(store, reads, held.ordinal + 1n, terms.maxDeleted, opened);
    const before = await readHeld(store, held.stream);
    const findings: Finding[] = [];
    for (const [i, { rows: read }] of reads.entries()) {
      const staged = must(opened[i], 'staging').table;
      const deleting = { dataset: read.dataset, staged, deletes: must(deletes[i], 'deletes') };
      const found = await hold(store, held.stream, deleting, before.get(read.dataset.address) ?? null, atMs);
      if (found !== null) findings.push(found);
    }
    if (findings.length > 0) return { kind: 'held', held, rows, datasets: {}, findings };
    const merged = await mergeReads(store, {
      node,
      held,
      atMs,
      position: null,
      staged: opened,
      hasNotes: before.size > 0,
      async within() {
        for (const address of before.keys()) await forgetHeld(store, address);
        return isEachRowStored(store, reads);
      },
    });
    if (merged !== null && (merged.kind === 'merged' || (await isEachRowStored(store, reads)))) {
      memory.quiet = quiet;
      memory.wasUnchanged = merged.kind === 'unchanged';
      return { ...merged, rows, findings: [] };
    }
    return { kind: 'held', held, rows, datasets: {}, findings: await unclearKeys(store, reads) };
  } finally {
    for (const { rows } of reads) await dropRead(store, rows.table);
    for (const staging of opened) await closeStaging(store, staging);
  }
}

async function readDataset(
  source: Connection,
  capture: Capture,
  store: Connection,
  dataset: StreamDataset,
  hashings: readonly [Hashing, Hashing] | null,
): Promise<DatasetRead> {
  if (hashings !== null && dataset.key.length > 0) {
    return readByChecksum(source, capture, store, dataset, hashings);
  }
  const rows = await readRows(source, capture, store, dataset, null);
  return { rows, scope: wholeTable, total: rows.rows };
}

/** Stages the differences, in a transaction that changes nothing but temporary tables; what would go of each dataset. */
async function compare(
  store: Connection,
  reads: readonly DatasetRead[],
  ordinal: bigint,
  most: number,
  opened: Staging[],
): Promise<readonly Deletes[]> {
  for (const { rows } of reads)
    opened.push(await openStaging(store, rows.dataset, wholeShape(store, rows.dataset.columns, 'text')));
  return store.transaction(async () => {
    await applySettings(store, store.dialect.bulkSettings);
    const deletes: Deletes[] = [];
    for (const [i, { rows, scope, total }] of reads.entries()) {
      await store.execute(sql`analyze ${name(rows.table)}`);
      const staging = must(opened[i], 'staging');
      const found = await stageDifferences(store, rows.dataset, rows.table, staging, ordinal, scope);
      deletes.push({ ...found, read: total, most });
    }
    return deletes;
  });
}

/** False where a key is null, or shared by two rows: then there are not as many rows here as at the source. */
async function isEachRowStored(store: Connection, reads: readonly DatasetRead[]): Promise<boolean> {
  for (const { rows, total } of reads)
    if (rows.dataset.key.length > 0 && total !== (await countStored(store, rows.dataset))) return false;
  return true;
}

async function countStored(store: Connection, dataset: StreamDataset): Promise<number> {
  const [row] = await store.query(sql`select count(*) as stored from ${name(dataset.schema, dataset.current)}`);
  return Number(row?.stored);
}

async function unclearKeys(store: Connection, reads: readonly DatasetRead[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { rows } of reads) {
    const found = await unclearKey(store, rows);
    if (found !== null) findings.push(found);
  }
  must(findings[0], 'a key that is null or shared, where rows are missing,');
  return findings;
}
