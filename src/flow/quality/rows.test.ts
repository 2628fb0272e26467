import { expect, test } from 'vitest';
import type { PlannedCheck } from '../../plan/plan.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, readCheckpoint } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, type Staged, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { order, waitingKeys } from './orders.ts';
import { doOrders } from './release.ts';
import { resultsOf } from './results.ts';
import { rowCheck } from './testing/checks.ts';

const items = (...checks: readonly PlannedCheck[]) =>
  dataset('items', ['id'], { id: 'int32', name: 'text?', total: 'decimal(5,2)?' }, { checks, keepsDelta: false });

const put = (ordinal: number, id: number, name: string | null, total: number | null = 1): Staged => ({
  ordinal: BigInt(ordinal),
  op: 'upsert',
  row: [id, name, total],
});
const gone = (ordinal: number, id: number): Staged => ({
  ordinal: BigInt(ordinal),
  op: 'delete',
  row: [id, null, null],
});

async function opened(...checks: readonly PlannedCheck[]) {
  const c = await freshStore('quality');
  const held = await openStream(c, [items(...checks)]);
  const [one = items()] = await ensureTables(c, [items(...checks)]);
  await recordLoaded(c, held.stream, one.address, { completeFrom: 0n, position: null, deltaFrom: null });
  return { c, one, held };
}

test('rows that pass are merged, and the store keeps that the check passed', async () => {
  const { c, one, held } = await opened(rowCheck('present', 'name'));
  await using _ = c;
  await mergeChanges(c, one, held, [put(1, 1, 'a'), put(1, 2, 'b')], 1n);
  expect((await tablesOf(c, one)).current).toEqual(['1|a|1.00|1', '2|b|1.00|1']);
  expect(await told(c, one.address)).toEqual([
    { check: 'present(name)', outcome: 'passed', failed: 0, failedTotal: 0, samples: [], ordinal: 1n },
  ]);
});

test('a row that stops is named, and nothing of its batch is merged', async () => {
  const { c, one, held } = await opened(rowCheck('present', 'name'));
  await using _ = c;
  const merging = mergeChanges(c, one, held, [put(1, 1, 'a'), put(2, 2, null), put(3, 3, null)], 3n);
  await expect(merging).rejects.toThrow(
    "check present(name) of 'retail/sales/shop.items' fails for the row id=2 of ordinal 2 in 'name', and 1 more. Nothing of stream 'retail/sales/shop' from there on is merged.",
  );
  expect((await tablesOf(c, one)).current).toEqual([]);
  expect((await readCheckpoint(c, held.stream))?.ordinal).toBe(0n);
});

test('a row that fails within a transaction and is right at its end passes', async () => {
  const { c, one, held } = await opened(rowCheck('present', 'name'));
  await using _ = c;
  await mergeChanges(c, one, held, [put(1, 1, null), put(1, 1, 'a'), put(1, 2, null), gone(1, 2)], 1n);
  expect((await tablesOf(c, one)).current).toEqual(['1|a|1.00|1']);
});

test('what warns is merged, counted, and some of its keys are kept', async () => {
  const { c, one, held } = await opened(rowCheck('present', 'name', 'warn'));
  await using _ = c;
  await mergeChanges(c, one, held, [put(1, 1, 'a'), put(1, 2, null), put(2, 3, null)], 2n);
  expect((await tablesOf(c, one)).current).toHaveLength(3);
  expect(await told(c, one.address)).toEqual([
    { check: 'present(name)', outcome: 'warned', failed: 2, failedTotal: 2, samples: ['id=2', 'id=3'], ordinal: 1n },
  ]);
});

test('a row that is diverted, and what comes of its key afterwards, waits; the current row stays as it was', async () => {
  const { c, one, held } = await opened(rowCheck('present', 'name', 'divert'));
  await using _ = c;
  const first = [put(1, 1, 'a'), put(1, 2, 'b'), put(2, 1, null), put(3, 1, 'c'), put(3, 2, 'd')];
  let now = (await mergeChanges(c, one, held, first, 3n)).held;
  now = (await mergeChanges(c, one, now, [put(4, 1, 'e'), put(5, 3, 'f')], 5n)).held;
  expect(await tablesOf(c, one)).toEqual({
    current: ['1|a|1.00|1', '2|d|1.00|3', '3|f|1.00|5'],
    history: ['2|b|1.00|1|3'],
    delta: [],
  });
  expect((await waitingKeys(c, one, 10)).map(({ sinceMs: _ms, ...key }) => key)).toEqual([
    {
      key: 'id=1',
      text: 'v1|',
      check: 'present(name)',
      changes: 3,
      ordinal: 2n,
      isDeleted: false,
      fits: true,
      order: null,
    },
  ]);

  expect(await order(c, one, 'release', null, 'ana')).toBe(1);
  const done = await doOrders(c, streamNode([one]), now);
  expect({ released: done.released, ordinal: done.held.ordinal }).toEqual({ released: 1, ordinal: 6n });
  expect((await tablesOf(c, one)).current).toEqual(['1|e|1.00|6', '2|d|1.00|3', '3|f|1.00|5']);
  expect(await waitingKeys(c, one, 10)).toEqual([]);

  // Nothing waits any more: later changes are merged.
  await mergeChanges(c, one, done.held, [put(7, 1, 'g')], 7n);
  expect((await tablesOf(c, one)).current).toContain('1|g|1.00|7');
});

