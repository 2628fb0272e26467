import { type Connection, EngineError } from '../../engine/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { isOther } from '../merge/changes.ts';
import type { Staging } from '../merge/staging.ts';

export type Differences = {
  readonly found: number;
  readonly deleted: number;
  /** Rows now in the store; null where nothing would be deleted, and so nobody asks. */
  readonly stored: number | null;
};

/**
 * Stages, as one ordinal, what makes the current rows equal to the rows just read (`read`, a temporary table of physical
 * types): both compared by key in one full join, by value and null-aware; without a key, as bags of rows.
 */
export async function stageDifferences(
  c: Connection,
  dataset: StreamDataset,
  read: string,
  staging: Staging,
  ordinal: bigint,
): Promise<Differences> {
  if (dataset.key.length === 0) return stageAdded(c, dataset, read, staging, ordinal);
  const current = name(dataset.schema, dataset.current);
  const [first] = dataset.key.map((key) => name(key));
  const columns = dataset.columns.map((column) => name(column.name));
  const values = dataset.columns.map((column) =>
    dataset.key.includes(column.name)
      ? sql`coalesce(n.${name(column.name)}, c.${name(column.name)})`
      : sql`n.${name(column.name)}`,
  );
  const rest = dataset.columns.filter((column) => !dataset.key.includes(column.name));
  const keys = dataset.key.map((key) => sql`c.${name(key)} = n.${name(key)}`);
  const isAbsent = sql`n.${first ?? name('fh_from')} is null`;
  const found = await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${list(columns)})
    select ${integer(ordinal)}, 1, case when ${isAbsent} then 0 else 1 end, ${list(values)}
    from ${name(read)} n full join ${current} c on ${list(keys, ' and ')}
    where c.fh_from is null or ${isAbsent} or ${isOther(c, rest)}`);
  if (found === 0) return { found, deleted: 0, stored: null };
  const deleted = await count(c, sql`${name(staging.table)} where fh_op = 0`);
  return { found, deleted, stored: deleted === 0 ? null : await count(c, sql`${current}`) };
}

async function stageAdded(
  c: Connection,
  dataset: StreamDataset,
  read: string,
  staging: Staging,
  ordinal: bigint,
): Promise<Differences> {
  const current = name(dataset.schema, dataset.current);
  const columns = list(dataset.columns.map((column) => name(column.name)));
  const minus = (a: Sql, b: Sql) => sql`(select ${columns} from ${a} except all select ${columns} from ${b}) gone`;
  const found = await c.execute(sql`insert into ${name(staging.table)} (fh_ordinal, fh_seq, fh_op, ${columns})
    select ${integer(ordinal)}, 1, 1, ${columns} from ${minus(sql`${name(read)}`, sql`${current}`)}`);
  const gone = await count(c, minus(sql`${current}`, sql`${name(read)}`));
  if (gone > 0) {
    throw new EngineError(
      'statement',
      `${gone} rows of '${dataset.address}' are no longer at the source or were changed there. The dataset has no key, so ` +
        'only added rows can be followed. Give it a key.',
    );
  }
  return { found, deleted: 0, stored: null };
}

async function count(c: Connection, from: Sql): Promise<number> {
  const [row] = await c.query(sql`select count(*) as rows from ${from}`);
  return Number(row?.rows);
}
