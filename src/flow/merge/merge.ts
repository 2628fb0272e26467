import { must } from '../../base/must.ts';
import type { Position } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import { name, sql } from '../../sql/sql.ts';
import { applySettings, recordSteps, type Step } from '../bookkeeping.ts';
import { advance, type Checkpoint } from '../checkpoint.ts';
import { leaveOutStaged } from '../erase/leave-out.ts';
import { guarded } from '../quality/guard.ts';
import { judgeDatasets } from '../quality/judge-datasets.ts';
import { isJudged, judgeRows } from '../quality/judge-rows.ts';
import type { KeptTable } from '../tables.ts';
import { applyChanges } from './apply.ts';
import { findChanges } from './changes.ts';
import { appendRows } from './keyless.ts';
import { noteMissing } from './missing.ts';
import { mergeOnce, setRepeatedApart } from './once.ts';
import { emptyStaging, type Staging } from './staging.ts';
import { type LostRows, resolveUnchanged } from './unchanged.ts';
import { explained } from './unfit.ts';

/** A range of a stream's ordinals, staged and ready: (held.ordinal, to.ordinal]. */
export type Batch = {
  readonly held: Checkpoint;
  readonly to: { readonly ordinal: bigint; readonly position: Position | null; readonly identity: string | null };
  readonly steps: readonly Step[];
  readonly staged: readonly { readonly staging: Staging; readonly hasUnchanged: boolean }[];
  /** Its rows waited in quarantine and were let go: they are not judged again. */
  readonly isReleased?: true;
};

/** `changes`: of rows, by dataset address. In a dataset whose versions are kept each ordinal's net change of a key counts once; else, at least, each key's. */
export type Merged = { readonly held: Checkpoint; readonly changes: Readonly<Record<string, number>> };

/**
 * Merges a batch. One transaction. Before: rows, versions, delta and clock are those of `held.ordinal`, and the batch is
 * staged. After: all are those of `to.ordinal`, and staging is empty. Cut at any point: as before, with the batch perhaps
 * still staged; the next owner stages it again. Twice: the second is Fenced by its first statement and changes nothing.
 */
export function mergeBatch(c: Connection, datasets: readonly KeptTable[], batch: Batch): Promise<Merged> {
  return guardedMerge(c, batch, () => c.transaction(() => mergeInTransaction(c, datasets, batch)));
}

/** Runs a transaction with `mergeInTransaction` of the batch: rows that stop it are kept, and named. */
export function guardedMerge<T>(
  c: Connection,
  { held, staged }: Pick<Batch, 'held' | 'staged'>,
  work: () => Promise<T>,
): Promise<T> {
  return guarded(
    c,
    held.stream,
    staged.map(({ staging }) => staging),
    work,
  );
}

/** The same, in the caller's transaction. */
export async function mergeInTransaction(c: Connection, datasets: readonly KeptTable[], batch: Batch): Promise<Merged> {
  try {
    return await merge(c, datasets, batch);
  } catch (failure) {
    throw explained(failure, batch.staged);
  }
}

async function merge(c: Connection, datasets: readonly KeptTable[], batch: Batch): Promise<Merged> {
  const held = await advance(c, batch.held, batch.to);
  const parts = batch.staged.map(({ staging, hasUnchanged }) => {
    const { address } = staging.dataset;
    const table = must(
      datasets.find((dataset) => dataset.address === address),
      `dataset '${address}' of a staged batch`,
    );
    return { table, staging, hasUnchanged: hasUnchanged && table.key.length > 0 };
  });
  if (held.erased > 0n) for (const { table, staging } of parts) await leaveOutStaged(c, table, staging);
  const unresolved = parts.filter((part) => part.hasUnchanged);
  if (unresolved.length > 0) {
    // To the table by its key, and what is staged by hashing: its rows are joined with each other.
    await applySettings(c, [...c.dialect.mergeSettings, ...c.dialect.groupSettings]);
    for (const { table, staging } of unresolved) await resolveUnchanged(c, table, staging, lostOf(table));
  }
  if (batch.isReleased !== true)
    for (const { table, staging } of parts) if (isJudged(table)) await judgeRows(c, table, staging, held.stream);
  const repeated = new Map<Staging, Staging | null>();
  const once = parts.filter(({ table }) => isMergedOnce(c, table));
  if (once.length > 0) await applySettings(c, c.dialect.groupSettings);
  for (const { table, staging } of once) repeated.set(staging, await setRepeatedApart(c, table, staging));
  await applySettings(c, c.dialect.mergeSettings);
  const changes: Record<string, number> = {};
  for (const { table, staging } of parts) {
    changes[table.address] = await mergeStaged(c, table, staging, repeated.get(staging), held.ordinal);
    await emptyStaging(c, staging);
  }
  await judgeDatasets(c, datasets, held.stream, held.ordinal);
  await recordSteps(c, held.stream, batch.steps);
  return { held, changes };
}

/**
 * While rows converge, one that moved from a part of its table which was not read yet to one that was is in neither: it is left
 * out, and read from the source by its key when all else is there.
 */
function lostOf(table: KeptTable): LostRows {
  if (table.isConverging !== true) return 'refuse';
  return (c, staging, seqs) => noteMissing(c, table, staging, seqs);
}

/** Where a delta is kept, what each ordinal changed is written down one by one; and where versions are in one table, each is. */
function isMergedOnce(c: Connection, table: KeptTable): boolean {
  return c.dialect.hasMerge && table.key.length > 0 && !table.keepsDelta && typeof table.versions !== 'string';
}

/** `repeated`: what was set apart; null where each key is staged once, undefined where nobody asked. */
async function mergeStaged(
  c: Connection,
  table: KeptTable,
  staging: Staging,
  repeated: Staging | null | undefined,
  upTo: bigint,
): Promise<number> {
  if (table.key.length === 0) return appendRows(c, table, staging, upTo);
  if (repeated === undefined) return mergeVersions(c, table, staging, upTo);
  if (repeated === null) return mergeOnce(c, table, staging);
  const several = await mergeVersions(c, table, repeated, upTo);
  await c.execute(sql`truncate ${name(repeated.table)}`);
  return several + (await mergeOnce(c, table, staging));
}

/** Keys that changed any number of times. */
async function mergeVersions(c: Connection, table: KeptTable, staging: Staging, upTo: bigint): Promise<number> {
  const changes = await findChanges(c, table, staging);
  if (changes === 0) return 0;
  await applyChanges(c, table, staging, changes, upTo);
  // Not by `on commit delete rows`: PostgreSQL would empty all such tables of the session at each commit, whatever it was of.
  await c.execute(sql`truncate ${name(staging.changes)}`);
  return changes;
}
