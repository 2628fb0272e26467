import type { Clock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Position, StagedShape } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { list, name, sql, words } from '../../sql/sql.ts';
import { advance, type Checkpoint } from '../checkpoint.ts';
import { mergeInTransaction } from '../merge/merge.ts';
import { emptyStaging, openStaging, type Staging, stageRows, stageTruncate } from '../merge/staging.ts';
import { type Batch, type BatchOutcome, bytesOf, bytesOfChunks, giveBack, takeParts } from './batch.ts';
import type { Receiving } from './stream.ts';

export type Work = {
  readonly node: StreamNode;
  readonly store: Connection;
  readonly receiving: Receiving;
  readonly identity: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isPressed: () => boolean;
  /** A transaction's rows are staged before its commit is known from so many bytes on. */
  readonly spillBytes: number;
  /** Resolves when there may be something to do, or after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  /** The position to be durable at as soon as it is reached: null, where there is no hurry. */
  readonly target: Position | null;
  /** Called when less waits than before. */
  readonly onStaged: () => void;
  readonly onDurable: (held: Checkpoint, outcome: BatchOutcome) => void;
  readonly hook: (step: string) => Promise<void>;
};

/** A batch is closed so long after its first transaction: more that has already been committed comes along. */
const lingerMs = 5;
/** A position with nothing before it is written so often. */
const idleWriteMs = 5_000;
const idleTellMs = 1_000;

/**
 * Stages and merges a stream's batches one after the other, until the signal. Before each step nothing is lost by a kill:
 * the store is at `held`, and the log is read from there again.
 */
export async function work(work: Work, from: Checkpoint): Promise<void> {
  const { node, store, receiving, clock, hook } = work;
  const { state } = receiving;
  const stagings = new Map<number, Staging>();
  let held = from;
  let wroteMs = clock.nowMs();
  let toldMs = 0;

  while (!work.signal.aborted) {
    const [next] = state.queue;
    if (next !== undefined) {
      await hook('sealed');
      await stage(next);
      await hook('staged');
      await merge(next);
      state.queue.shift();
      await hook('merged');
      continue;
    }
    const bytes = bytesOf(state.filling);
    if (state.filling.position !== null && !state.isInside) {
      if (!work.isPressed()) await clock.sleep(lingerMs);
      receiving.seal();
    } else if (bytes >= work.spillBytes || (work.isPressed() && bytes > 0)) {
      // Whole transactions that are waiting in front of a large one are merged with it.
      if (state.filling.position !== null) receiving.seal();
      await stage(state.filling);
      await hook('spilled');
    } else if (isIdle() && (await idle())) {
      await hook('idle');
    } else {
      if (state.filling.position !== null) receiving.seal();
      await work.wait(250);
    }
  }

  function isIdle(): boolean {
    return !state.isInside && state.filling.steps.length === 0 && state.queue.length === 0;
  }

  async function stage(batch: Batch): Promise<void> {
    for (const { dataset, parts } of takeParts(batch)) {
      for (const part of parts) {
        const staging = await stagingFor(dataset, part.shape);
        if (part.kind === 'truncate') await stageTruncate(store, staging, part.ordinal, part.sequence);
        else {
          await stageRows(store, staging, bytesOfChunks(part.chunks));
          giveBack(part.chunks);
        }
      }
    }
    work.onStaged();
  }

  async function stagingFor(dataset: number, shape: StagedShape): Promise<Staging> {
    const known = stagings.get(dataset);
    if (known?.shape === shape) return known;
    const opened = await openStaging(store, must(node.datasets[dataset], 'dataset'), shape);
    if (known !== undefined && known.table !== opened.table) await moveStaged(store, known, opened);
    stagings.set(dataset, opened);
    return opened;
  }

  async function merge(batch: Batch): Promise<void> {
    const { position, steps } = batch;
    const last = must(steps.at(-1), 'step');
    const staged = [...batch.datasets].map(([dataset, waiting]) => ({
      staging: must(stagings.get(dataset), 'staging'),
      hasUnchanged: waiting.hasUnchanged,
    }));
    const to = { ordinal: last.ordinal, position, identity: work.identity };
    const merged = await store.transaction(async () => {
      const result = await mergeInTransaction(store, node.datasets, { held, to, steps, staged });
      await hook('before commit');
      return result;
    });
    held = merged.held;
    wroteMs = clock.nowMs();
    const rows = Object.values(merged.changes).reduce((sum, changes) => sum + changes, 0);
    work.onDurable(held, { kind: 'merged', ordinal: held.ordinal, position, rows, asOfMs: last.atMs });
  }

  /** Notes that the log was read on without anything for us; false where there is nothing to note. */
  async function idle(): Promise<boolean> {
    const { reached, reachedMs } = state;
    const nowMs = clock.nowMs();
    const isBehind = held.position === null || reached > held.position;
    const isWanted = work.target !== null && reached >= work.target && (held.position ?? '') < work.target;
    if (isBehind && (isWanted || nowMs - wroteMs >= idleWriteMs)) {
      const to = { ordinal: held.ordinal, position: reached, identity: work.identity };
      held = await store.transaction(() => advance(store, held, to));
      wroteMs = nowMs;
    } else if (reachedMs <= toldMs + idleTellMs) return false;
    toldMs = reachedMs;
    work.onDurable(held, { kind: 'idle', ordinal: held.ordinal, position: held.position, rows: 0, asOfMs: reachedMs });
    return true;
  }
}

/** Rows staged before a column's type changed within the same transaction join those staged after it. */
async function moveStaged(store: Connection, from: Staging, to: Staging): Promise<void> {
  const header = ['fh_ordinal', 'fh_seq', 'fh_op', 'fh_unchanged'].map((column) => name(column));
  const columns = to.shape.columns.map((column) => name(column.name));
  const values = to.shape.columns.map((column) => sql`cast(${name(column.name)} as ${words(column.wire)})`);
  await store.execute(sql`insert into ${name(to.table)} (${list([...header, ...columns])})
    select ${list([...header, ...values])} from ${name(from.table)}`);
  await emptyStaging(store, from);
}
