import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { must } from '../../../base/must.ts';
import { connect } from '../../../engines/postgres/connection.ts';
import type { Finding } from '../../../findings/finding.ts';
import type { StreamNode } from '../../../plan/plan.ts';
import { name, sql, value } from '../../../sql/sql.ts';
import { gapsOf } from '../../gaps.ts';
import { catchUp, database, type Place, streamOf } from '../../testing/capturing.ts';
import { dataset, run, tablesOf } from '../../testing/fixture.ts';
import { inboxOf } from './inbox.ts';
import { orderPause, orderResume } from './orders.ts';

const columns = { id: 'int32', note: 'text?' };
const a = dataset('a', ['id'], columns, { keepsDelta: false });
const b = dataset('b', ['id'], columns, { address: 'retail/sales/other.b', keepsDelta: false });
const first = streamOf('retail/sales/shop', [a]);
const second = streamOf('retail/sales/other', [b]);
const both = [first, second];

async function arrange() {
  const source = await database(
    'src',
    `create table a (id int primary key, note text); create table b (id int primary key, note text);
     insert into a values (1, 'one'); insert into b values (1, 'one')`,
  );
  const store = await database('store');
  await catchUp(source, store, both);
  return { source, store };
}

/** Merging into the table fails for a reason that does not pass. */
async function refuse({ session }: Place, of: StreamNode): Promise<() => Promise<unknown>> {
  const table = must(of.datasets[0], 'dataset');
  const at = sql`${name(table.schema, table.current)}`;
  await session.execute(sql`alter table ${at} add constraint refused check (note <> 'bad')`);
  return () => session.execute(sql`alter table ${at} drop constraint refused`);
}

async function confirmed({ session, name: slot }: Place): Promise<string> {
  const [row] = await session.query(
    sql`select confirmed_flush_lsn::text as lsn from pg_replication_slots where slot_name = ${value(slot)}`,
  );
  return String(row?.lsn);
}

async function isBehind(source: Place, lsn: string): Promise<boolean> {
  const [row] = await source.session.query(
    sql`select confirmed_flush_lsn < ${value(lsn)}::pg_lsn as behind from pg_replication_slots where slot_name = ${value(source.name)}`,
  );
  return row?.behind === true;
}

test('changes of a stream that cannot be merged wait in its inbox: others go on, the log is let go, and nothing is lost', async () => {
  const { source, store } = await arrange();
  const allow = await refuse(store, first);
  await run(source.session, "insert into a values (2, 'two'); insert into b values (2, 'two')");
  await run(source.session, "insert into a values (3, 'bad')");
  await run(source.session, "insert into b values (3, 'three')");
  const [end] = await source.session.query(sql`select pg_current_wal_lsn()::text as lsn`);
  const told: [string | null, string, number | null][] = [];
  const onTrouble = (stream: string | null, failure: Error, retryInMs: number | null) =>
    told.push([stream, failure.message, retryInMs]);
  await expect(catchUp(source, store, both, { onTrouble })).rejects.toThrow(/refused/);
  expect(told).toEqual([['retail/sales/shop', expect.stringContaining('refused'), null]]);
  expect((await tablesOf(store.session, b)).current).toEqual(['1|one|1', '2|two|2', '3|three|3']);
  expect(await isBehind(source, String(end?.lsn))).toBe(false);
  expect(await inboxOf(store.session, first.stream)).toMatchObject({
    why: 'parked',
    reason: expect.stringContaining('refused'),
  });

  // It tries again at each opening, and what comes meanwhile waits behind.
  await run(source.session, "update a set note = 'good' where id = 3");
  await run(source.session, 'truncate a');
  await run(source.session, "insert into a values (4, 'four')");
  await run(source.session, "update a set note = 'vier' where id = 4");
  await expect(catchUp(source, store, both)).rejects.toThrow(/refused/);
  await allow();
  await run(source.session, "insert into a values (5, 'five')");
  await catchUp(source, store, both);
  expect(await inboxOf(store.session, first.stream)).toBeNull();
  expect(await gapsOf(store.session, first.stream)).toEqual([]);
  expect(await tablesOf(store.session, a)).toEqual({
    current: ['4|vier|7', '5|five|8'],
    history: ['1|one|1|5', '2|two|2|5', '3|bad|3|4', '3|good|4|5', '4|four|6|7'],
    delta: [],
  });
  expect(await confirmed(source)).not.toBe('');
});

