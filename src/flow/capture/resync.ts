import type { Capture, Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { applySettings, loadedDatasets } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { closeGap, type Gap, isOfLoss, switched } from '../gaps.ts';
import { guardedMerge, mergeInTransaction } from '../merge/merge.ts';
import { closeStaging, openStaging, type Staging, wholeShape } from '../merge/staging.ts';
import { noteRead as noteColumnsRead } from '../unread.ts';
import { stageDifferences } from './difference.ts';
import { heldFinding, isUnusual } from './held/held-back.ts';
import { endResyncing } from './inbox/inbox.ts';
import type { Marks } from './load.ts';
import { dropRead, type ReadRows, readRows } from './read-rows.ts';
import { usualTerms } from './snapshot.ts';

/** The view that the rows are read in, and what a log says of it. */
export type View = {
  readonly position: Position;
  readonly identity: string;
  readonly marks: Marks;
  readonly atMs: number;
};

/** `held`: findings say why nothing was merged. */
export type Resync =
  | { readonly kind: 'mended'; readonly held: Checkpoint; readonly rows: number; readonly asOfMs: number }
  | { readonly kind: 'held'; readonly findings: readonly Finding[] };

/**
 * Reads the rows of pending gaps anew, from a session inside one view of the source, and merges what differs as one correction:
 * rows that are as they were keep their versions. A gap of the whole stream, which is then the only one, moves its position to
 * the view's; those of single datasets leave it, and what the log still brings of these up to the view is passed over.
 *
 * One transaction of the store. Before: rows as of `held`, the gaps pending, perhaps an inbox that waits for them. After: as of
 * the view, the gaps closed at the correction's ordinal; or, where an operator asked and nothing differed, or the log
 * follows upon reads at intervals, as if there had been none; what waits may be merged. Cut: as before. Twice: Fenced.
 */
export async function resync(
  source: Connection,
  capture: Capture,
  store: Connection,
  node: StreamNode,
  held: Checkpoint,
  gaps: readonly Gap[],
  view: View,
): Promise<Resync> {
  const reads: Read[] = [];
  const isWhole = gaps.some(({ address }) => address === null);
  try {
    // One that joins just now is loaded by itself.
    const loaded = await loadedDatasets(store, held.stream);
    for (const dataset of node.datasets) {
      const gap = gaps.find((one) => isOfDataset(one, dataset));
      if (gap === undefined || !loaded.has(dataset.address)) continue;
      const rows = await readRows(source, capture, store, dataset, null);
      reads.push({ gap, rows, staging: await openStaging(store, dataset, wholeShape(store, dataset.columns, 'text')) });
    }
    const { found, findings } = await compare(store, reads, held);
    if (findings.length > 0) return { kind: 'held', findings };
    const isCorrection = (gap: Gap) => (found.get(gap) ?? 0) > 0 || (isOfLoss(gap) && gap.cause !== switched);
    const isCorrected = gaps.some(isCorrection);
    const ordinal = isCorrected ? held.ordinal + 1n : held.ordinal;
    // Changes of the other datasets, committed before now, are still to come.
    const steps = isCorrected ? [{ ordinal, atMs: isWhole ? view.atMs : 0 }] : [];
    const to = {
      ordinal,
      position: isWhole ? view.position : held.position,
      identity: isWhole ? view.identity : held.identity,
    };
    const staged = reads.map(({ staging }) => ({ staging, hasUnchanged: false }));
    const merged = await guardedMerge(store, { held, staged }, () =>
      store.transaction(async () => {
        const done = await mergeInTransaction(store, node.datasets, { held, to, steps, staged });
        for (const { rows } of reads) await noteRead(store, rows.dataset, view);
        for (const gap of gaps)
          await closeGap(store, held.stream, gap, isCorrection(gap) && gap.cause !== switched ? ordinal : null);
        await endResyncing(store, held.stream);
        return done;
      }),
    );
    return { kind: 'mended', held: merged.held, rows: sum(found.values()), asOfMs: view.atMs };
  } finally {
    for (const { rows, staging } of reads) {
      await dropRead(store, rows.table);
      await closeStaging(store, staging);
    }
  }
}

type Read = { readonly gap: Gap; readonly rows: ReadRows; readonly staging: Staging };

function isOfDataset({ address }: Gap, dataset: StreamDataset): boolean {
  return address === null || address === dataset.address;
}

/**
 * Stages the differences, in a transaction that changes nothing but temporary tables. Findings: rows of gaps that nobody has
 * accepted of which an unusual part would go.
 */
function compare(
  store: Connection,
  reads: readonly Read[],
  { stream, ordinal }: Checkpoint,
): Promise<{ readonly found: ReadonlyMap<Gap, number>; readonly findings: readonly Finding[] }> {
  return store.transaction(async () => {
    await applySettings(store, store.dialect.bulkSettings);
    const findings: Finding[] = [];
    const found = new Map<Gap, number>();
    for (const { gap, rows: read, staging } of reads) {
      const { dataset, table, rows } = read;
      await store.execute(sql`analyze ${name(table)}`);
      const differences = await stageDifferences(store, dataset, table, staging, ordinal + 1n);
      found.set(gap, (found.get(gap) ?? 0) + differences.found);
      const deletes = { ...differences, read: rows, most: usualTerms.maxDeleted };
      if (!gap.isAccepted && isUnusual(deletes))
        findings.push({
          ...heldFinding(stream, dataset.address, deletes, null),
          help: `Look at the source. If its rows are right:  freehold resync ${stream} --yes`,
        });
    }
    return { found, findings };
  });
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((all, n) => all + n, 0);
}

async function noteRead(store: Connection, dataset: StreamDataset, { position, marks }: View): Promise<void> {
  const { address, columns } = dataset;
  await noteColumnsRead(
    store,
    address,
    columns.map((column) => column.name),
  );
  await store.execute(sql`update freehold.fh_dataset
    set loaded_position = ${value(position)}, source_mark = ${value(marks.get(address) ?? null)}
    where address = ${value(address)}`);
}
