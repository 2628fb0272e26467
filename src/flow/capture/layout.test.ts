import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { connect } from '../../engines/postgres/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { putTogether, setApart } from '../reshape/layout.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run, tablesOf } from '../testing/fixture.ts';
import { inboxOf } from './inbox/inbox.ts';

const stream = 'retail/sales/shop';
const columns = { id: 'int32', note: 'text?' };
const a = dataset('a', ['id'], columns, { keepsDelta: false });
const b = dataset('b', ['id'], columns, { address: 'retail/sales/other.b', keepsDelta: false });
const inOne: StreamDataset = { ...a, layout: 'history' };
const noViews = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };
const nodes = [streamOf(stream, [a]), streamOf('retail/sales/other', [b])];

/** What an apply does of it, in a session of its own. */
const ways: readonly (readonly [string, (store: Place) => Promise<unknown>])[] = [
  ['history', ({ session }) => putTogether(session, [{ stream, table: inOne }], noViews)],
  ['split', ({ session }) => setApart(session, [{ stream, table: a }])],
];

test('a layout that is switched while streams are opened, between looking at their tables and taking them over, is the one they merge into', async () => {
  const source = await database(
    'src',
    "create table a (id int primary key, note text); create table b (id int primary key, note text); insert into a values (1, 'v1')",
  );
  const store = await database('store');
  await catchUp(source, store, nodes);
  let n = 1;
  for (const [, change] of [...ways, ...ways]) {
    await run(source.session, `update a set note = 'v${++n}'`);
    let isChanged = false;
    const troubles: string[] = [];
    await catchUp(source, store, nodes, {
      async hook(step) {
        if (step !== 'opened' || isChanged) return;
        isChanged = true;
        expect(await change(store)).toEqual([]);
      },
      onTrouble: (_, failure) => troubles.push(failure.message),
    });
    expect(troubles).toEqual([]);
    expect(isChanged).toBe(true);
    const { current, history } = await tablesOf(store.session, a);
    expect(current).toEqual([`1|v${n}|${n}`]);
    expect(history).toEqual(Array.from({ length: n - 1 }, (_, i) => `1|v${i + 1}|${i + 1}|${i + 2}`));
  }
});

test('a stream whose tables change their layout while it is read goes on in the new one; changes that came meanwhile are merged, and none is parked', {
  timeout: 120_000,
}, async () => {
  const source = await database(
    'src',
    "create table a (id int primary key, note text); create table b (id int primary key, note text); insert into a values (1, 'v1')",
  );
  const store = await database('store');
  const stop = new AbortController();
  const troubles: string[] = [];
  // As the process that runs a unit does: one that was fenced begins again.
  const running = (async () => {
    while (!stop.signal.aborted) {
      await catchUp(source, store, nodes, {
        untilCaughtUp: false,
        signal: stop.signal,
        slowAfterMs: 100,
        onTrouble: (_, failure) => troubles.push(failure.message),
      }).catch((failure: unknown) => troubles.push(String(failure)));
      await systemClock.sleep(100);
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  const until = async (is: () => Promise<boolean>) => {
    while (!(await is())) await systemClock.sleep(30);
  };
  const isThere = (line: string) => async () =>
    (await tablesOf(store.session, a).catch(() => ({ current: [] as readonly string[] }))).current.includes(line);
  await until(isThere('1|v1|1'));
  let n = 1;
  for (const way of ['history', 'split', 'history', 'split'] as const) {
    const hook = async (step: string) => {
      if (step !== 'layout held') return;
      // One merge waits for the tables, and what comes behind it waits in the inbox in the end.
      await run(source.session, `update a set note = 'v${++n}'`);
      await run(source.session, `insert into b values (${n}, 'beside')`);
      await until(async () => (await tablesOf(store.session, b)).current.some((line) => line.startsWith(`${n}|`)));
      if (n % 2 === 0) await until(async () => (await inboxOf(store.session, stream)) !== null);
      await run(source.session, `update a set note = 'v${++n}'`);
    };
    const session = await connect(store.access, 'apply');
    const table = way === 'history' ? inOne : a;
    const all = [{ stream, table }];
    expect(
      await (way === 'history' ? putTogether(session, all, noViews, { hook }) : setApart(session, all, { hook })),
    ).toEqual([]);
    await session[Symbol.asyncDispose]();
    await until(isThere(`1|v${n}|${n}`));
    await until(async () => (await inboxOf(store.session, stream)) === null);
    const { history } = await tablesOf(store.session, a);
    expect(history).toEqual(Array.from({ length: n - 1 }, (_, i) => `1|v${i + 1}|${i + 1}|${i + 2}`).sort());
  }
  expect(troubles.filter((message) => /does not exist|not supported|refused/.test(message))).toEqual([]);
});
