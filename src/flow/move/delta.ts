import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { list, literal, name, sql, value } from '../../sql/sql.ts';
import { bigintOrNull, deltaRanges, integer } from '../bookkeeping.ts';
import { sharedTransport } from '../copy.ts';
import { deltaRelation, endOf } from '../delta.ts';
import type { KeptTable } from '../tables.ts';

/** A reader that lacks more than so many changes is rebuilt by difference, as one that was away for too long. */
const rowsMoved = 1_000_000;

/**
 * Copies what the slowest reader of a dataset's delta still lacks, in the place of what there is, so that replicas go on from the new
 * store as they would have from the old one. In the caller's transactions, behind `copyNotes`.
 */
export async function copyDelta(
  old: Connection,
  now: Connection,
  stream: string,
  table: KeptTable,
  ordinal: bigint,
): Promise<void> {
  if (!table.keepsDelta) return;
  const { address, schema } = table;
  const mine = sql`address = ${value(address)}`;
  const after = await begin(old, stream, address, ordinal);
  const ranges = await deltaRanges(now, address);
  for (const range of ranges) await now.execute(sql`truncate ${name(schema, range.table)}`);
  const [first] = ranges;
  const into = must(first, `a table of the delta of '${address}'`).table;
  const columns = ['fh_ordinal', 'fh_op', ...table.columns.map((column) => column.name)];
  const delta =
    after === ordinal ? null : await deltaRelation(old, { address, schema, columns: columns.slice(2) }, after, ordinal);
  let rows = 0;
  if (delta !== null) {
    const coming = old.copyOut(
      sql`select ${list(columns.map((column) => name(column)))} from ${delta} d where fh_ordinal > ${literal(after)}`,
      sharedTransport(old, now),
    );
    rows = await now.copyIn([schema, into], columns, coming, sharedTransport(old, now));
  }
  await now.execute(sql`update freehold.fh_delta_range set after_ordinal = ${integer(after)}, rows = ${integer(BigInt(rows))}
    where ${mine} and "table" = ${value(into)}`);
  await now.execute(sql`update freehold.fh_dataset set delta_from = ${integer(after)} where ${mine}`);
}

/** The ordinal from which on the delta goes along. */
async function begin(old: Connection, stream: string, address: string, ordinal: bigint): Promise<bigint> {
  const [row] = await old.query(sql`select
      (select delta_from from freehold.fh_dataset where address = ${value(address)}) as kept,
      (select min(ordinal) from freehold.fh_reader where stream = ${value(stream)}) as slowest`);
  const [kept, slowest] = [bigintOrNull(row?.kept), bigintOrNull(row?.slowest)];
  if (kept === null || slowest === null) return ordinal;
  const after = kept > slowest ? kept : slowest;
  const ranges = await deltaRanges(old, address);
  const lacking = ranges.reduce((sum, range, i) => (endOf(ranges, i) > after ? sum + range.rows : sum), 0);
  return lacking > rowsMoved || after > ordinal ? ordinal : after;
}
