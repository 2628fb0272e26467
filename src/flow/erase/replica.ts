import { randomBytes } from 'node:crypto';
import type { Connection } from '../../engine/connection.ts';
import type { Table } from '../../plan/plan.ts';
import { list, name, type Sql, sql, value } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { keyTextOf } from '../ranges/row-text.ts';
import { isTable } from '../tables.ts';
import type { Found } from './erase.ts';
import { digestSql, readTombstones, secretOf, type Tombstone } from './tombstones.ts';

/**
 * What a replica has still to erase. It has no keys to look up, for nobody keeps them: it makes the keyed digest of each key
 * it has, once for all tombstones that are new to it.
 */
export type ToErase = {
  /** The store's last erasure, which the replica has come to when these are done. */
  readonly upTo: bigint;
  readonly secret: string;
  readonly tombstones: readonly Tombstone[];
};

/** In the store, in the view that the step reads: the tombstones since the erasure that the replica did last. */
export async function toErase(
  store: Connection,
  datasets: readonly Pick<Table, 'address'>[],
  done: bigint,
  upTo: bigint,
): Promise<ToErase | null> {
  if (done >= upTo) return null;
  const secret = await secretOf(store);
  if (secret === null) return null;
  const addresses = datasets.map(({ address }) => address);
  return { upTo, secret, tombstones: await readTombstones(store, addresses, done) };
}

/**
 * Erases in a replica, at once, whichever ordinal it is at: the store has no version of these keys at any ordinal any more. In the
 * caller's transaction, whose first statement is to have taken the checkpoint's row, so that no step of the replica commits
 * beside it what it read before. Twice: nothing is found.
 */
export async function eraseInReplica(
  replica: Connection,
  stream: string,
  datasets: readonly Table[],
  { upTo, secret, tombstones }: ToErase,
): Promise<readonly Found[]> {
  const gone = await overTables(replica, datasets, secret, tombstones, (table, isErased) =>
    replica.execute(sql`delete from ${table} r where ${isErased}`),
  );
  await noteErased(replica, stream, upTo);
  return gone;
}

/** The replica has come to an erasure of its store. */
export async function noteErased(replica: Connection, stream: string, upTo: bigint): Promise<void> {
  await replica.execute(
    sql`update freehold.fh_checkpoint set erased = ${integer(upTo)} where stream = ${value(stream)}`,
  );
}

/** What of these digests' keys the replica has. Changes nothing. */
export function countInReplica(
  replica: Connection,
  datasets: readonly Table[],
  secret: string,
  tombstones: readonly Tombstone[],
): Promise<readonly Found[]> {
  return overTables(replica, datasets, secret, tombstones, async (table, isErased) => {
    const [row] = await replica.query(sql`select count(*) as n from ${table} r where ${isErased}`);
    return Number(row?.n ?? 0);
  });
}

async function overTables(
  replica: Connection,
  datasets: readonly Table[],
  secret: string,
  tombstones: readonly Tombstone[],
  work: (table: Sql, isErased: Sql) => Promise<number>,
): Promise<readonly Found[]> {
  const digests = await digestTable(replica, tombstones);
  const sums = new Map<string, number>();
  for (const dataset of datasets) {
    if (dataset.key.length === 0 || !tombstones.some(({ address }) => address === dataset.address)) continue;
    const digest = digestSql(
      replica,
      secret,
      keyTextOf(replica, dataset, (column) => sql`r.${name(column.name)}`),
    );
    const isErased = sql`${digest} in (select d.digest from ${name(digests)} d where d.address = ${value(dataset.address)})`;
    for (const [place, table] of [
      ['current rows', dataset.current],
      ['closed versions', dataset.history],
    ] as const) {
      if (!(await isTable(replica, dataset.schema, table))) continue;
      const rows = await work(sql`${name(dataset.schema, table)}`, isErased);
      sums.set(place, (sums.get(place) ?? 0) + rows);
    }
  }
  await replica.execute(sql`drop table ${name(digests)}`);
  return [...sums].map(([place, rows]) => ({ place, rows }));
}

const digestsAtOnce = 500;

async function digestTable(replica: Connection, tombstones: readonly Tombstone[]): Promise<string> {
  const table = `fh_erasing_${randomBytes(6).toString('hex')}`;
  const text = replica.types.physical({ kind: 'text' });
  await replica.execute(sql`create temporary table ${name(table)} (address ${text}, digest ${text})`);
  for (let from = 0; from < tombstones.length; from += digestsAtOnce) {
    const rows = tombstones
      .slice(from, from + digestsAtOnce)
      .map(({ address, digest }) => sql`(${value(address)}, ${value(digest)})`);
    await replica.execute(sql`insert into ${name(table)} values ${list(rows)}`);
  }
  return table;
}
