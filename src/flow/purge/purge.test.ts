import { expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import type { PurgeNode, StreamDataset } from '../../plan/plan.ts';
import { sql } from '../../sql/sql.ts';
import { deltaRanges, recordLoaded } from '../bookkeeping.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, tablesOf } from '../testing/fixture.ts';
import { purgeDelta } from './delta.ts';
import { purgeDeltas, purgeVersions } from './purge.ts';
import { noteReader } from './readers.ts';

const stream = 'retail/sales/shop';
const day = 86_400_000;
const items = dataset('items', ['id'], { id: 'int32', note: 'text?' }, { retentionMs: 10 * day });
/** The fixture's ordinal n is committed n milliseconds after this. */
const began = Date.UTC(2026, 0, 1);
const full = 'update freehold.fh_delta_range set rows = 1000000';

function nodeOf(one: StreamDataset, readers: readonly string[] = []): PurgeNode {
  return {
    id: `purge:store:main:${stream}`,
    kind: 'purge',
    after: [],
    priority: 'low',
    why: [],
    stream,
    container: 'store:main',
    datasets: [one],
    readers,
  };
}

/** Row 1 has another note at each ordinal. */
async function withVersions(c: Connection, one: StreamDataset, upTo: bigint): Promise<void> {
  let held = await openStream(c, [one]);
  await recordLoaded(c, stream, one.address, { completeFrom: 0n, position: null, deltaFrom: 0n });
  for (let ordinal = 1n; ordinal <= upTo; ordinal++) {
    await run(c, full);
    held = (await mergeChanges(c, one, held, [{ ordinal, op: 'upsert', row: [1, `v${ordinal}`] }], ordinal)).held;
  }
}

const completeFrom = async (c: Connection) =>
  (await c.query(sql`select complete_from::integer as at from freehold.fh_dataset`)).map((row) => row.at);

test('versions go when the retention is over, and an earlier instant is then known to be incomplete', async () => {
  await using c = await freshStore();
  await withVersions(c, items, 6n);
  expect(await purgeVersions(c, nodeOf(items), began + 10 * day)).toEqual({ versions: 0, ticks: 0 });
  expect(await completeFrom(c)).toEqual([0]);
  // As of what was ten days ago, ordinal 4, everything is there.
  expect(await purgeVersions(c, nodeOf(items), began + 10 * day + 4)).toEqual({ versions: 3, ticks: 0 });
  expect((await tablesOf(c, items)).history).toEqual(['1|v4|4|5', '1|v5|5|6']);
  expect(await completeFrom(c)).toEqual([4]);
  expect(await purgeVersions(c, nodeOf(items), began + 10 * day + 4)).toEqual({ versions: 0, ticks: 0 });
});

test('versions that a replica has still to read stay, and so do all where one consumer wants them for ever', async () => {
  await using c = await freshStore();
  await withVersions(c, items, 6n);
  await noteReader(c, stream, 'slow', 2n);
  await noteReader(c, stream, 'gone', 1n);
  expect((await purgeVersions(c, nodeOf(items, ['slow']), began + 99 * day)).versions).toBe(1);
  const { retentionMs: _, ...forEver } = items;
  await ensureTables(c, [forEver]);
  await noteReader(c, stream, 'slow', 6n);
  expect((await purgeVersions(c, nodeOf(forEver, ['slow']), began + 99 * day)).versions).toBe(0);
});

test('a retention that was asked for until lately still holds, and so do versions that nobody asks for any more', async () => {
  await using c = await freshStore();
  await withVersions(c, items, 3n);
  const shorter = { ...items, retentionMs: day };
  await ensureTables(c, [shorter]);
  const asked = sql`select retention_ms::text as ms, until is null as now from freehold.fh_retention order by 2`;
  expect(await c.query(asked)).toEqual([
    { ms: String(10 * day), now: false },
    { ms: String(day), now: true },
  ]);
  expect((await purgeVersions(c, nodeOf(shorter), began + 9 * day)).versions).toBe(0);
  const live = { ...items, layout: 'live' as const };
  expect((await ensureTables(c, [live])).map(({ layout }) => layout)).toEqual(['split']);
  expect(await c.query(asked)).toHaveLength(2);
  await run(c, `update freehold.fh_retention set until = now() - interval '1 day'`);
  expect((await ensureTables(c, [live])).map(({ layout }) => layout)).toEqual(['live']);
  expect(await completeFrom(c)).toEqual([3]);
  // Asked for again: what was kept of old is no longer whole, and history begins anew.
  await run(c, 'update freehold.fh_checkpoint set ordinal = 9');
  expect((await ensureTables(c, [items])).map(({ layout }) => layout)).toEqual(['split']);
  expect([await completeFrom(c), (await tablesOf(c, items)).history]).toEqual([[9], []]);
});

test('tables of the delta go when all have read them, or when it is too large', async () => {
  await using c = await freshStore();
  await withVersions(c, items, 5n);
  const kept = async () => (await deltaRanges(c, items.address)).map(({ n, after }) => [n, Number(after)]);
  expect(await kept()).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 4],
    [6, 5],
  ]);
  await noteReader(c, stream, 'one', 4n);
  await noteReader(c, stream, 'other', 2n);
  expect(await purgeDeltas(c, nodeOf(items, ['one', 'other']))).toBe(2);
  expect(await kept()).toEqual([
    [3, 2],
    [4, 3],
    [5, 4],
    [6, 5],
  ]);
  const from = sql`select delta_from::integer as at from freehold.fh_dataset`;
  expect(await c.query(from)).toEqual([{ at: 2 }]);
  expect(await purgeDelta(c, items, 0n, { bytes: 0, timesCurrent: 0 })).toBe(3);
  expect(await kept()).toEqual([[6, 5]]);
  expect(await c.query(from)).toEqual([{ at: 5 }]);
});

test('where nobody has begun to read, nothing is held; where nobody reads, the delta is emptied', async () => {
  await using c = await freshStore();
  await withVersions(c, items, 3n);
  expect(await purgeDeltas(c, nodeOf(items, ['new']))).toBe(3);
  await ensureTables(c, [{ ...items, keepsDelta: false }]);
  expect((await deltaRanges(c, items.address)).map(({ rows }) => rows)).toEqual([0]);
});

test('a clock of long ago keeps the last tick of each second', async () => {
  await using c = await freshStore();
  await openStream(c, [items]);
  await run(
    c,
    `insert into freehold.fh_clock (stream, ordinal, "at")
      select '${stream}', n, timestamptz '2026-01-01 00:00:00Z' + n * interval '300 milliseconds' from generate_series(0, 9) n`,
  );
  expect((await purgeVersions(c, nodeOf(items), began + 40 * day)).ticks).toBe(7);
  const left = await c.query(sql`select ordinal::integer as ordinal from freehold.fh_clock order by 1`);
  expect(left.map((row) => row.ordinal)).toEqual([3, 6, 9]);
  expect((await purgeVersions(c, nodeOf(items), began + 40 * day)).ticks).toBe(0);
});