test('what comes of a paused stream waits until it is resumed, with the ordinals that it would have had', async () => {
  const { source, store } = await arrange();
  await orderPause(store.session, first.stream, 'user:eve', 0);
  await run(source.session, "insert into a values (2, 'two')");
  await run(source.session, "update a set note = 'zwei' where id = 2; insert into b values (2, 'two')");
  await catchUp(source, store, both);
  expect((await tablesOf(store.session, a)).current).toEqual(['1|one|1']);
  expect((await tablesOf(store.session, b)).current).toEqual(['1|one|1', '2|two|2']);
  expect(await inboxOf(store.session, first.stream)).toMatchObject({ why: 'paused', ordinal: 3n });
  await run(source.session, 'delete from a where id = 1');
  await catchUp(source, store, both);
  await orderResume(store.session, first.stream);
  await run(source.session, "insert into a values (3, 'three')");
  await catchUp(source, store, both);
  expect(await inboxOf(store.session, first.stream)).toBeNull();
  expect(await tablesOf(store.session, a)).toEqual({
    current: ['2|zwei|3', '3|three|5'],
    history: ['1|one|1|4', '2|two|2|3'],
    delta: [],
  });
});

test('an inbox that is full lets the log go: the rows are read anew when the stream goes on, and a gap says so', async () => {
  const { source, store } = await arrange();
  await orderPause(store.session, first.stream, 'user:eve', 0);
  await run(source.session, "insert into a select n, repeat('x', 1000) from generate_series(2, 3000) n");
  await run(source.session, "insert into b values (2, 'two')");
  const lost: string[] = [];
  const onLoss = (stream: string | null, finding: { message: string }) => lost.push(`${stream}: ${finding.message}`);
  const little = { inboxBytes: 1 << 20, batchBytes: 1 << 18, onLoss };
  await expect(catchUp(source, store, both, little)).rejects.toThrow(/holds no more/);
  expect(lost).toEqual([expect.stringMatching(/^retail\/sales\/shop: More than 0\.0 GiB of changes have waited/)]);
  expect((await tablesOf(store.session, b)).current).toEqual(['1|one|1', '2|two|2']);
  // While it is paused it stays as it is.
  await expect(catchUp(source, store, both)).rejects.toThrow();
  expect((await tablesOf(store.session, a)).current).toEqual(['1|one|1']);
  await orderResume(store.session, first.stream);
  await catchUp(source, store, both);
  expect((await tablesOf(store.session, a)).current).toHaveLength(3000);
  expect(await gapsOf(store.session, first.stream)).toMatchObject([{ cause: 'inbox-full', from: 1n, to: 2n }]);
});

