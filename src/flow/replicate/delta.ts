import { must } from '../../base/must.ts';
import { stagedColumns } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { readAs, sharedTransport } from '../copy.ts';
import { type Delta, deltaRelation } from '../delta.ts';
import { openStaging, type Staging, wholeShape } from '../merge/staging.ts';

/** Rows of one dataset's delta in one step, more or less: ordinals are never cut. */
const rowsInStep = 100_000;

/** The ordinal in (after, to] up to which no dataset has many more rows than a step should have. */
export async function boundary(
  store: Connection,
  datasets: readonly ReplicaDataset[],
  after: bigint,
  to: bigint,
): Promise<bigint> {
  let nearest = to;
  for (const dataset of datasets) {
    const delta = await deltaRelation(store, deltaOf(dataset), after, nearest);
    const [row] = await store.query(
      sql`select fh_ordinal from ${kept(dataset, delta)} d
        where fh_ordinal > ${integer(after)} and fh_ordinal <= ${integer(nearest)}
        order by fh_ordinal offset ${integer(BigInt(rowsInStep))} limit 1`,
    );
    if (row === undefined) continue;
    const ordinal = BigInt(String(row.fh_ordinal));
    // The ordinal at the bound goes into the next step, unless it is the only one.
    nearest = ordinal - 1n > after ? ordinal - 1n : ordinal;
  }
  return nearest;
}

/** A dataset's delta in (after, to] into staging of the replica's session; the number of rows. */
export async function stageDelta(
  store: Connection,
  replica: Connection,
  dataset: ReplicaDataset,
  after: bigint,
  to: bigint,
): Promise<{ readonly staging: Staging; readonly rows: number }> {
  const transport = sharedTransport(store, replica);
  const staging = await openStaging(replica, dataset, wholeShape(replica, dataset.columns, transport));
  const columns = dataset.columns.map((column) => ({
    name: column.name,
    type: column.type,
    read: sql`${name(column.name)}`,
  }));
  const delta = await deltaRelation(store, deltaOf(dataset), after, to);
  const nothing = sql`cast(null as ${store.types.physical({ kind: 'binary' })})`;
  // One row for each key and ordinal, so that their order within an ordinal is of no account.
  const rows = store.copyOut(
    sql`select fh_ordinal, cast(0 as integer), fh_op, ${nothing}, ${list(readAs(store, columns, transport))}
      from ${kept(dataset, delta)} d
      where fh_ordinal > ${literal(after)} and fh_ordinal <= ${literal(to)}`,
    transport,
  );
  const names = [...stagedColumns, ...dataset.columns.map((column) => column.name)];
  return { staging, rows: await replica.copyIn([staging.table], names, rows, transport) };
}

export function deltaOf({ address, store, columns }: ReplicaDataset): Delta {
  return { address, schema: store.schema, columns: columns.map((column) => column.name) };
}

function kept({ address }: ReplicaDataset, delta: Sql | null): Sql {
  return must(delta, `the delta of '${address}' in its store`);
}
