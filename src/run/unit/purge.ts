import { steadyMs } from '../../base/clock.ts';
import type { Connection } from '../../engine/connection.ts';
import { erasuresOf } from '../../flow/erase/erase.ts';
import { purgeDeltas, purgeVersions } from '../../flow/purge/purge.ts';
import { purgeRetired } from '../../flow/reshape/retired.ts';
import type { Plan, PurgeNode } from '../../plan/plan.ts';
import { sql, words } from '../../sql/sql.ts';
import { finish } from '../erase.ts';
import type { WorkContext } from './context.ts';

const everyMs = 60_000;
/** Retention is a matter of days. */
const versionsEveryMs = 3_600_000;

/** Purges all streams of a database, one after the other, now and then; there is no session between. */
export async function purgeWork(
  nodes: readonly PurgeNode[],
  plan: Plan,
  container: string,
  context: WorkContext,
): Promise<void> {
  const unit = `purge:${container}`;
  let versionsMs = Number.NEGATIVE_INFINITY;
  while (!context.signal.aborted) {
    const startedMs = steadyMs(context.clock);
    const isOld = startedMs - versionsMs >= versionsEveryMs;
    await purge(isOld);
    if (isOld) versionsMs = startedMs;
    if (context.once) return;
    await context.clock.sleep(everyMs, context.signal);
  }

  async function purge(isOld: boolean): Promise<void> {
    await using connection = await context.containers.connect(container, 'purge');
    for (const node of nodes) {
      if (context.signal.aborted) return;
      await purgeDeltas(connection, node);
      await finishErasuresOf(node, connection);
      if (!isOld) continue;
      const nowMs = await soberMs(connection, context);
      for (const dataset of node.datasets)
        for (const finding of await purgeRetired(connection, dataset, nowMs))
          context.on({ kind: 'noticed', unit, node: node.id, finding });
      const { versions } = await purgeVersions(connection, node, nowMs);
      context.on({ kind: 'purged', unit, stream: node.stream, container, versions });
    }
  }
  /** Where an erasure was cut, or a replica was away. */
  async function finishErasuresOf({ stream }: PurgeNode, connection: Connection): Promise<void> {
    const node = plan.nodes.find((other) => other.kind === 'stream' && other.stream === stream);
    if (node?.kind !== 'stream' || node.container !== container) return;
    const open = (await erasuresOf(connection, node.datasets)).filter(({ isFinished }) => !isFinished);
    if (open.length > 0) await finish(plan, node, context.containers, context.ledger);
  }
}

/** The earlier of our time and the database's: what goes is gone, and one clock that was set wrong is not to be believed. */
async function soberMs(connection: Connection, { clock }: WorkContext): Promise<number> {
  const [row] = await connection.query(
    sql`select cast(extract(epoch from current_timestamp) * 1000 as ${words(connection.dialect.bigint)}) as at_ms`,
  );
  return Math.min(clock.nowMs(), Number(row?.at_ms));
}
