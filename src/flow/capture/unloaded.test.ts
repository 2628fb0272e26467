import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';

const kept = { keepsDelta: false } as const;
const a = dataset('a', ['id'], { id: 'int32' }, kept);
const b = dataset('b', ['id'], { id: 'int32', n: 'int32' }, { ...kept, address: 'retail/sales/other.b' });
const joining = dataset('b', ['id'], { id: 'int32', n: 'int32' }, kept);
const shop = streamOf('retail/sales/shop', [a]);
const other = streamOf('retail/sales/other', [b]);

/** A number as large as no column here can hold. */
async function arrange() {
  const source = await database(
    'src',
    `create table a (id int primary key); insert into a values (1);
     create table b (id int primary key, n numeric); insert into b values (1, 1), (2, 3000000000)`,
  );
  return { source, store: await database('store') };
}

const refused = /^The rows of 'retail\/sales\/\w+\.b' \(column 'n'\) cannot be loaded: .*integer out of range/;

const rowsOf = async ({ session }: Place, of: typeof a) => (await tablesOf(session, of)).current;

test('rows of a first load that the store refuses hold back their own stream, in whichever order streams are loaded', async () => {
  const { source, store } = await arrange();
  const told: unknown[] = [];
  const onTrouble = (stream: string | null, _: Error, retryInMs: number | null) => void told.push([stream, retryInMs]);
  for (const nodes of [
    [other, shop],
    [shop, other],
  ])
    await expect(catchUp(source, store, nodes, { onTrouble })).rejects.toThrow(refused);
  expect(told).toContainEqual(['retail/sales/other', null]);
  expect(await rowsOf(store, a)).toEqual(['1|1']);
  await run(source.session, 'insert into a values (2)');
  await expect(catchUp(source, store, [other, shop])).rejects.toThrow(refused);
  expect(await rowsOf(store, a)).toEqual(['1|1', '2|2']);
  await run(source.session, 'update b set n = 3 where id = 2');
  await catchUp(source, store, [other, shop]);
  expect(await rowsOf(store, b)).toEqual(['1|1|1', '2|3|1']);
});

test('rows of a dataset that joins, which the store refuses, do not hold back the others of its stream', async () => {
  const { source, store } = await arrange();
  await catchUp(source, store, [shop]);
  const both = streamOf(shop.stream, [a, joining]);
  await run(source.session, 'insert into a values (2)');
  await expect(catchUp(source, store, [both])).rejects.toThrow(refused);
  expect(await rowsOf(store, a)).toEqual(['1|1', '2|2']);
  await run(source.session, 'update b set n = 3 where id = 2');
  await catchUp(source, store, [both]);
  expect(await rowsOf(store, joining)).toEqual(['1|1|3', '2|3|3']);
});

test('while the process goes on, the load is tried again after a minute', async () => {
  const { source, store } = await arrange();
  const ending = new AbortController();
  const slept: number[] = [];
  const retries: unknown[] = [];
  /** A minute that passes when the source was put right. */
  const clock = {
    ...systemClock,
    async sleep(ms: number, signal?: AbortSignal) {
      if (ms !== 60_000) return systemClock.sleep(ms, signal);
      slept.push(ms);
      await run(source.session, 'update b set n = 3 where id = 2');
      await systemClock.sleep(200, signal);
    },
  };
  const running = catchUp(source, store, [other, shop], {
    clock,
    untilCaughtUp: false,
    lookEveryMs: 3_600_000,
    signal: ending.signal,
    onTrouble: (stream, _, retryInMs) => void retries.push([stream, retryInMs]),
  });
  while ((await rowsOf(store, b).catch(() => [])).length < 2 || (await rowsOf(store, a)).length < 1)
    await systemClock.sleep(50);
  ending.abort();
  await running;
  expect(retries).toEqual([['retail/sales/other', 60_000]]);
  expect(slept).toHaveLength(1);
});
