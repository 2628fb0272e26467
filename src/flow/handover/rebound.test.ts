import { expect, test } from 'vitest';
import type { CaptureMode } from '../../engine/facts.ts';
import { capture } from '../../engines/postgres/capture.ts';
import type { StreamNode } from '../../plan/plan.ts';
import { readSnapshot } from '../capture/snapshot.ts';
import { readWatermark } from '../capture/watermark/watermark.ts';
import { takeOver } from '../checkpoint.ts';
import { gapsOf } from '../gaps.ts';
import { catchUp, database, type Place } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { streamNode } from '../testing/nodes.ts';
import { a, apply, asOf, b, commit, tables, together, valuesOf, whole } from './testing/shop.ts';

const orders = dataset('orders', ['id'], { id: 'int32', v: 'text?', at: 'timestamptz' }, { keepsDelta: false });
const statement = `create table orders (id int primary key, v text, at timestamptz not null default clock_timestamp());
  insert into orders select n, 'v' || n from generate_series(1, 5) n`;

function read(mode: CaptureMode): readonly StreamNode[] {
  const watermark = { column: 'at', late: { ms: 0 } };
  if (mode !== 'watermark') return [streamNode([orders], { mode })];
  const reading = { kind: 'watermark', maxDeleted: 0.2, sweepMs: 1 } as const;
  return [streamNode([{ ...orders, watermark }], { mode, reading })];
}

async function readIn(mode: CaptureMode, source: Place, store: Place) {
  const [node] = read(mode);
  if (node === undefined || mode === 'cdc') return catchUp(source, store, read('cdc'));
  const by = mode === 'watermark' ? readWatermark : readSnapshot;
  await by(source.session, capture, store.session, node, await takeOver(store.session, whole), Date.now());
}

test('a stream that is read in another way goes on by difference, without a gap and without false versions', async () => {
  const source = await database('src', statement);
  const store = await database('store');
  const modes: readonly CaptureMode[] = ['snapshot', 'cdc', 'watermark', 'cdc', 'snapshot', 'watermark', 'snapshot'];
  await apply(store, read('snapshot'), [], { mode: 'snapshot' });
  await readIn('snapshot', source, store);
  for (const [n, mode] of modes.entries()) {
    const other = modes[n - 1];
    // Between the two nobody reads; a row that goes, and one that comes, are part of the difference.
    await run(source.session, `update orders set v = 'x${n}', at = clock_timestamp() where id = 2`);
    await run(source.session, `insert into orders values (${100 + n}, 'new'); delete from orders where id = ${99 + n}`);
    const before = await tablesOf(store.session, orders);
    const done = await apply(store, read(mode), read(other ?? mode), { mode });
    expect(done.map(({ rebound }) => rebound)).toEqual(other === undefined ? [] : ['switched']);
    await readIn(mode, source, store);
    const after = await tablesOf(store.session, orders);
    // Rows that are as they were have the ordinal that they had.
    const still = (lines: readonly string[]) => lines.filter((line) => /^[1345]\|/.test(line));
    expect(still(after.current)).toEqual(still(before.current));
    expect(after.current.filter((line) => !/^[1345]\|/.test(line)).map((line) => line.split('|')[1])).toEqual([
      'new',
      `x${n}`,
    ]);
    // And what happens from now on comes as it should.
    await run(source.session, `update orders set v = 'y${n}', at = clock_timestamp() where id = 2`);
    await readIn(mode, source, store);
    expect((await tablesOf(store.session, orders)).history.length).toBe(after.history.length + 1);
  }
  expect(await gapsOf(store.session, whole)).toEqual([]);
});