test('a stream whose merge takes long waits in its inbox: others go on, the log is let go, and what it has is as if it had been fast', {
  timeout: 180_000,
}, async () => {
  const { source, store } = await arrange();
  const stop = new AbortController();
  const steps: string[] = [];
  const running = catchUp(source, store, both, {
    untilCaughtUp: false,
    signal: stop.signal,
    slowAfterMs: 1_000,
    hook: async (step) => void steps.push(step),
  });
  const until = async (is: () => Promise<boolean> | boolean) => {
    while (!(await is())) await systemClock.sleep(50);
  };
  const rowsOf = async (of: typeof a) => (await tablesOf(store.session, of)).current;
  const blocker = await connect(store.access, 'blocker');
  onTestFinished(async () => {
    stop.abort();
    await blocker[Symbol.asyncDispose]();
    await running;
  });
  await blocker.execute(sql`begin`);
  await blocker.execute(sql`lock table ${name(a.schema, a.current)} in access exclusive mode`);
  await run(source.session, "insert into a values (2, 'two')");
  await until(() => steps.includes('staged'));
  // More than memory takes, in transactions that are not large.
  for (let n = 3; n < 76; n++) await run(source.session, `insert into a values (${n}, repeat(md5('${n}'), 32000))`);
  await run(source.session, "update a set note = 'zwei' where id = 2; insert into b values (2, 'two')");
  const [end] = await source.session.query(sql`select pg_current_wal_lsn()::text as lsn`);
  await until(async () => (await rowsOf(b)).length === 2);
  await until(async () => !(await isBehind(source, String(end?.lsn))));
  expect(await inboxOf(store.session, first.stream)).toMatchObject({ why: 'slow', ordinal: 76n });
  expect(steps).not.toContain('drained');

  await blocker.execute(sql`commit`);
  await until(async () => (await inboxOf(store.session, first.stream)) === null);
  await run(source.session, 'delete from a where id = 3');
  await until(async () => (await rowsOf(a)).length === 74);
  const { current, history } = await tablesOf(store.session, a);
  const start = (line: string) => line.replace(/\|[0-9a-f]{32,}\|/, '|..|');
  expect(current.map(start).slice(0, 3)).toEqual(['10|..|10', '11|..|11', '12|..|12']);
  expect(current).toContain('2|zwei|76');
  expect(history.map(start)).toEqual(['2|two|2|76', '3|..|3|77']);
});

test('what is opened anew does not wait for a merge of a slow stream that waits for a lock', {
  timeout: 180_000,
}, async () => {
  const { source, store } = await arrange();
  const stop = new AbortController();
  const steps: string[] = [];
  let reopen = () => {};
  const running = catchUp(source, store, both, {
    untilCaughtUp: false,
    signal: stop.signal,
    slowAfterMs: 200,
    hook: async (step) => void steps.push(step),
    onOpened: (again) => {
      reopen = again;
    },
  });
  const until = async (is: () => Promise<boolean> | boolean) => {
    while (!(await is())) await systemClock.sleep(50);
  };
  const rowsOf = async (of: typeof a) => (await tablesOf(store.session, of)).current;
  const blocker = await connect(store.access, 'blocker');
  onTestFinished(async () => {
    stop.abort();
    await blocker[Symbol.asyncDispose]();
    await running;
  });
  await blocker.execute(sql`begin`);
  await blocker.execute(sql`lock table ${name(a.schema, a.current)} in share row exclusive mode`);
  await run(source.session, "insert into a values (2, 'two')");
  // Given up, it is merged from its inbox, and waits there.
  await until(async () => (await inboxOf(store.session, first.stream))?.bytes !== undefined);
  await until(async () => Number((await inboxOf(store.session, first.stream))?.bytes) > 0);
  await until(async () => {
    const rows = await store.session.query(sql`select pid from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    return rows.length > 0;
  });
  const before = steps.filter((step) => step === 'opened').length;
  reopen();
  await until(() => steps.filter((step) => step === 'opened').length > before);
  await run(source.session, "insert into b values (2, 'two')");
  await until(async () => (await rowsOf(b)).length === 2);
  expect(await rowsOf(a)).toEqual(['1|one|1']);
  await blocker.execute(sql`commit`);
  await until(async () => (await rowsOf(a)).length === 2);
  expect((await tablesOf(store.session, a)).history).toEqual([]);
});

test('an inbox that is half full is told of, before it is full', async () => {
  const { source, store } = await arrange();
  await orderPause(store.session, first.stream, 'user:eve', 0);
  for (const from of [2, 600])
    await run(
      source.session,
      `insert into a select n, repeat('x', 1000) from generate_series(${from}, ${from + 500}) n`,
    );
  const told: unknown[] = [];
  const onNotice = (stream: string, { rule, severity, message }: Finding) =>
    told.push([stream, rule, severity, message.replace(/^[^ ]+ GiB/, '.. GiB')]);
  await catchUp(source, store, both, { inboxBytes: 3 << 19, batchBytes: 1 << 18, onNotice });
  expect(told).toEqual([
    [
      first.stream,
      'inbox-filling',
      'warning',
      ".. GiB of changes of stream 'retail/sales/shop' wait in its inbox, which holds 0.0 GiB: beyond that they are let go, and its rows must be read anew.",
    ],
  ]);
});
