import { digestJson } from '../../base/digest.ts';
import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, TableColumn } from '../../plan/plan.ts';
import { render } from '../../sql/render.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { copyRows } from '../copy.ts';
import { leaveOut } from '../erase/leave-out.ts';
import { sourceColumns, sourceOf } from './source-columns.ts';

/** Rows of a dataset as they were read, in a temporary table of the store's session, of physical types. */
export type ReadRows = {
  readonly dataset: StreamDataset;
  readonly table: string;
  readonly rows: number;
  /** Rows of keys that were erased: they came over and are not in the table, nor counted. */
  readonly erased: number;
};

/** Reads rows of a dataset, those that `where` lets through, in the view that the source's session is in. */
export async function readRows(
  source: Connection,
  capture: Capture,
  store: Connection,
  dataset: StreamDataset,
  where: Sql | null,
): Promise<ReadRows> {
  const table = await emptyTable(store, 'read', dataset);
  return { dataset, table, ...(await addRows(source, capture, store, dataset, table, where)) };
}

/** The same of some columns alone. */
export async function readColumns(
  source: Connection,
  capture: Capture,
  store: Connection,
  dataset: StreamDataset,
  columns: readonly TableColumn[],
): Promise<ReadRows> {
  const some = { ...dataset, columns };
  const table = await emptyTable(store, 'keys', some);
  return { dataset, table, ...(await addRows(source, capture, store, some, table, null)) };
}

/** Reads further rows into a table that one of these made. */
export async function addRows(
  source: Connection,
  capture: Capture,
  store: Connection,
  dataset: StreamDataset,
  table: string,
  where: Sql | null,
): Promise<Pick<ReadRows, 'rows' | 'erased'>> {
  const columns = sourceColumns(capture, dataset);
  const copied = await copyRows(source, sourceOf(dataset), columns, store, [table], where ?? undefined);
  const erased = await leaveOut(store, dataset, name(table));
  return { rows: copied - erased, erased };
}

export async function dropRead(store: Connection, table: string): Promise<void> {
  await store.execute(sql`drop table if exists ${name(table)}`).catch(() => undefined);
}

async function emptyTable(store: Connection, what: 'read' | 'keys', dataset: StreamDataset): Promise<string> {
  const physical = dataset.columns.map((column) => sql`${name(column.name)} ${store.types.physical(column.type)}`);
  const spelled = physical.map((column) => render(column, store.dialect).text);
  const table = `fh_${what}_${digestJson([dataset.address, spelled]).slice(0, 16)}`;
  const made = sql`create temporary table ${name(table)} (${list(physical)})`;
  await store.execute(sql`${list([sql`drop table if exists ${name(table)}`, made], ';\n')}`);
  return table;
}