test('a source that was migrated is compared once: unchanged rows keep their versions, and the change of place is a gap', async () => {
  const source = await database('old', tables);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  const first = await commit(source, "update a set v = 'a1'; insert into b values (2, 'b2')");
  await catchUp(source, store, together);
  // The new one has what the old one had, and has gone on.
  const other = await database('new', `${tables}; update a set v = 'a1'; insert into b values (2, 'b2')`);
  await run(other.session, "update b set v = 'moved' where id = 1; insert into a values (7, 'new')");
  const moved = { place: 'postgres elsewhere', source: 'two' };
  expect(await apply(store, together, together, moved)).toEqual([
    { stream: whole, formers: [], ordinal: 2n, rebound: 'migrated' },
  ]);
  expect(await apply(store, together, together, moved)).toEqual([]);
  const steps: string[] = [];
  for (let cut = 0; ; cut++) {
    // Cut at one step after the other: each goes on from where it is.
    let left = cut;
    steps.length = 0;
    const hook = (step: string) => {
      steps.push(step);
      return left-- === 0 ? Promise.reject(new Error('cut')) : Promise.resolve();
    };
    const outcome = await catchUp(other, store, together, { hook }).catch((failure: unknown) => failure);
    if (!(outcome instanceof Error)) break;
    expect(outcome.message).toBe('cut');
  }
  expect(await valuesOf(store.session, a)).toEqual(['1 a0 ended', '1 a1', '7 new']);
  expect(await valuesOf(store.session, b)).toEqual(['1 b0 ended', '1 moved', '2 b2']);
  expect((await tablesOf(store.session, b)).current).toEqual(['1|moved|3', '2|b2|2']);
  expect(await asOf(store.session, a, first)).toEqual(['1 a1']);
  const gaps = await gapsOf(store.session, whole);
  expect(gaps.map(({ address, from, to, cause }) => [address, from, to, cause])).toEqual([[null, 2n, 3n, 'migrated']]);
  await commit(other, "update a set v = 'a2' where id = 1");
  await catchUp(other, store, together);
  expect((await tablesOf(store.session, a)).current).toEqual(['1|a2|4', '7|new|3']);
});

test('a source that lacks a large part of the rows is not believed, and the same database by another name is no migration', async () => {
  const source = await database('old', `${tables}; insert into a select n, 'a' from generate_series(2, 2000) n`);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  expect(await apply(store, together, together, { place: 'postgres alias' })).toEqual([]);
  const empty = await database('new', tables);
  await apply(store, together, together, { place: 'postgres elsewhere', source: 'two' });
  const told: string[] = [];
  const reading = catchUp(empty, store, together, { onLoss: (_, finding) => told.push(finding.rule) });
  await expect(reading).rejects.toThrow('has 2000 rows here, and 1999 of them are no longer at the source');
  expect(told).toEqual(['mass-delete-held']);
  expect((await tablesOf(store.session, b)).current).toEqual(['1|b0|1']);
});

test('a source that is migrated while a dataset leaves its stream is compared for both, also where one goes on', async () => {
  const source = await database('src', tables);
  const other = await database('other', `${tables}; update a set v = 'a1'; update b set v = 'b1'`);
  const store = await database('store');
  await apply(store, together, []);
  await catchUp(source, store, together);
  const left = [streamNode([a], { stream: whole }), streamNode([b], { stream: b.address })];
  const done = await apply(store, left, together, { place: 'postgres new', source: 'two' });
  expect(done.map(({ stream, formers, rebound }) => [stream, formers, rebound])).toEqual([
    [whole, [], 'migrated'],
    [b.address, [whole], 'migrated'],
  ]);
  await catchUp(other, store, left);
  expect(await Promise.all([a, b].map((one) => valuesOf(store.session, one)))).toEqual([
    ['1 a0 ended', '1 a1'],
    ['1 b0 ended', '1 b1'],
  ]);
  const gaps = await Promise.all(left.map(({ stream }) => gapsOf(store.session, stream)));
  expect(gaps.map((all) => [...new Set(all.map(({ cause, to }) => (to === null ? 'pending' : cause)))])).toEqual([
    ['migrated'],
    ['migrated'],
  ]);
});
