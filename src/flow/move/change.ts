import { must } from '../../base/must.ts';
import { type Connection, EngineError } from '../../engine/connection.ts';
import { sql, value } from '../../sql/sql.ts';
import { type Checkpoint, fence, noteMovedTo, readCheckpoint } from '../checkpoint.ts';
import { eraseInReplica, toErase } from '../erase/replica.ts';
import { catchUp, catchUpClock } from './catch-up.ts';
import { compareClosed, compareCurrent, type Hashings } from './compare.ts';
import { copyDelta } from './delta.ts';
import { copyNotes, writeCheckpoint } from './notes.ts';
import { readMoveParts } from './record.ts';
import type { Moving } from './refusal.ts';
import type { MovedDataset, MovedRows } from './resting.ts';

/** What is here already: rows of datasets, and the clock. `compared`: closed versions that ended by then are the old store's. */
export type Copied = {
  readonly moved: readonly MovedDataset[];
  readonly clock: MovedRows;
  readonly hashings: Hashings;
  readonly compared: bigint;
};

/**
 * The last of a move, and the change from one store to the other: one transaction of each, see `moveStream`. The checkpoint that both
 * have then. Errors: Differs.
 */
export async function changeStores(
  old: Connection,
  now: Connection,
  moving: Moving,
  copied: Copied,
  hook: (step: string) => Promise<void>,
): Promise<Checkpoint> {
  for (let tries = 1; ; tries++) {
    try {
      return await change(old, now, moving, copied, hook);
    } catch (failure) {
      // Whoever works on the stream takes its locks in another order now and then, and one of us is told to try again.
      if (!(failure instanceof EngineError && failure.kind === 'conflict') || tries === 5) throw failure;
    }
  }
}

function change(
  old: Connection,
  now: Connection,
  { stream, toPlace }: Moving,
  { moved, clock, hashings, compared }: Copied,
  hook: (step: string) => Promise<void>,
): Promise<Checkpoint> {
  const tables = moved.map(({ table }) => table);
  return old.transaction(async () => {
    // Merges, erasures, and what goes into an inbox: all wait for our end, and then find another epoch.
    await fence(old, [stream]);
    const at = must(await readCheckpoint(old, stream), `checkpoint of '${stream}'`);
    await old.query(sql`select address from freehold.fh_dataset where stream = ${value(stream)} for update`);
    await now.transaction(async () => {
      const parts = await readMoveParts(now, stream);
      for (const one of moved) await catchUp(old, now, stream, one, parts, at.ordinal, true);
      await catchUpClock(old, now, clock, parts, at.ordinal);
      await copyNotes(old, now, stream, tables);
      for (const table of tables) await copyDelta(old, now, stream, table, at.ordinal);
      // What was erased since it was copied: nothing but a tombstone tells.
      const erasing = await toErase(old, tables, 0n, at.erased);
      if (erasing !== null) await eraseInReplica(now, stream, tables, erasing);
      for (const one of moved) {
        await compareCurrent(old, now, one, hashings);
        await compareClosed(old, now, one, hashings, compared, at.ordinal);
      }
      await writeCheckpoint(old, now, stream);
      await hook('move compared');
    });
    await hook('move committed');
    await noteMovedTo(old, [stream], toPlace);
    return at;
  });
}
