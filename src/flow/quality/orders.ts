import type { Connection } from '../../engine/connection.ts';
import { empty, list, literal, sql, value, words } from '../../sql/sql.ts';
import { readableKey } from '../ranges/side.ts';
import { fitsColumns, lastWaiting, type Quarantined, quarantineOf } from './quarantine.ts';

/** A key of which changes wait. */
export type WaitingKey = {
  /** `id=5`. */
  readonly key: string;
  /** As it is kept. */
  readonly text: string;
  /** What diverted it first; null: nothing did, the row had or has another key, which waits. */
  readonly check: string | null;
  readonly changes: number;
  /** Of the first of them. */
  readonly ordinal: bigint;
  /** ms since 1970. */
  readonly sinceMs: number;
  /** Would it be gone? */
  readonly isDeleted: boolean;
  /** Do its columns hold the last of them? Else it cannot be released. */
  readonly fits: boolean;
  readonly order: 'release' | 'drop' | null;
};

/** The keys that wait, the longest first. */
export async function waitingKeys(c: Connection, dataset: Quarantined, limit: number): Promise<readonly WaitingKey[]> {
  const ms = words(c.dialect.bigint);
  const rows = await c.query(sql`select w.fh_key, w.fh_check, w.changes, w.ordinal, w.since_ms, w.fh_order,
      l.fh_op, l.fits
    from (
      select fh_key, min(fh_check) as fh_check, count(*) as changes, min(fh_ordinal) as ordinal, max(fh_order) as fh_order,
        cast(extract(epoch from min(fh_at)) * 1000 as ${ms}) as since_ms
      from ${quarantineOf(dataset)} group by fh_key
    ) w join (
      select q.fh_key, q.fh_op, ${fitsColumns(c, dataset)} as fits from ${lastWaiting(dataset)} q
    ) l on l.fh_key = w.fh_key
    order by w.since_ms, w.ordinal, w.fh_key limit ${literal(limit)}`);
  return rows.map((row) => ({
    key: readableKey(dataset, String(row.fh_key)),
    text: String(row.fh_key),
    check: typeof row.fh_check === 'string' ? row.fh_check : null,
    changes: Number(row.changes),
    ordinal: BigInt(String(row.ordinal)),
    sinceMs: Number(row.since_ms),
    isDeleted: Number(row.fh_op) === 0,
    fits: row.fits === true,
    order: row.fh_order === 'release' || row.fh_order === 'drop' ? row.fh_order : null,
  }));
}

/** How many keys wait, and how many changes of them. */
export async function countWaiting(
  c: Connection,
  dataset: Quarantined,
): Promise<{ readonly keys: number; readonly changes: number }> {
  const [row] = await c.query(
    sql`select count(distinct fh_key) as keys, count(*) as changes from ${quarantineOf(dataset)}`,
  );
  return { keys: Number(row?.keys ?? 0), changes: Number(row?.changes ?? 0) };
}

/**
 * Orders what is to become of the changes of these keys (null: of all that wait now). Whoever owns the stream does it: at
 * once where a process runs, else with the next run. One transaction; how many keys.
 */
export function order(
  c: Connection,
  dataset: Quarantined,
  what: 'release' | 'drop',
  keys: readonly string[] | null,
  by: string,
): Promise<number> {
  const only = keys === null ? empty : sql`where fh_key in (${list(keys.map((key) => value(key)))})`;
  return c.transaction(async () => {
    // First, as whoever does what is ordered: each waits for the other's end.
    await c.execute(
      sql`update freehold.fh_quarantine set is_ordered = is_ordered where address = ${value(dataset.address)}`,
    );
    const [row] = await c.query(sql`select count(distinct fh_key) as keys from ${quarantineOf(dataset)} ${only}`);
    const found = Number(row?.keys ?? 0);
    if (found === 0 || keys?.length === 0) return 0;
    await c.execute(sql`update ${quarantineOf(dataset)} set fh_order = ${value(what)}, fh_by = ${value(by)} ${only}`);
    await c.execute(sql`update freehold.fh_quarantine set is_ordered = true where address = ${value(dataset.address)}`);
    return found;
  });
}

/** Streams of which something was ordered and is not done, or was let through and is stopped still: for whoever owns them. */
export async function orderedStreams(c: Connection): Promise<ReadonlySet<string>> {
  const rows = await c.query(sql`select d.stream from freehold.fh_dataset d
      join freehold.fh_quarantine q on q.address = d.address where q.is_ordered
    union select r.stream from freehold.fh_quality r
      where r.outcome = 'stopped' and r.accepted_to >= r.ordinal and r.stream is not null`);
  return new Set(rows.map((row) => String(row.stream)));
}

/** The text of a key as people write it, `id=5` or `id=5, part=a`; null where it is no key of the dataset. */
export function readKeyText({ key }: Pick<Quarantined, 'key'>, readable: string): string | null {
  // Names of columns have nothing that means something here.
  const parts = key.map((column) => `${column}=(.*)`);
  const values = new RegExp(`^${parts.join(', ')}$`, 'su').exec(readable)?.slice(1);
  if (key.length === 0 || values === undefined) return null;
  return values.map((of) => `v${of.replaceAll('\\', '\\\\').replaceAll('|', '\\|')}|`).join('');
}
