import { must } from '../base/must.ts';
import type { Connection } from '../engine/connection.ts';
import type { Table } from '../plan/plan.ts';
import { list, name, type Sql, sql, value } from '../sql/sql.ts';
import { type DeltaRange, deltaRanges, endless, integer } from './bookkeeping.ts';
import { createDeltaTable } from './tables.ts';

/**
 * A dataset's delta: each ordinal's net change of each key (`fh_ordinal`, `fh_op`: 0 gone, 1 new or changed), in several
 * tables, one behind the other, each for a range of ordinals. What every reader has passed goes by dropping a table; no
 * reader ever waits for that, since none of them reads it any more.
 */
const rowsInRange = 1_000_000;

/** Appends a batch's net changes, in the merge's transaction. `changes`: columns of the table, then ordinal and operation. */
export async function appendDelta(
  c: Connection,
  table: Table,
  { changes, rows, upTo }: { readonly changes: Sql; readonly rows: number; readonly upTo: bigint },
): Promise<void> {
  if (rows === 0) return;
  const columns = [...table.columns.map((column) => column.name), 'fh_ordinal', 'fh_op'];
  const mine = sql`address = ${value(table.address)}`;
  const [last] = await c.query(sql`update freehold.fh_delta_range set rows = rows + ${integer(BigInt(rows))}
    where ${mine} and n = (select max(n) from freehold.fh_delta_range where ${mine})
    returning n, "table" as named, rows`);
  const range = must(last, `a table of the delta of '${table.address}'`);
  await c.execute(sql`insert into ${name(table.schema, String(range.named))} (${list(columns.map((one) => name(one)))})
    ${changes}`);
  if (Number(range.rows) < rowsInRange) return;
  const n = Number(range.n) + 1;
  const next = await createDeltaTable(c, table, n);
  await c.execute(sql`insert into freehold.fh_delta_range (address, n, "table", after_ordinal, rows)
    values (${value(table.address)}, ${value(n)}, ${value(next)}, ${integer(upTo)}, 0)`);
}

/** A dataset's delta: where it rests, and which of its columns are of interest. */
export type Delta = { readonly address: string; readonly schema: string; readonly columns: readonly string[] };

/**
 * The relation of a dataset's changes, with `fh_ordinal` and `fh_op`, that holds those of the ordinals after `after`, up to
 * `upTo` (null: all), and others besides: the condition on `fh_ordinal` is the caller's. Null: it keeps none.
 */
export async function deltaRelation(
  c: Connection,
  { address, schema, columns }: Delta,
  after: bigint,
  upTo: bigint | null,
): Promise<Sql | null> {
  const ranges = await deltaRanges(c, address);
  const read = ranges.filter(
    (range, i) => endOf(ranges, i) > after && (upTo === null || range.after < upTo || i === ranges.length - 1),
  );
  if (read.length === 0) return null;
  const selected = list(['fh_ordinal', 'fh_op', ...columns].map((column) => name(column)));
  const tables = read.map((range) => sql`select ${selected} from ${name(schema, range.table)}`);
  return sql`(${list(tables, ' union all ')})`;
}

/** The last ordinal that can be in a range; of the last one, which is open, the largest there is. */
export function endOf(ranges: readonly DeltaRange[], index: number): bigint {
  return ranges[index + 1]?.after ?? endless;
}
