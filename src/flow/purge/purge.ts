import type { Connection } from '../../engine/connection.ts';
import type { PurgeNode } from '../../plan/plan.ts';
import { endless } from '../bookkeeping.ts';
import { formersOf } from '../handover/former.ts';
import { isTable } from '../tables.ts';
import { thinClock } from './clock.ts';
import { purgeDelta } from './delta.ts';
import { purgeHistory } from './history.ts';
import { slowestReader } from './readers.ts';

/**
 * Drops the tables of deltas that nobody has to read any more, of one stream in one container; how many. Merges go on
 * meanwhile: they never touch a closed version, nor a table of the delta that is not the last.
 */
export async function purgeDeltas(c: Connection, node: PurgeNode): Promise<number> {
  const slowest = await slowestReader(c, node.stream, node.readers);
  let dropped = 0;
  for (const dataset of node.datasets) {
    if (!dataset.keepsDelta) continue;
    // Nobody has begun to read: whoever does copies everything.
    dropped += await purgeDelta(c, dataset, slowest ?? endless);
  }
  return dropped;
}

/** Deletes versions and ticks of the clock that nobody may ask for any more; how many. `nowMs` is now. */
export async function purgeVersions(
  c: Connection,
  node: PurgeNode,
  nowMs: number,
): Promise<{ readonly versions: number; readonly ticks: number }> {
  const slowest = await slowestReader(c, node.stream, node.readers);
  let versions = 0;
  for (const dataset of node.datasets) {
    if (await isTable(c, dataset.schema, dataset.history)) versions += await purgeHistory(c, dataset, slowest, nowMs);
  }
  // Rows of then may be current rows of now: their clocks stay, and are thinned alike.
  const formers = await formersOf(
    c,
    node.datasets.map(({ address }) => address),
  );
  let ticks = 0;
  for (const stream of new Set([node.stream, ...formers.map((former) => former.stream)]))
    ticks += await thinClock(c, stream, nowMs);
  return { versions, ticks };
}