test('what is dropped leaves the row as it was, and later changes of its key are merged', async () => {
  const { c, one, held } = await opened(rowCheck('present', 'name', 'divert'));
  await using _ = c;
  let now: Checkpoint = (await mergeChanges(c, one, held, [put(1, 1, 'a'), put(2, 1, null)], 2n)).held;
  await order(c, one, 'drop', ['v1|'], 'ana');
  const done = await doOrders(c, streamNode([one]), now);
  expect(done).toEqual({ held: now, released: 0, dropped: 1 });
  now = (await mergeChanges(c, one, now, [put(3, 1, 'b')], 3n)).held;
  expect((await tablesOf(c, one)).current).toEqual(['1|b|1.00|3']);
});

test.each([
  ['in one batch', 9],
  ['in a batch each', 1],
])('a row that changes its key waits under both or under none, %s', async (_, atOnce) => {
  const { c, one, held } = await opened(rowCheck('present', 'name', 'divert'));
  await using _c = c;
  const move = (ordinal: number, from: number, to: number, name: string | null): readonly Staged[] => [
    { ...gone(ordinal, from), unchanged: [] },
    put(ordinal, to, name),
  ];
  const log: readonly (readonly Staged[])[] = [
    [put(1, 1, 'a'), put(1, 2, 'b'), put(1, 3, 'c'), put(1, 4, 'd')],
    // The old key waits, so the new one does, and the next.
    [put(2, 1, null)],
    move(3, 1, 11, 'a'),
    move(4, 11, 12, 'a'),
    // The new row fails, so the old one stays.
    move(5, 2, 21, null),
    // None of it waits.
    move(6, 3, 31, 'c'),
    // Deleted, and another added behind it: these are two rows.
    [gone(7, 4), put(7, 41, null)],
    [put(8, 12, 'later')],
  ];
  let now: Checkpoint = held;
  for (let from = 0; from < log.length; from += atOnce) {
    const to = Math.min(log.length, from + atOnce);
    now = (await mergeChanges(c, one, now, log.slice(from, to).flat(), BigInt(to))).held;
  }
  expect((await tablesOf(c, one)).current).toEqual(['1|a|1.00|1', '2|b|1.00|1', '31|c|1.00|6']);
  const waiting = await waitingKeys(c, one, 10);
  expect(new Set(waiting.map(({ key, check, changes, isDeleted }) => [key, check, changes, isDeleted]))).toEqual(
    new Set([
      ['id=1', 'present(name)', 2, true],
      ['id=11', null, 2, true],
      ['id=12', null, 2, false],
      ['id=2', null, 1, true],
      ['id=21', 'present(name)', 1, false],
      ['id=41', 'present(name)', 1, false],
    ]),
  );
  await order(c, one, 'release', null, 'ana');
  await doOrders(c, streamNode([one]), now);
  expect((await tablesOf(c, one)).current).toEqual(['12|later|1.00|9', '21|~|1.00|9', '31|c|1.00|6', '41|~|1.00|9']);
});

test('a value beyond the declared range waits too, and cannot be released', async () => {
  const { c, one, held } = await opened(rowCheck('declared', '', 'divert'));
  await using _ = c;
  const { openStaging, stageRows, wholeShape } = await import('../merge/staging.ts');
  const { mergeBatch } = await import('../merge/merge.ts');
  const { copyText, once, steps } = await import('../testing/fixture.ts');
  const shape = wholeShape(c, one.columns, 'text');
  const wide = {
    ...shape,
    columns: shape.columns.map((of) => (of.name === 'total' ? { ...of, wire: 'numeric' } : of)),
  };
  const staging = await openStaging(c, one, wide);
  await stageRows(c, staging, once(copyText(one, [put(1, 1, 'a', 12345), put(1, 2, 'b', 1.5)])));
  const to = { ordinal: 1n, position: null, identity: null };
  const merged = await mergeBatch(c, [one], {
    held,
    to,
    steps: steps(0n, 1n),
    staged: [{ staging, hasUnchanged: false }],
  });
  expect((await tablesOf(c, one)).current).toEqual(['2|b|1.50|1']);
  const [waiting] = await waitingKeys(c, one, 10);
  expect({ key: waiting?.key, fits: waiting?.fits }).toEqual({ key: 'id=1', fits: false });
  await order(c, one, 'release', null, 'ana');
  expect((await doOrders(c, streamNode([one]), merged.held)).released).toBe(0);
  expect(await waitingKeys(c, one, 10)).toHaveLength(1);
});

async function told(c: Parameters<typeof resultsOf>[0], address: string) {
  return (await resultsOf(c, [address])).map(({ check, outcome, failed, failedTotal, samples, ordinal }) => ({
    check,
    outcome,
    failed,
    failedTotal,
    samples,
    ordinal,
  }));
}
