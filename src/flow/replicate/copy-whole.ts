import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { name, sql, value } from '../../sql/sql.ts';
import { applySettings, recordLoaded } from '../bookkeeping.ts';
import { type CopiedColumn, copyRows } from '../copy.ts';
import { buildKey } from '../tables.ts';

/**
 * A dataset that is new in the replica: its current rows, and its versions where both keep them, as of ordinal `at`, in
 * the caller's transactions. The number of rows. What an earlier life of the tables left is emptied first.
 */
export async function copyWhole(
  store: Connection,
  replica: Connection,
  stream: string,
  dataset: ReplicaDataset,
  at: bigint,
  storeCompleteFrom: bigint | undefined,
): Promise<number> {
  await applySettings(replica, replica.dialect.bulkSettings);
  const current = [dataset.schema, dataset.current] as const;
  await replica.execute(sql`truncate ${name(...current)}`);
  const from = sql`${name(dataset.store.schema, dataset.store.current)}`;
  let rows = await copyRows(store, from, [...columnsOf(dataset), bigint('fh_from')], replica, current);
  await buildKey(replica, dataset);
  await replica.execute(sql`analyze ${name(...current)}`);
  const hasHistory = dataset.layout === 'split' && (await isTable(store, dataset.store.schema, dataset.store.history));
  if (dataset.layout === 'split') await replica.execute(sql`truncate ${name(dataset.schema, dataset.history)}`);
  if (hasHistory) {
    const versions = [...columnsOf(dataset), bigint('fh_from'), bigint('fh_to')];
    const history = sql`${name(dataset.store.schema, dataset.store.history)}`;
    rows += await copyRows(store, history, versions, replica, [dataset.schema, dataset.history]);
  }
  const completeFrom = hasHistory ? (storeCompleteFrom ?? at) : at;
  await recordLoaded(replica, stream, dataset.address, { completeFrom, position: null, deltaFrom: null });
  return rows;
}

function columnsOf(dataset: ReplicaDataset): readonly CopiedColumn[] {
  return dataset.columns.map((column) => ({ name: column.name, type: column.type, read: sql`${name(column.name)}` }));
}

function bigint(column: string): CopiedColumn {
  return { name: column, type: { kind: 'int', bits: 64 }, read: sql`${name(column)}` };
}

async function isTable(c: Connection, schema: string, table: string): Promise<boolean> {
  const rows = await c.query(sql`select table_name from information_schema.tables
    where table_schema = ${value(schema)} and table_name = ${value(table)}`);
  return rows.length > 0;
}
