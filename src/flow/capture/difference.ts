import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { empty, list, name, type Sql, sql } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { keyColumns, sameKey } from '../key.ts';
import { isOther } from '../merge/changes.ts';
import type { Staging } from '../merge/staging.ts';
import { type Quarantined, seenRows } from '../quality/quarantine.ts';

export type Differences = {
  readonly found: number;
  readonly deleted: number;
  /** Rows now in the store; null where nothing would be deleted, and so nobody asks. */
  readonly stored: number | null;
};

/**
 * Which of the current rows `c` a read speaks for. `of`: a condition on them; null: all. `sees`: `deletes` where a key of
 * theirs that was not read is gone; `rows` where the read says nothing of keys that it does not have.
 */
export type Scope = { readonly of: Sql | null; readonly sees: 'deletes' | 'rows' };

export const wholeTable: Scope = { of: null, sees: 'deletes' };

/**
 * Stages, as one ordinal, what makes the current rows in scope equal to the rows just read (`read`, a temporary table of
 * physical types): compared by key in one join, by value and null-aware; without a key, as bags of rows.
 */
export async function stageDifferences(
  c: Connection,
  dataset: StreamDataset & Quarantined,
  read: string,
  staging: Staging,
  ordinal: bigint,
  scope: Scope = wholeTable,
): Promise<Differences> {
  if (dataset.key.length === 0) return stageAdded(c, dataset, read, staging, ordinal, scope);
  const [first] = dataset.key.map((key) => name(key));
  const columns = dataset.columns.map((column) => name(column.name));
  const values = dataset.columns.map((column) =>
    dataset.key.includes(column.name)
      ? sql`coalesce(n.${name(column.name)}, c.${name(column.name)})`
      : sql`n.${name(column.name)}`,
  );
  const rest = dataset.columns.filter((column) => !dataset.key.includes(column.name));
  const isAbsent = sql`n.${first ?? name('fh_from')} is null`;
  const current = await seenRows(c, dataset);
  const scoped =
    scope.of === null
      ? current
      : sql`(select ${list([...columns, name('fh_from')])} from ${current} c where ${scope.of})`;
  const found = await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${list(columns)})
    select ${integer(ordinal)}, 1, case when ${isAbsent} then 0 else 1 end, ${list(values)}
    from ${name(read)} n ${scope.sees === 'deletes' ? sql`full` : sql`left`} join ${scoped} c
      on ${sameKey(dataset.key, sql`c`, sql`n`)}
    where c.fh_from is null or ${isAbsent} or ${isOther(c, rest)}`);
  if (found === 0 || scope.sees === 'rows') return { found, deleted: 0, stored: null };
  return { found, ...(await countDeleted(c, dataset, staging)) };
}

/** Stages a delete of each current row whose key is not among the keys read. */
export async function stageGone(
  c: Connection,
  dataset: StreamDataset & Quarantined,
  keys: string,
  staging: Staging,
  ordinal: bigint,
): Promise<Differences> {
  const key = dataset.key.map((one) => name(one));
  const found = await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${list(key)})
    select ${integer(ordinal)}, 1, 0, ${list(key.map((one) => sql`c.${one}`))}
    from ${await seenRows(c, { ...dataset, columns: keyColumns(dataset) })} c
    where not exists (select 1 from ${name(keys)} n where ${sameKey(dataset.key, sql`c`, sql`n`)})`);
  return { found, ...(await countDeleted(c, dataset, staging)) };
}

async function countDeleted(c: Connection, dataset: StreamDataset & Quarantined, staging: Staging) {
  const deleted = await count(c, sql`${name(staging.table)} where fh_op = 0`);
  return { deleted, stored: deleted === 0 ? null : await count(c, sql`${await seenRows(c, dataset)} c`) };
}

async function stageAdded(
  c: Connection,
  dataset: StreamDataset & Quarantined,
  read: string,
  staging: Staging,
  ordinal: bigint,
  { of }: Scope,
): Promise<Differences> {
  const columns = list(dataset.columns.map((column) => name(column.name)));
  const current = sql`${currentOf(dataset)} c ${of === null ? empty : sql`where ${of}`}`;
  const minus = (a: Sql, b: Sql) => sql`(select ${columns} from ${a} except all select ${columns} from ${b}) gone`;
  const found = await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${columns})
    select ${integer(ordinal)}, 1, 1, ${columns} from ${minus(sql`${name(read)}`, current)}`);
  const gone = await count(c, minus(current, sql`${name(read)}`));
  if (gone > 0) {
    throw new EngineError(
      'statement',
      `${gone} rows of '${dataset.address}' are no longer at the source or were changed there. The dataset has no key, so ` +
        'only added rows can be followed. Give it a key.',
    );
  }
  return { found, deleted: 0, stored: null };
}

function currentOf(dataset: StreamDataset): Sql {
  return sql`${name(dataset.schema, dataset.current)}`;
}

async function count(c: Connection, from: Sql): Promise<number> {
  const [row] = await c.query(sql`select count(*) as rows from ${from}`);
  return Number(row?.rows);
}
