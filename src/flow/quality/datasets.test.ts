import { expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import type { PlannedCheck, PlannedTest, StreamDataset } from '../../plan/plan.ts';
import { sql } from '../../sql/sql.ts';
import { buildKey, ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, run, type Staged } from '../testing/fixture.ts';
import { acceptStopped, resultsOf } from './results.ts';

const check = (name: string, test: PlannedTest, more: Partial<PlannedCheck> = {}): PlannedCheck => ({
  name,
  test,
  otherwise: 'stop',
  share: null,
  everyMs: 3_600_000,
  ...more,
});

const put = (ordinal: number, ...row: readonly (string | number | null)[]): Staged => ({
  ordinal: BigInt(ordinal),
  op: 'upsert',
  row,
});

const columns = { id: 'int32', name: 'text?', parent: 'int32?', at: 'timestamptz?' };

/** A dataset with one check, its rows as they come. */
async function judging(test: PlannedTest, more: Partial<PlannedCheck> = {}) {
  const c = await freshStore('quality');
  const one = dataset('items', ['id'], columns, { keepsDelta: false, checks: [check('it', test, more)] });
  const held = await openStream(c, [one]);
  const merge = (ordinal: number, ...changes: readonly Staged[]) =>
    mergeChanges(c, one, { ...held, ordinal: BigInt(ordinal - 1) }, changes, BigInt(ordinal));
  return { c, one, merge };
}

const said = async (c: Connection, { address }: StreamDataset) =>
  (await resultsOf(c, [address])).map(({ outcome, failed, measured, samples }) => [outcome, failed, measured, samples]);

const present: PlannedTest = { kind: 'present', column: 'name' };

test('a share is of the current rows as they would be, not of the batch', async () => {
  const { c, one, merge } = await judging(present, { share: 0.5, everyMs: 0 });
  await using _ = c;
  await merge(1, put(1, 1, 'a', null, null), put(1, 2, 'b', null, null));
  // Of the batch every row fails; of the current rows a third.
  await merge(2, put(2, 3, null, null, null));
  expect(await said(c, one)).toEqual([['passed', 0, '66.6667%', []]]);
  await expect(merge(3, put(3, 1, null, null, null), put(3, 4, null, null, null))).rejects.toThrow(
    "check it of 'retail/sales/shop.items' fails: 25% of 4 rows pass, and 50% must, such as id=",
  );
  expect((await said(c, one))[0]?.slice(0, 3)).toEqual(['stopped', 3, '66.6667%']);
});

test('more than a share must pass, or no more than so many rows may fail', async () => {
  const { c, one, merge } = await judging(present, { above: 0.5, everyMs: 0 });
  await using _ = c;
  await merge(1, put(1, 1, 'a', null, null), put(1, 2, 'b', null, null), put(1, 3, null, null, null));
  expect(await said(c, one)).toEqual([['passed', 0, '66.6667%', []]]);
  await expect(merge(2, put(2, 4, null, null, null))).rejects.toThrow(
    'fails: 50% of 4 rows pass, and more than 50% must, such as id=',
  );

  const counted = await judging(present, { exceptions: 1, everyMs: 0 });
  await using __ = counted.c;
  await counted.merge(1, put(1, 1, null, null, null), put(1, 2, 'b', null, null));
  expect(await said(counted.c, counted.one)).toEqual([['passed', 0, '1', []]]);
  await expect(counted.merge(2, put(2, 3, null, null, null))).rejects.toThrow(
    'fails: 2 of 3 rows fail, and 1 is the most, such as id=',
  );
  // What was so is corrected: the current rows count, not what once came.
  await counted.merge(2, put(2, 3, null, null, null), put(2, 1, 'a', null, null));
  expect((await said(counted.c, counted.one))[0]?.slice(0, 3)).toEqual(['passed', 0, '1']);
});

test('a check waits for its time, but for one that stops its stream', async () => {
  const { c, one, merge } = await judging({ kind: 'rows', min: null, max: 2, change: null });
  await using _ = c;
  await merge(1, put(1, 1, 'a', null, null));
  await merge(2, put(2, 2, 'a', null, null), put(2, 3, 'a', null, null));
  expect(await said(c, one)).toEqual([['passed', 0, '1', []]]);
  await c.execute(sql`update freehold.fh_quality set ran_at = ran_at - interval '1 hour'`);
  const third = () => merge(3, put(3, 4, 'a', null, null));
  await expect(third()).rejects.toThrow('fails: it has 4 rows, and 2 is the most.');
  await expect(third()).rejects.toThrow('fails: it has 4 rows');

  const [stopped] = await resultsOf(c, [one.address]);
  expect(stopped === undefined ? false : await acceptStopped(c, stopped, 'ana')).toBe(true);
  await third();
  expect(await said(c, one)).toEqual([['warned', 1, '4', []]]);
});

test('the number of rows is compared with what it was when the check ran last', async () => {
  const { c, one, merge } = await judging({ kind: 'rows', min: 1, max: null, change: 0.5 }, { everyMs: 0 });
  await using _ = c;
  await merge(1, put(1, 1, 'a', null, null), put(1, 2, 'a', null, null));
  await merge(2, put(2, 3, 'a', null, null));
  const many = () => merge(3, ...[4, 5, 6].map((id) => put(3, id, 'a', null, null)));
  const message = 'it has 6 rows and had 3 when they were counted last: 100% of change, and 50% is the most';
  await expect(many()).rejects.toThrow(message);
  await expect(many()).rejects.toThrow(message);
  await merge(3, put(3, 4, 'a', null, null));
  expect(await said(c, one)).toEqual([['passed', 0, '4', []]]);
});

test('values that are unique together, nulls aside', async () => {
  const { c, one, merge } = await judging(
    { kind: 'unique', columns: ['name', 'parent'] },
    { everyMs: 0, otherwise: 'warn' },
  );
  await using _ = c;
  await merge(
    1,
    put(1, 1, 'a', 1, null),
    put(1, 2, 'a', 2, null),
    put(1, 3, 'a', null, null),
    put(1, 4, 'a', null, null),
  );
  expect(await said(c, one)).toEqual([['passed', 0, '0', []]]);
  await merge(2, put(2, 5, 'a', 1, null));
  expect(await said(c, one)).toEqual([['warned', 2, '2', ['id=1', 'id=5']]]);
});

test('columns that refer to the key of a dataset of the stream, in the batch or before it', async () => {
  const c = await freshStore('quality');
  await using _ = c;
  const parents = dataset('parents', ['id'], { id: 'int32' }, { keepsDelta: false });
  const { address, schema, current, key } = parents;
  const test: PlannedTest = { kind: 'refers', columns: ['parent'], to: { address, schema, current, key } };
  const one = dataset('items', ['id'], columns, {
    keepsDelta: false,
    checks: [check('it', test, { everyMs: 0, otherwise: 'warn' })],
  });
  const held = await openStream(c, [one]);
  await ensureTables(c, [parents]);
  await buildKey(c, parents);
  await run(c, `insert into ${schema}.parents values (1)`);
  await mergeChanges(c, one, held, [put(1, 1, 'a', 1, null), put(1, 2, 'b', null, null), put(1, 3, 'c', 7, null)], 1n);
  expect(await said(c, one)).toEqual([['warned', 1, '1', ['id=3']]]);
});

test('the age of the newest row; of no rows nothing is said', async () => {
  const { c, one, merge } = await judging({ kind: 'fresh', column: 'at', withinMs: 3_600_000 }, { everyMs: 0 });
  await using _ = c;
  await merge(1, { ordinal: 1n, op: 'delete', row: [9, null, null, null] });
  expect(await said(c, one)).toEqual([['passed', 0, 'no rows', []]]);
  const old = new Date(Date.now() - 7_200_000).toISOString();
  await expect(merge(2, put(2, 1, 'a', null, old))).rejects.toThrow(
    /fails: the newest row is 2h old by 'at', and 1h is the most/,
  );
  await merge(2, put(2, 1, 'a', null, new Date().toISOString()));
  expect((await said(c, one))[0]?.[0]).toBe('passed');
});
