import { once } from 'node:events';
import type { Capture } from '../../engine/capture.ts';
import type { Connection } from '../../engine/connection.ts';
import type { StreamDataset, TableColumn } from '../../plan/plan.ts';
import { list, literal, name, type Sql, sql, words } from '../../sql/sql.ts';
import type { Type } from '../../types/type.ts';
import { applySettings } from '../bookkeeping.ts';
import { sharedTransport } from '../copy.ts';
import { seenRows } from '../quality/quarantine.ts';
import { type Scope, wholeTable } from './difference.ts';
import { dropRead, type ReadRows, readRows } from './read-rows.ts';
import { columnsOfOurs, columnsRead, type Hashing, sumType } from './row-hash.ts';
import { sourceOf } from './source-columns.ts';

/** The rows that came over, which current rows they are compared with, and how many rows the source has. */
export type ChecksumRead = { readonly rows: ReadRows; readonly scope: Scope; readonly total: number };

/**
 * So few rows are in a bucket that the rows of one that differs cost about what its checksum costs: with 40 bytes a
 * checksum and 150 a row, and one row in a thousand changed, scattered, 16 moves least; were buckets ranges of a thousand
 * rows, each would hold a change.
 */
const rowsInBucket = 16;
const mostBuckets = 1 << 20;
/** Where more of the buckets differ than this share, all rows are read: they would nearly all come over. */
const mostDiffering = 0.5;

/**
 * Reads rows of a dataset whose checksums differ at both ends. In the view that the source's session is in: both ends add
 * up, bucket by bucket of their keys' hashes, how many rows there are and the sum of the rows' hashes; then the rows of the
 * buckets that differ come over.
 */
export async function readByChecksum(
  source: Connection,
  capture: Capture,
  store: Connection,
  dataset: StreamDataset,
  [ofSource, ofStore]: readonly [Hashing, Hashing],
): Promise<ChecksumRead> {
  const stored = await countStored(store, dataset);
  const buckets = Math.min(mostBuckets, Math.max(1, Math.ceil(stored / rowsInBucket)));
  const at = { capture: columnsRead(capture, dataset.columns), own: columnsOfOurs(dataset.columns) };
  const key = { capture: columnsRead(capture, keyOf(dataset)), own: columnsOfOurs(keyOf(dataset)) };
  const bucketThere = ofSource.bucketOf(key.capture, buckets);
  const bucketHere = ofStore.bucketOf(key.own, buckets);
  const sumsThere = sumsOf(source, bucketThere, ofSource.of(at.capture), sourceOf(dataset));
  const sumsHere = sumsOf(store, bucketHere, ofStore.of(at.own), sql`${await seenRows(store, dataset)} c`);
  const { differing, total } = await compareSums(source, sumsThere, store, sumsHere);
  // A row without key is in no bucket: whoever looks at all rows finds it.
  const known = differing.filter((bucket) => bucket !== null);
  if (known.length < differing.length || (known.length > 1 && known.length > buckets * mostDiffering)) {
    const rows = await readRows(source, capture, store, dataset, null);
    return { rows, scope: wholeTable, total: total - rows.erased };
  }
  const among = (bucket: Sql) =>
    known.length === 0 ? sql`1 = 0` : sql`${bucket} in (${list(known.map((one) => literal(one)))})`;
  const rows = await readRows(source, capture, store, dataset, among(bucketThere));
  // A bucket with a row that was erased here always differs, so all such rows came over.
  return { rows, scope: { of: among(bucketHere), sees: 'deletes' }, total: total - rows.erased };
}

function keyOf(dataset: StreamDataset): readonly TableColumn[] {
  return dataset.key.flatMap((key) => dataset.columns.filter((column) => column.name === key));
}

const sums: readonly { readonly name: string; readonly type: Type }[] = [
  { name: 'fh_bucket', type: { kind: 'int', bits: 64 } },
  { name: 'fh_rows', type: { kind: 'int', bits: 64 } },
  { name: 'fh_sum', type: sumType },
];

function sumsOf(c: Connection, bucket: Sql, hash: Sql, from: Sql): Sql {
  const [ofBucket, ofRows, ofSum] = sums.map(({ type }) => c.types.physical(type));
  if (ofBucket === undefined || ofRows === undefined || ofSum === undefined) throw new Error('bug: three columns');
  return sql`select cast(h.b as ${ofBucket}) as fh_bucket, cast(count(*) as ${ofRows}) as fh_rows,
      cast(sum(h.h) as ${ofSum}) as fh_sum
    from (select ${bucket} as b, ${hash} as h from ${from}) h group by h.b`;
}

type Compared = { readonly differing: readonly (number | null)[]; readonly total: number };

/** Both ends add up at the same time. */
async function compareSums(source: Connection, sumsThere: Sql, store: Connection, sumsHere: Sql): Promise<Compared> {
  const [there, here] = ['fh_sums_there', 'fh_sums_here'];
  const transport = sharedTransport(source, store);
  const columns = sums.map((column) => sql`${name(column.name)} ${store.types.physical(column.type)}`);
  for (const table of [there, here]) await dropRead(store, table);
  await store.execute(sql`${words(store.dialect.createTemporary)} ${name(there)} (${list(columns)})`);
  const asked =
    transport === 'csv'
      ? sql`select ${list(sums.map(({ name: of, type }) => source.types.toTransport(type, sql`s.${name(of)}`)))} from (${sumsThere}) s`
      : sumsThere;
  const coming = source.copyOut(asked, transport);
  try {
    await Promise.all([
      once(coming, 'readable'),
      store.transaction(async () => {
        await applySettings(store, store.dialect.bulkSettings);
        await store.execute(sql`${words(store.dialect.createTemporary)} ${name(here)} as ${sumsHere}`);
      }),
    ]);
    await store.copyIn(
      [there],
      sums.map((column) => column.name),
      coming,
      transport,
    );
    const rows = await store.query(sql`select coalesce(t.fh_bucket, h.fh_bucket) as bucket
      from ${name(there)} t full join ${name(here)} h on h.fh_bucket = t.fh_bucket
      where t.fh_rows is distinct from h.fh_rows or t.fh_sum is distinct from h.fh_sum`);
    const [all] = await store.query(sql`select sum(fh_rows) as total from ${name(there)}`);
    const differing = rows.map(({ bucket }) => (bucket === null ? null : Number(bucket)));
    return { differing, total: Number(all?.total ?? 0) };
  } finally {
    coming.destroy();
    for (const table of [there, here]) await dropRead(store, table);
  }
}

async function countStored(store: Connection, dataset: StreamDataset): Promise<number> {
  const [row] = await store.query(sql`select count(*) as stored from ${name(dataset.schema, dataset.current)}`);
  return Number(row?.stored);
}
