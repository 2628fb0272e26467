import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { integer, loadedDatasets } from '../bookkeeping.ts';
import { type Branch, branchesOf, followedBranches, lastBranch, sharedUpTo } from '../branch.ts';
import { isTable } from '../tables.ts';

/**
 * Up to which ordinal the replica is of the store's past: less than its own where the store was put back and went on from
 * there. `branches`: the store's, where the replica has not seen them all; null: it has.
 */
export async function sharedPast(
  store: Connection,
  replica: Connection,
  stream: string,
  ordinal: bigint,
): Promise<{ readonly upTo: bigint; readonly branches: readonly Branch[] | null }> {
  const known = await lastBranch(replica, 'followed', stream);
  if ((await lastBranch(store, 'branch', stream)) === known) return { upTo: ordinal, branches: null };
  const branches = await branchesOf(store, stream);
  return { upTo: sharedUpTo(branches, await followedBranches(replica, stream), ordinal), branches };
}

/**
 * Takes out of a replica what came after an ordinal, in the transaction of a step that then rebuilds its datasets by
 * difference. What a version that began earlier was at that ordinal is in the store, as a current row or a closed one.
 * The answer says of which datasets nothing here is of use: that were copied after it, or erased from.
 */
export async function goBack(
  replica: Connection,
  stream: string,
  datasets: readonly ReplicaDataset[],
  to: bigint,
  erased: bigint,
): Promise<(dataset: ReplicaDataset) => boolean> {
  const inReplica = await loadedDatasets(replica, stream);
  for (const { schema, current, history } of datasets) {
    await replica.execute(sql`delete from ${name(schema, current)} where fh_from > ${integer(to)}`);
    if (await isTable(replica, schema, history))
      await replica.execute(sql`delete from ${name(schema, history)} where fh_to > ${integer(to)}`);
  }
  await replica.execute(
    sql`delete from freehold.fh_clock where stream = ${value(stream)} and ordinal > ${integer(to)}`,
  );
  await replica.execute(
    sql`delete from freehold.fh_gap where stream = ${value(stream)} and to_ordinal > ${integer(to)}`,
  );
  return ({ address }) => erased > to || (inReplica.get(address)?.completeFrom ?? 0n) > to;
}
