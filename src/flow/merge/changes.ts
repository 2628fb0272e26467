import type { Connection } from '../../engine/connection.ts';
import type { Table, TableColumn } from '../../plan/plan.ts';
import { empty, list, name, type Sql, sql } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { sameKey } from '../key.ts';
import { type Staging, stagedValue } from './staging.ts';

/**
 * Finds in the staged rows what really changed, into the table of changes: one row for each key and ordinal at which the
 * key's row became another, appeared or went; how many.
 *
 * 1. `s`, `n`: of each key's rows within an ordinal the last counts; `fh_n` numbers a key's ordinals within the batch.
 * 2. Each is compared with what was before it: the key's ordinal before it in the batch, else its current row. Equal by
 *    value, or gone and gone: no change. Comparing with a row that was itself no change is comparing with its equal.
 * 3. `fh_first`, `fh_next`: the first real change of a key ends the current row's validity; each ends its predecessor's.
 *
 * `fh_had` tells whether there was a row before; `fh_row` is the address of the key's current row, where the engine has such,
 * or null where the key has none. A join that finds a key in the current table at most once, and windows
 * over one order: linear in the batch, whatever the table's size.
 */
export async function findChanges(c: Connection, table: Table, staging: Staging): Promise<number> {
  const columns = list(table.columns.map((column) => name(column.name)));
  const key = list(table.key.map((one) => name(one)));
  const rest = table.columns.filter((column) => !table.key.includes(column.name));
  const values = table.columns.map((column) => sql`${stagedValue(c, staging.shape, column)} as ${name(column.name)}`);
  const before =
    rest.length === 0 ? sql`null` : sql`lag(row(${list(rest.map((one) => compared(c, sql``, one)))})) over w`;
  const { rowAddress } = c.dialect;
  const row = rowAddress === null ? empty : sql`fh_row, `;
  const found = rowAddress === null ? empty : sql`c.${name(rowAddress.column)} as fh_row, `;
  return c.execute(sql`insert into ${name(staging.changes)} (fh_ordinal, fh_op, fh_first, fh_had, fh_next, ${row}${columns})
select fh_ordinal, fh_op, row_number() over w = 1, fh_had, lead(fh_ordinal) over w, ${row}${columns}
from (
  select ${list(table.columns.map((column) => sql`n.${name(column.name)}`))}, n.fh_ordinal, n.fh_op, ${found}
    case when n.fh_n = 1 then c.fh_from is not null else n.fh_was = 1 end as fh_had
  from (
    select fh_ordinal, fh_op, ${columns}, row_number() over w as fh_n, lag(fh_op) over w as fh_was, ${before} as fh_before
    from (
      select fh_ordinal, fh_op, ${columns}, lead(fh_ordinal) over (partition by ${key} order by fh_ordinal, fh_seq) as fh_later
      from (select fh_ordinal, fh_seq, fh_op, ${list(values)} from ${name(staging.table)} s) r
    ) s
    where fh_later is null or fh_later <> fh_ordinal
    window w as (partition by ${key} order by fh_ordinal)
  ) n
  left join ${name(table.schema, table.current)} c
    on ${sameKey(table.key, sql`c`, sql`n`)}
  where case
    when n.fh_n = 1 and n.fh_op = 0 then c.fh_from is not null
    when n.fh_n = 1 then c.fh_from is null or ${isOther(c, rest)}
    when n.fh_op <> n.fh_was then true
    else n.fh_op = 1 and ${rest.length === 0 ? sql`false` : sql`row(${list(rest.map((one) => compared(c, sql`n.`, one)))}) is distinct from n.fh_before`}
  end
) r
window w as (partition by ${key} order by fh_ordinal)`);
}

/** Is staged row `n` other than current row `c`, null-aware and by value, in any of the columns? */
export function isOther(c: Connection, columns: readonly TableColumn[]): Sql {
  if (columns.length === 0) return sql`false`;
  const differences = columns.map(
    (one) => sql`${compared(c, sql`c.`, one)} is distinct from ${compared(c, sql`n.`, one)}`,
  );
  return sql`(${list(differences, ' or ')})`;
}

/**
 * What equality by value means: the physical type's own, in which NaN equals NaN and 1.0 equals 1.00. But PostgreSQL's
 * intervals of a month and of 30 days are equal and not the same, and so are the numbers 1.0 and 1.00 within json (its
 * text keeps them apart, and other engines hold the text): those by their canonical text.
 */
export function compared(c: Connection, of: Sql, column: TableColumn): Sql {
  const value = sql`${of}${name(column.name)}`;
  return isByText(column.type) ? c.types.canonicalText(column.type, value) : value;
}

export function isByText(type: Type): boolean {
  return type.kind === 'interval' || type.kind === 'json' || (type.kind === 'array' && isByText(type.of));
}
