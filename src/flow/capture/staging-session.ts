import { must } from '../../base/must.ts';
import { type StagedShape, stagedColumns } from '../../engine/capture.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { list, name, sql, words } from '../../sql/sql.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { guardedMerge, type Merged, mergeInTransaction } from '../merge/merge.ts';
import { closeStaging, emptyStaging, openStaging, type Staging, stageRows, stageTruncate } from '../merge/staging.ts';
import type { Lent } from '../sessions.ts';
import { type Batch, bytesOfChunks, giveBack, takeParts } from './batch.ts';

/**
 * A session of the store with its own staging tables. A batch is staged and merged in one; while it merges, the next is
 * staged in another. Merges follow one another: each begins at the checkpoint that the one before it committed.
 */
export type StagingSession = {
  readonly node: StreamNode;
  readonly store: Connection;
  /** By index of the dataset in its stream. */
  readonly stagings: Map<number, Staging>;
};

/** A staging session that is lent; it ends with one of the two. */
export type LentSession = StagingSession & {
  /** Nothing is staged: its tables go, and the next stream finds the session as if it had just been opened. */
  giveBack(): Promise<void>;
  /** Nobody knows what is left in it. */
  close(): Promise<void>;
};

export function sessionOf(node: StreamNode, lent: Lent): LentSession {
  const session: StagingSession = { node, store: lent.session, stagings: new Map() };
  return {
    ...session,
    async giveBack() {
      for (const staging of session.stagings.values()) await closeStaging(session.store, staging);
      lent.giveBack();
    },
    close: () => lent.close(),
  };
}

/**
 * Stages what waits of a batch. A truncate is staged as deletes of the current rows: `merged` waits until those are what
 * they were before the batch.
 */
export async function stage(session: StagingSession, batch: Batch, merged: () => Promise<void>): Promise<void> {
  for (const { dataset, parts } of takeParts(batch)) {
    for (const part of parts) {
      const staging = await stagingFor(session, dataset, part.shape);
      if (part.kind === 'truncate') {
        await merged();
        await stageTruncate(session.store, staging, part.ordinal, part.sequence);
      } else {
        await stageRows(session.store, staging, bytesOfChunks(part.chunks)).catch((failure: unknown) => {
          throw noText(failure, staging.dataset.address);
        });
        giveBack(part.chunks);
      }
    }
  }
}

/** Merges a batch that is wholly staged on this session. One transaction; see `mergeBatch`. */
export function mergeStaged(
  session: StagingSession,
  batch: Batch,
  held: Checkpoint,
  identity: string,
  beforeCommit: () => Promise<void>,
): Promise<Merged> {
  const { position, steps } = batch;
  const staged = [...batch.datasets].map(([dataset, waiting]) => ({
    staging: must(session.stagings.get(dataset), 'staging'),
    hasUnchanged: waiting.hasUnchanged,
  }));
  const to = { ordinal: must(steps.at(-1), 'step').ordinal, position, identity };
  return guardedMerge(session.store, { held, staged }, () =>
    session.store.transaction(async () => {
      const merged = await mergeInTransaction(session.store, session.node.datasets, { held, to, steps, staged });
      await beforeCommit();
      return merged;
    }),
  );
}

async function stagingFor(
  { node, store, stagings }: StagingSession,
  dataset: number,
  shape: StagedShape,
): Promise<Staging> {
  const known = stagings.get(dataset);
  if (known?.shape === shape) return known;
  const opened = await openStaging(store, must(node.datasets[dataset], 'dataset'), shape);
  if (known !== undefined && known.table !== opened.table) await moveStaged(store, known, opened);
  stagings.set(dataset, opened);
  return opened;
}

/** Rows staged before a column's type changed within the same transaction join those staged after it. */
async function moveStaged(store: Connection, from: Staging, to: Staging): Promise<void> {
  const header = stagedColumns.map((column) => name(column));
  const columns = to.shape.columns.map((column) => name(column.name));
  const values = to.shape.columns.map((column) => sql`cast(${name(column.name)} as ${words(column.wire)})`);
  await store.execute(sql`insert into ${name(to.table)} (${list([...header, ...columns])})
    select ${list([...header, ...values])} from ${name(from.table)}`);
  await emptyStaging(store, from);
}

/** A source that knows no encoding gives texts as they are. SQLSTATE character_not_in_repertoire. */
function noText(failure: unknown, address: string): unknown {
  if (!(failure instanceof EngineError) || failure.code !== '22021') return failure;
  return new EngineError(
    failure.kind,
    `a text of dataset '${address}' that came of the source is no UTF-8: ${failure.message}. Nothing of its batch was merged, and ` +
      'nothing is lost: what changes waits. Correct the text at the source, and have the rows read anew with  freehold resync.',
    { code: failure.code, cause: failure },
  );
}
