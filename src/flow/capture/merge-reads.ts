import type { Connection } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { loadedDatasets } from '../bookkeeping.ts';
import { advance, type Checkpoint } from '../checkpoint.ts';
import { guardedMerge, type Merged, mergeInTransaction } from '../merge/merge.ts';
import type { Staging } from '../merge/staging.ts';
import { buildKey } from '../tables.ts';
import { recordWhole } from './load.ts';

/**
 * What one read of a stream did. loaded: the first read. merged: differences became one new ordinal. unchanged: none were
 * found, and no ordinal was made. held: findings say why nothing was merged.
 */
export type ReadOutcome = {
  readonly kind: 'loaded' | 'merged' | 'unchanged' | 'held';
  readonly held: Checkpoint;
  /** Rows read, by dataset address. */
  readonly rows: Readonly<Record<string, number>>;
  readonly changes: Merged['changes'];
  /** Of what is held: why. Of what is not: what a person should know of it. */
  readonly findings: readonly Finding[];
};

export type ToMerge = {
  readonly node: StreamNode;
  readonly held: Checkpoint;
  /** When the source was read. */
  readonly atMs: number;
  /** How far it was read; null where a read has no such thing. */
  readonly position: string | null;
  readonly staged: readonly Staging[];
  /** Runs in the same transaction, after the rows: writes what comes with them. False undoes it all. */
  readonly within?: () => Promise<boolean>;
  /** Has `within` something to write although nothing differs? */
  readonly hasNotes?: boolean;
};

/**
 * One transaction. Before: rows as of `held`. After: as of the read, as one more ordinal, or the same ordinal where
 * nothing differed; a dataset read for the first time is complete from there. Cut: as before. Twice: Fenced. Null: undone.
 */
export async function mergeReads(
  store: Connection,
  { node, held, atMs, position, staged, within = () => Promise.resolve(true), hasNotes = false }: ToMerge,
): Promise<Pick<ReadOutcome, 'kind' | 'held' | 'changes'> | null> {
  const known = await loadedDatasets(store, held.stream);
  const added = node.datasets.filter((dataset) => !known.has(dataset.address));
  for (const dataset of added) await buildKey(store, dataset);
  const isDifferent = await anyStaged(store, staged);
  if (!isDifferent && added.length === 0 && !hasNotes && position === held.position)
    return { kind: 'unchanged', held, changes: {} };
  const ordinal = isDifferent ? held.ordinal + 1n : held.ordinal;
  const to = { ordinal, position, identity: held.identity };
  const steps = isDifferent ? [{ ordinal, atMs }] : [];
  const batch = { held, to, steps, staged: staged.map((staging) => ({ staging, hasUnchanged: false })) };
  const undone = new Error('undone');
  try {
    const merged = await guardedMerge(store, batch, () =>
      store.transaction(async () => {
        const done = isDifferent
          ? await mergeInTransaction(store, node.datasets, batch)
          : { held: await advance(store, held, to), changes: {} };
        for (const dataset of added) await recordWhole(store, done.held, dataset, null);
        if (!(await within())) throw undone;
        return done;
      }),
    );
    return { kind: isDifferent ? 'merged' : 'unchanged', ...merged };
  } catch (failure) {
    if (failure === undone) return null;
    throw failure;
  }
}

async function anyStaged(store: Connection, staged: readonly Staging[]): Promise<boolean> {
  for (const staging of staged) {
    const [row] = await store.query(sql`select fh_op from ${name(staging.table)} limit 1`);
    if (row !== undefined) return true;
  }
  return false;
}
