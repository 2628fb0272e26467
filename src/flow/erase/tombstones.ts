import type { Connection } from '../../engine/connection.ts';
import { type DigestPads, keyedDigest, newSecret, padsOf } from '../../engine/keyed-digest.ts';
import type { Table, TableColumn } from '../../plan/plan.ts';
import { list, type Sql, sql, value } from '../../sql/sql.ts';
import { integer } from '../bookkeeping.ts';
import { keyTextOf } from '../ranges/row-text.ts';

/**
 * What keeps an erased row from coming back, in the store that it was erased from.
 *
 * Terms. *tombstone*: of a dataset and a key that was erased; of the key no more than a keyed digest. *key text*: the text
 * of a key that verify compares (ranges/), equal on every engine. *secret*: of one store, in the schema that nobody but we
 * reads; the audit log and whoever sees digests elsewhere has it not, so cannot try names until one fits.
 */
export type Tombstone = { readonly address: string; readonly digest: string; readonly ordinal: bigint };

const of = 'tombstones';

/** Null: nothing was ever erased here. */
export async function secretOf(c: Connection): Promise<string | null> {
  const [row] = await c.query(sql`select secret from freehold.fh_secret where "of" = ${value(of)}`);
  return row === undefined ? null : String(row.secret);
}

/** Makes it where there is none. Two may do so at once: one of them is kept. */
export async function ensureSecret(c: Connection): Promise<string> {
  const known = await secretOf(c);
  if (known !== null) return known;
  await c.execute(sql`insert into freehold.fh_secret ("of", secret) values (${value(of)}, ${value(newSecret())})
    on conflict do nothing`);
  return ensureSecret(c);
}

export function digestSql(c: Connection, secret: string, keyText: Sql): Sql {
  const pads: DigestPads = padsOf(secret);
  return c.types.keyedDigest(pads, keyText);
}

/** What the merge of a dataset leaves out; null where nothing of it was erased. */
export async function erasedOf(
  c: Connection,
  address: string,
): Promise<((table: Pick<Table, 'key' | 'columns'>, valueIn: (column: TableColumn) => Sql) => Sql) | null> {
  const [row] = await c.query(sql`select secret from freehold.fh_secret s where "of" = ${value(of)}
    and exists (select 1 from freehold.fh_tombstone t where t.address = ${value(address)})`);
  if (row === undefined) return null;
  const secret = String(row.secret);
  return (table, valueIn) => sql`exists (select 1 from freehold.fh_tombstone t
    where t.address = ${value(address)} and t.digest = ${digestSql(c, secret, keyTextOf(c, table, valueIn))})`;
}

/** Those of datasets, of erasures after an ordinal. */
export async function readTombstones(
  c: Connection,
  addresses: readonly string[],
  after: bigint,
): Promise<readonly Tombstone[]> {
  if (addresses.length === 0) return [];
  const rows = await c.query(sql`select address, digest, ordinal from freehold.fh_tombstone
    where address in (${list(addresses.map((address) => value(address)))}) and ordinal > ${integer(after)}`);
  return rows.map((row) => ({
    address: String(row.address),
    digest: String(row.digest),
    ordinal: BigInt(String(row.ordinal)),
  }));
}

/** Says of key texts which have a tombstone: for verify, which finds such keys at the source. */
export async function isErasedAmong(
  c: Connection,
  address: string,
  keyTexts: readonly string[],
): Promise<ReadonlySet<string>> {
  const secret = keyTexts.length === 0 ? null : await secretOf(c);
  if (secret === null) return new Set();
  const byDigest = new Map(keyTexts.map((text) => [keyedDigest(secret, text), text]));
  const found = new Set<string>();
  const digests = [...byDigest.keys()];
  for (let from = 0; from < digests.length; from += 1_000) {
    const some = digests.slice(from, from + 1_000);
    const rows = await c.query(sql`select digest from freehold.fh_tombstone where address = ${value(address)}
      and digest in (${list(some.map((digest) => value(digest)))})`);
    for (const { digest } of rows) found.add(byDigest.get(String(digest)) ?? '');
  }
  return found;
}
