import { randomBytes } from 'node:crypto';
import type { Connection } from '../engine/connection.ts';
import { list, sql, value } from '../sql/sql.ts';
import { integer } from './bookkeeping.ts';

/**
 * Who counted a stream's ordinals, from which on: each take-over begins a *branch*, of a random name. A store that is put
 * back, by a standby that took over or from a copy, counts the same ordinals a second time, for other changes perhaps; its
 * branches tell which were counted first. A replica keeps its store's branches as it saw them last (`fh_followed`), so it
 * finds up to where both are of one past. (PostgreSQL's timelines are the same thought.)
 */
export type Branch = { readonly epoch: bigint; readonly branch: string; readonly afterOrdinal: bigint };

/** So many are kept: who has seen none of them is compared with the store as a whole. */
const kept = 100n;

/** Whoever has just taken the stream over counts from here on. In the caller's transaction. */
export async function beginBranch(
  c: Connection,
  { stream, epoch, ordinal }: { readonly stream: string; readonly epoch: bigint; readonly ordinal: bigint },
): Promise<void> {
  await c.execute(sql`insert into freehold.fh_branch (stream, epoch, branch, after_ordinal)
    values (${value(stream)}, ${integer(epoch)}, ${value(randomBytes(9).toString('base64url'))}, ${integer(ordinal)})
    on conflict do nothing`);
  if (epoch % kept === 0n)
    await c.execute(sql`delete from freehold.fh_branch
      where stream = ${value(stream)} and epoch <= ${integer(epoch - kept)}`);
}

/** The branches of the store, the oldest first. */
export async function branchesOf(store: Connection, stream: string): Promise<readonly Branch[]> {
  const rows = await store.query(sql`select epoch, branch, after_ordinal from freehold.fh_branch
    where stream = ${value(stream)} order by epoch`);
  return rows.map(branchOf);
}

/** The store's branches as the replica saw them last, the oldest first. */
export async function followedBranches(replica: Connection, stream: string): Promise<readonly Branch[]> {
  const rows = await replica.query(sql`select epoch, branch, after_ordinal from freehold.fh_followed
    where stream = ${value(stream)} order by epoch`);
  return rows.map(branchOf);
}

/** The name of the last one; null: there is none. A look at it costs less than one at all. */
export async function lastBranch(c: Connection, of: 'branch' | 'followed', stream: string): Promise<string | null> {
  const table = of === 'branch' ? sql`freehold.fh_branch` : sql`freehold.fh_followed`;
  const [row] = await c.query(
    sql`select branch from ${table} where stream = ${value(stream)} order by epoch desc limit 1`,
  );
  return row === undefined ? null : String(row.branch);
}

/** In the transaction that brings the replica to where the store is. */
export async function noteFollowed(replica: Connection, stream: string, branches: readonly Branch[]): Promise<void> {
  await replica.execute(sql`delete from freehold.fh_followed where stream = ${value(stream)}`);
  const rows = branches.map(
    ({ epoch, branch, afterOrdinal }) =>
      sql`(${value(stream)}, ${integer(epoch)}, ${value(branch)}, ${integer(afterOrdinal)})`,
  );
  if (rows.length > 0)
    await replica.execute(
      sql`insert into freehold.fh_followed (stream, epoch, branch, after_ordinal) values ${list(rows)}`,
    );
}

/**
 * Up to which ordinal a replica at `ordinal` is what the store was: its own where the store has gone on from there, less
 * where the store was put back, 0 where nothing tells.
 */
export function sharedUpTo(store: readonly Branch[], replica: readonly Branch[], ordinal: bigint): bigint {
  if (store.length === 0 || replica.length === 0) return ordinal;
  const names = new Map(store.map(({ branch }, i) => [branch, i]));
  const common = replica.findLastIndex(({ branch }) => names.has(branch));
  const last = replica[common];
  if (last === undefined) return 0n;
  const next = [replica[common + 1], store[(names.get(last.branch) ?? 0) + 1]];
  return next.reduce(
    (least, branch) => (branch !== undefined && branch.afterOrdinal < least ? branch.afterOrdinal : least),
    ordinal,
  );
}

function branchOf(row: Readonly<Record<string, unknown>>): Branch {
  return {
    epoch: BigInt(String(row.epoch)),
    branch: String(row.branch),
    afterOrdinal: BigInt(String(row.after_ordinal)),
  };
}
