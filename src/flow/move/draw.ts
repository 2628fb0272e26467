import type { Connection } from '../../engine/connection.ts';
import { catchUp, catchUpClock } from './catch-up.ts';
import type { Copying } from './copy.ts';
import { readMoveParts } from './record.ts';
import type { MovedDataset, MovedRows } from './resting.ts';

/** So often what changed meanwhile is fetched before the old store is made to wait, unless it took no longer than this. */
const rounds = 5;
const shortMs = 2_000;

/** Draws nearer to the old store, which goes on. A transaction for each dataset, and for the clock. Cut and twice: less is left to do. */
export async function drawNear(
  old: Connection,
  now: Connection,
  moved: readonly MovedDataset[],
  clock: MovedRows,
  { stream, ordinal, hook }: Pick<Copying, 'stream' | 'ordinal' | 'hook'>,
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const startedMs = performance.now();
    const upTo = await ordinal();
    const parts = await readMoveParts(now, stream);
    if (parts.every(({ asOf }) => asOf === upTo)) return;
    for (const one of moved) await now.transaction(() => catchUp(old, now, stream, one, parts, upTo, false));
    await now.transaction(() => catchUpClock(old, now, clock, parts, upTo));
    await hook('move drew near');
    if (performance.now() - startedMs < shortMs) return;
  }
}
