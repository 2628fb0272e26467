import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sql, value, words } from '../../src/sql/sql.ts';
import { shop } from '../exactness/company.ts';
import { faultSetting } from './setting.ts';

const dayMs = 86_400_000;

test.each([
  { way: 'back', ms: -dayMs },
  { way: 'ahead', ms: dayMs },
])(
  'when our clock is set $way by a day, rows come as before, and an idle source is told so, too',
  {
    timeout: 300_000,
  },
  async ({ ms }) => {
    await using setting = await faultSetting();
    const runner = setting.start({ trial: { lookEveryMs: 300, patienceMs: 3_000 } });
    await setting.arrived();
    await setting.writeWhile(pause(1_000));
    await setting.arrived();
    runner.jump(ms);
    await setting.writeWhile(pause(1_000));
    await setting.arrived();
    const before = runner.events.length;
    // Something that is not of the streams: the log goes on, and nothing of it is for us.
    await setting.within('source', (c) => c.execute(words('create table public.other (n int)')));
    const end = await setting.within('source', async (c) => {
      const [row] = await c.query(sql`insert into public.other select generate_series(1, 1000)
      returning pg_current_wal_insert_lsn()::text as lsn`);
      return String(row?.lsn);
    });
    for (let isTold = false; !isTold; ) {
      await pause(200);
      const [slot] = await setting.within('source', (c) =>
        c.query(sql`select confirmed_flush_lsn >= ${value(end)}::pg_lsn as told from pg_replication_slots
        where slot_name = ${value(`freehold_${setting.databases.source}`)}`),
      );
      isTold = slot?.told === true;
    }
    expect(runner.events.slice(before).filter(({ kind }) => kind === 'failed')).toEqual([]);
    await setting.writeSome(10);
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);

test('a source whose clock is in the future is reported, and does not take the time of what comes after', {
  timeout: 300_000,
}, async () => {
  await using setting = await faultSetting();
  const runner = setting.start();
  await setting.arrived();
  // Ours is two days behind: to it, the source's commits are still to come.
  const behindMs = 2 * dayMs;
  runner.jump(-behindMs);
  await setting.writeSome(5);
  const said = await runner.until(
    (event) => event.kind === 'warned' && event.finding !== null,
    'the clock is reported',
  );
  expect(said).toMatchObject({ kind: 'warned', finding: { rule: 'clock-in-future', severity: 'warning' } });
  await setting.arrived();
  runner.jump(behindMs);
  await setting.writeSome(5);
  await runner.until((event) => event.kind === 'warned' && event.finding === null, 'the report is taken back');
  await setting.arrived();
  await setting.expectExact();
  const [last] = await setting.within('store', (c) =>
    c.query(
      sql`select max("at") <= clock_timestamp() as past from freehold.fh_clock where stream = ${value(shop.stream)}`,
    ),
  );
  expect(last).toEqual({ past: true });
});
