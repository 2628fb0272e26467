import { empty, list, literal, name, type Sql, sql } from '../../sql/sql.ts';
import { keyColumns } from '../key.ts';
import { hashed, type Side, where } from './side.ts';

export type Tally = { readonly rows: number; readonly sum: string };
export const nothing: Tally = { rows: 0, sum: '0' };

export function isEqual(a: Tally, b: Tally): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}

/** A key, as one text that is equal on every engine, and as the transport texts of its columns; none where there is no key. */
export type Key = { readonly text: string; readonly values: readonly (string | null)[] };

export type KeyTally = { readonly key: Key; readonly tally: Tally };

/** One tally of all rows for which the condition holds: one statement, so one view of the database. */
export async function tallyOf(side: Side, condition: Sql | null): Promise<Tally> {
  const [row] = await side.connection.query(
    sql`select count(*) as n, sum(h.fh_hash) as s from (${hashed(side, condition)}) h`,
  );
  return tally(row);
}

export async function countRows(side: Side): Promise<number> {
  const [row] = await side.connection.query(sql`select count(*) as n from ${side.from} ${where(side, null)}`);
  return Number(row?.n ?? 0);
}

/** Tallies by key text. `within`: of what `hashed` gives, which rows count. */
export async function tallyByKey(
  side: Side,
  condition: Sql | null,
  within: Sql = sql`1 = 1`,
): Promise<ReadonlyMap<string, KeyTally>> {
  const columns = keyColumns(side);
  const values = columns.map((_, i) => `fh_k${i}`);
  const least =
    values.length === 0 ? empty : sql`, ${list(values.map((each) => sql`min(${name('h', each)}) as ${name(each)}`))}`;
  const rows = await side.connection.query(sql`
    select h.fh_key as k, count(*) as n, sum(h.fh_hash) as s${least}
    from (${hashed(side, condition, { key: true })}) h where ${within} group by h.fh_key`);
  return new Map(
    rows.map((row) => {
      const key = { text: String(row.k), values: values.map((value) => textOrNull(row[value])) };
      return [key.text, { key, tally: tally(row) }];
    }),
  );
}

/** Tallies by bucket; the bucket of a row is that of its key's hash on every engine. */
export async function tallyByBucket(side: Side, buckets: number): Promise<ReadonlyMap<number, Tally>> {
  const rows = await side.connection.query(sql`
    select ${bucketOf(side, buckets)} as k, count(*) as n, sum(h.fh_hash) as s from (${hashed(side, null)}) h group by 1`);
  return new Map(rows.map((row) => [Number(row.k), tally(row)]));
}

export function bucketOf({ connection }: Side, buckets: number): Sql {
  return sql`${connection.types.textHash(sql`h.fh_key`)} % ${literal(buckets)}`;
}

export function tally(row: Readonly<Record<string, unknown>> | undefined): Tally {
  return { rows: Number(row?.n ?? 0), sum: textOrNull(row?.s) ?? '0' };
}

export function textOrNull(of: unknown): string | null {
  return typeof of === 'string' ? of : typeof of === 'number' || typeof of === 'bigint' ? String(of) : null;
}
