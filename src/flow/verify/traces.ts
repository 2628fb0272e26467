import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { integer, loadedDatasets } from '../bookkeeping.ts';
import { deltaRelation } from '../delta.ts';
import { ourSide, type Side } from '../ranges/side.ts';
import type { Key } from '../ranges/tally.ts';
import { lookAt } from './look.ts';

export type StoredTables = Pick<Table, 'address' | 'schema' | 'history' | 'columns' | 'key' | 'layout'> & {
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
  const hasHistory = dataset.layout !== 'live' && loaded.completeFrom <= since;
  const hasDelta = dataset.keepsDelta && loaded.deltaFrom !== null && loaded.deltaFrom <= since;
  if (!hasHistory && !hasDelta) return null;
  const side = hasHistory ? inHistory() : await inDelta();
  if (side === null) return null;
  return new Map([...(await lookAt(side, keys))].map(([text, looked]) => [text, looked.since]));

  function inHistory(): Side {
    const history = sql`${name(dataset.schema, dataset.history)}`;
    return ourSide('store', store, history, of, { since: sql`fh_to`, filter: sql`fh_to > ${integer(since)}` });
  }

  async function inDelta(): Promise<Side | null> {
    const { address, schema } = dataset;
    const delta = await deltaRelation(store, { address, schema, columns: columns.map((one) => one.name) }, since, null);
    if (delta === null) return null;
    const more = { since: sql`fh_ordinal`, filter: sql`fh_ordinal > ${integer(since)}` };
    return ourSide('store', store, sql`${delta} d`, of, more);
  }
}
