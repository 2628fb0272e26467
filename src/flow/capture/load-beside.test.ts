import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { sql } from '../../sql/sql.ts';
import { rowCheck } from '../quality/testing/checks.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { inboxOf } from './inbox/inbox.ts';

const columns = { id: 'int32', note: 'text?' };
const a = dataset('a', ['id'], columns, { keepsDelta: false });
const b = dataset('b', ['id'], columns, { address: 'retail/sales/large.b', keepsDelta: false });
const c = dataset('c', ['id'], columns, { address: 'retail/sales/third.c', keepsDelta: false });
const first = streamOf('retail/sales/shop', [a]);
const large = streamOf('retail/sales/large', [b]);
const third = streamOf('retail/sales/third', [c]);

async function arrange() {
  const source = await database(
    'src',
    `create table a (id int primary key, note text); create table b (id int primary key, note text);
     create table c (id int primary key, note text); insert into a values (1, 'one'); insert into c values (1, 'one');
     insert into b select g, repeat('b', 100) from generate_series(1, 3000) g`,
  );
  const store = await database('store');
  await catchUp(source, store, [first]);
  return { source, store };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(20);
}

async function isLetGo(source: Place): Promise<boolean> {
  const [row] = await source.session.query(sql`select confirmed_flush_lsn >= pg_current_wal_lsn() - 65536 as is
    from pg_replication_slots where slot_name = current_setting('freehold.slot')`);
  return row?.is === true;
}

test('while a stream is loaded the others of its source go on, and what changes in it waits in its inbox, with the ordinals that it will have', async () => {
  const { source, store } = await arrange();
  await run(source.session, `set freehold.slot = '${source.name}'`);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isHeld = false;
  const loaded: string[] = [];
  const running = catchUp(source, store, [first, large, third], {
    hook: async (step) => {
      if (step !== 'part loaded' || isHeld) return;
      isHeld = true;
      await held;
    },
    onBatch: (stream, { kind, rows }) => void (kind === 'loaded' && loaded.push(`${stream} ${rows}`)),
  });
  await until(() => Promise.resolve(isHeld));
  await run(source.session, "update b set note = 'new' where id = 7; insert into a values (2, 'two')");
  await run(source.session, 'delete from b where id = 8');
  const rowsOf = async (of: typeof a) => (await tablesOf(store.session, of)).current;
  await until(async () => (await rowsOf(a)).length === 2);
  await until(async () => (await inboxOf(store.session, large.stream))?.ordinal === 3n);
  await run(source.session, "select pg_logical_emit_message(true, 'test', repeat('x', 200000))");
  await until(() => isLetGo(source));
  expect(await rowsOf(b)).not.toEqual([]);
  expect(await inboxOf(store.session, large.stream)).toMatchObject({ why: 'loading' });
  release();
  await running;
  // One after the other.
  expect(loaded).toEqual(['retail/sales/large 3000', 'retail/sales/third 1']);
  expect(await inboxOf(store.session, large.stream)).toBeNull();
  const { current, history } = await tablesOf(store.session, b);
  expect(current.filter((line) => line.startsWith('7|'))).toEqual(['7|new|2']);
  expect(current).toHaveLength(2999);
  expect(history).toEqual([`7|${'b'.repeat(100)}|1|2`, `8|${'b'.repeat(100)}|1|3`]);
});

test('a load that a check stops holds back no other stream, and begins anew when all is opened again', async () => {
  const { source, store } = await arrange();
  await run(source.session, 'update b set note = null where id = 5');
  const checked = streamOf(large.stream, [{ ...b, checks: [rowCheck('present', 'note')] }]);
  const told: unknown[] = [];
  const onLoss = (stream: string | null, { rule }: { rule: string }) => void told.push([stream, rule]);
  const message = "check present(note) of 'retail/sales/large.b' fails for the row id=5 of ordinal 1";
  await run(source.session, "insert into a values (2, 'two')");
  await expect(catchUp(source, store, [first, checked], { onLoss })).rejects.toThrow(message);
  expect(told).toEqual([['retail/sales/large', 'check-failed']]);
  expect((await tablesOf(store.session, a)).current).toHaveLength(2);
  expect(await inboxOf(store.session, large.stream)).toBeNull();
  await run(source.session, "update b set note = 'five' where id = 5");
  await catchUp(source, store, [first, checked], { onLoss });
  expect(told).toHaveLength(1);
  expect((await tablesOf(store.session, b)).current).toHaveLength(3000);
});
