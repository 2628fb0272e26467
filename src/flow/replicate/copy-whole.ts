import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { applySettings, recordLoaded } from '../bookkeeping.ts';
import { copyRows } from '../copy.ts';
import { buildKey, isTable } from '../tables.ts';
import { storedVersions, versionColumns } from './versions.ts';

/**
 * A dataset that is new in the replica: its current rows, and its versions where both keep them, as of ordinal `at`, in
 * the caller's transactions. The number of rows. What an earlier life of the tables left goes first: `isServing` says that
 * readers see it until the transaction ends.
 */
export async function copyWhole(
  store: Connection,
  replica: Connection,
  stream: string,
  dataset: ReplicaDataset,
  at: bigint,
  storeCompleteFrom: bigint | undefined,
  isServing = false,
): Promise<number> {
  await applySettings(replica, replica.dialect.bulkSettings);
  const current = [dataset.schema, dataset.current] as const;
  const emptied = isServing ? sql`delete from` : sql`truncate`;
  await replica.execute(sql`${emptied} ${name(...current)}`);
  const hasHistory = dataset.layout !== 'live' && (await isTable(store, dataset.store.schema, dataset.store.history));
  const stored = storedVersions(store, hasHistory ? dataset : { ...dataset, layout: 'live' });
  let rows = await copyRows(store, sql`${stored.current} r`, versionColumns(dataset, 'fh_from'), replica, current);
  await buildKey(replica, dataset);
  await replica.execute(sql`analyze ${name(...current)}`);
  if (dataset.layout !== 'live') await replica.execute(sql`${emptied} ${name(dataset.schema, dataset.history)}`);
  if (hasHistory) {
    const into = [dataset.schema, dataset.history] as const;
    rows += await copyRows(store, sql`${stored.closed} v`, versionColumns(dataset, 'fh_from', 'fh_to'), replica, into);
  }
  const completeFrom = hasHistory ? (storeCompleteFrom ?? at) : at;
  await recordLoaded(replica, stream, dataset.address, { completeFrom, position: null, deltaFrom: null });
  return rows;
}
