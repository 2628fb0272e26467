import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { integer, loadedDatasets } from '../bookkeeping.ts';
import { ourSide } from '../ranges/side.ts';
import type { Key } from '../ranges/tally.ts';
import { lookAt } from './look.ts';

export type StoredTables = Pick<Table, 'address' | 'schema' | 'history' | 'delta' | 'columns' | 'key' | 'layout'> & {
  readonly keepsDelta: boolean;
};

/**
 * The last ordinal after `since` at which a key's row changed or went, of the keys of which the store has such a trace:
 * in its delta, or as a closed version. Null where nothing of it was kept since then, so that nobody can say.
 */
export async function tracesSince(
  store: Connection,
  stream: string,
  dataset: StoredTables,
  keys: readonly Key[],
  since: bigint,
): Promise<ReadonlyMap<string, bigint> | null> {
  // Rows without key are only ever added.
  if (dataset.key.length === 0) return new Map();
  const loaded = (await loadedDatasets(store, stream)).get(dataset.address);
  if (loaded === undefined) return null;
  const columns = dataset.columns.filter((column) => dataset.key.includes(column.name));
  const of = { columns, key: dataset.key };
  const from = (table: string) => sql`${name(dataset.schema, table)}`;
  const hasHistory = dataset.layout === 'split' && loaded.completeFrom <= since;
  const hasDelta = dataset.keepsDelta && loaded.deltaFrom !== null && loaded.deltaFrom <= since;
  if (!hasHistory && !hasDelta) return null;
  const side = hasHistory
    ? ourSide('store', store, from(dataset.history), of, { since: sql`fh_to`, filter: sql`fh_to > ${integer(since)}` })
    : ourSide('store', store, from(dataset.delta), of, {
        since: sql`fh_ordinal`,
        filter: sql`fh_ordinal > ${integer(since)}`,
      });
  return new Map([...(await lookAt(side, keys))].map(([text, looked]) => [text, looked.since]));
}
