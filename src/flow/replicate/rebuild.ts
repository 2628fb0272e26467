import { randomBytes } from 'node:crypto';
import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { list, literal, name, sql, value } from '../../sql/sql.ts';
import { applySettings, loadedDatasets } from '../bookkeeping.ts';
import { copyRows } from '../copy.ts';
import { sameKey } from '../key.ts';
import { isTable } from '../tables.ts';
import { copyWhole } from './copy-whole.ts';
import { storedVersions, versionColumns } from './versions.ts';

/**
 * A dataset of a replica at `from` whose changes since are in no delta any more: it becomes what the store has at `at` by
 * its differences, so that whoever reads it sees one step like any other. In the callers' transactions; the rows copied.
 *
 * Current rows: a row is the same where key and `fh_from` are; others go and come. Closed versions: those that ended
 * after `from` are in the store and not here. Versions that the store has purged meanwhile are nowhere: the replica is then
 * complete from where the store is.
 */
export async function rebuild(
  store: Connection,
  replica: Connection,
  stream: string,
  dataset: ReplicaDataset,
  from: bigint,
  at: bigint,
): Promise<number> {
  const inStore = (await loadedDatasets(store, stream)).get(dataset.address);
  const hasHistory = dataset.layout !== 'live' && (await isTable(store, dataset.store.schema, dataset.store.history));
  // Of a part of the columns versions are made of several: from where a version here goes on is not in the store.
  if (dataset.store.isPart === true && hasHistory)
    return copyWhole(store, replica, stream, dataset, at, inStore?.completeFrom, true);
  const current = [dataset.schema, dataset.current] as const;
  const { current: rowsNow, closed } = storedVersions(store, { ...dataset, layout: 'live' });
  if (dataset.key.length === 0) {
    const added = sql`(select * from ${rowsNow} r where fh_from > ${literal(from)}) added`;
    return copyRows(store, added, versionColumns(dataset, 'fh_from'), replica, current);
  }
  await applySettings(replica, replica.dialect.bulkSettings);
  const now = `fh_rebuilt_${randomBytes(6).toString('hex')}`;
  const columns = versionColumns(dataset, 'fh_from');
  const typed = columns.map((column) => sql`${name(column.name)} ${replica.types.physical(column.type)}`);
  await replica.execute(sql`create temporary table ${name(now)} (${list(typed)})`);
  let rows = await copyRows(store, sql`${rowsNow} r`, columns, replica, [now]);
  if (hasHistory) {
    const ended = sql`(select * from ${closed} v where fh_to > ${literal(from)}) ended`;
    const versions = versionColumns(dataset, 'fh_from', 'fh_to');
    rows += await copyRows(store, ended, versions, replica, [dataset.schema, dataset.history]);
  }
  const same = sameKey([...dataset.key, 'fh_from'], sql`c`, sql`n`);
  const names = list(columns.map((column) => name(column.name)));
  await replica.execute(sql`analyze ${name(now)}`);
  await replica.execute(sql`delete from ${name(...current)} c
    where not exists (select 1 from ${name(now)} n where ${same})`);
  await replica.execute(sql`insert into ${name(...current)} (${names})
    select ${names} from ${name(now)} n where not exists (select 1 from ${name(...current)} c where ${same})`);
  await replica.execute(sql`drop table ${name(now)}`);
  const begin = hasHistory ? (inStore?.completeFrom ?? at) : at;
  await replica.execute(sql`update freehold.fh_dataset set complete_from = ${literal(begin)}
    where address = ${value(dataset.address)} and complete_from < ${literal(begin)}`);
  return rows;
}
