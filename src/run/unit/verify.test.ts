import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import { lentSessions } from '../../flow/sessions.ts';
import { dataset, run } from '../../flow/testing/fixture.ts';
import { streamNode } from '../../flow/testing/nodes.ts';
import { type Ledger, openLedger } from '../../ledger/open.ts';
import type { Verified } from '../../ledger/verified.ts';
import type { Container } from '../../model/model.ts';
import type { Plan, VerifyNode } from '../../plan/plan.ts';
import { makeBells } from '../bells.ts';
import { type Containers, containersOf } from '../containers.ts';
import type { LoopEvent } from '../events.ts';
import { runResident } from '../loop.ts';
import { statusOf } from '../status.ts';
import type { WorkContext } from './context.ts';
import { dueIn, pacing, verifyWork } from './verify.ts';

const stream = 'retail/sales/shop';
const kept = dataset('kept', ['id'], { id: 'int32', note: 'text?' }, { keepsDelta: false });
const base = { after: [], priority: 'low', why: [] } as const;
const node = streamNode([kept], { stream, priority: 'low' });
const verifyNode: VerifyNode = {
  ...base,
  kind: 'verify',
  id: 'verify',
  streams: [node.id],
  share: 0.5,
  restMs: 1,
};

/** A source of 90,000 rows, an empty store and a ledger. */
async function arrange() {
  const server = await testServer();
  const place = async (hint: string): Promise<Container & { readonly database: string }> => {
    const database = await server.createDatabase(hint);
    return { engine: 'postgres', fields: { ...server.access(database).fields }, database };
  };
  const [shop, main, ledgerAt] = [await place('source'), await place('store'), await place('ledger')];
  const containers = containersOf(
    { 'connection:shop': shop, 'store:main': main, ledger: ledgerAt },
    { root: '/', secrets: () => Promise.reject(new Error('no secret')) },
  );
  const name = `freehold_${shop.database}`;
  const plan: Plan = {
    version: 1,
    mesh: 'acme',
    environment: 'local',
    model: '',
    containers: { 'connection:shop': shop },
    nodes: [
      {
        ...base,
        kind: 'capture',
        id: 'capture:shop',
        connection: 'shop',
        container: 'connection:shop',
        streams: [node.id],
        name,
      },
      node,
      verifyNode,
    ],
  };
  const source = await containers.connect('connection:shop', 'test');
  await run(
    source,
    "create table public.kept (id int primary key, note text); insert into public.kept select g, 'note ' || g from generate_series(1, 90000) g",
  );
  const ledger = await openLedger(await containers.access('ledger'), 'test');
  const access = await containers.access('connection:shop');
  onTestFinished(async () => {
    await must(capture.log, 'log').drop(access, name);
    await source[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
    await containers[Symbol.asyncDispose]();
  });
  return { containers, ledger, plan, connect: () => connect(access, 'test') };
}

/** Nobody rests for long. */
const hasty: Clock = {
  nowMs: () => systemClock.nowMs(),
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 30), signal),
};

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    await systemClock.sleep(50);
  }
}

test('the loop verifies what it moves, round after round; a row that was changed by hand is a finding of status', async () => {
  const { containers, ledger, plan } = await arrange();
  const stop = new AbortController();
  const events: LoopEvent[] = [];
  const running = runResident(plan, containers, ledger, {
    clock: hasty,
    signal: stop.signal,
    on: (event) => events.push(event),
  });
  const whole = (least: number, of: (verified: Verified) => boolean) =>
    until(async () => (await ledger.verified()).find((each) => each.round >= least && of(each)) ?? null);
  try {
    const first = await whole(1, () => true);
    expect(first).toMatchObject({
      address: kept.address,
      checked: 90_000,
      ranges: 12,
      differences: 0,
      findings: [],
      kept: null,
    });
    {
      await using store = await containers.connect('store:main', 'test');
      await run(store, "update retail__sales__shop.kept set note = 'by hand' where id = 77777");
    }
    const found = await whole(2, (each) => each.differences > 0);
    const message = `id=77777 of '${kept.address}' (stream '${stream}') differs in 'note', between source and store.`;
    expect(found.findings).toMatchObject([{ rule: 'verify-difference', address: kept.address, message }]);
    const { verified } = await statusOf(plan, containers, ledger, systemClock.nowMs());
    expect(verified).toMatchObject({ datasets: 1, unverified: 0, differences: 1, findings: [{ message }] });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'verified', dataset: kept.address, differences: 1 }));
  } finally {
    stop.abort();
    await running;
  }
});

test('a verification that is cut goes on where it was', async () => {
  const { containers, ledger, plan } = await arrange();
  await loadOnce(plan, containers, ledger);
  // Time runs so fast that each range is kept.
  let nowMs = 0;
  const clock: Clock = { nowMs: () => (nowMs += 3_000), sleep: () => Promise.resolve() };
  const asked = { statements: 0 };
  const work = async (isCutAt: (kept: Verified) => boolean) => {
    const stop = new AbortController();
    asked.statements = 0;
    const watched: Ledger = {
      ...ledger,
      async recordVerified(of) {
        await ledger.recordVerified(of);
        if (isCutAt(of)) stop.abort();
      },
    };
    const counted: Containers = {
      ...containers,
      async connect(id, purpose) {
        const session = await containers.connect(id, purpose);
        return {
          ...session,
          query(statement) {
            asked.statements++;
            return session.query(statement);
          },
        };
      },
    };
    const context: WorkContext = {
      containers: counted,
      sessions: lentSessions({ connect: () => Promise.reject(new Error('not asked for')), most: 1, idleMs: 1 }),
      ledger: watched,
      clock,
      signal: stop.signal,
      once: false,
      on: () => undefined,
      bells: makeBells(clock),
      asOf: new Map(),
    };
    await verifyWork(verifyNode, plan, context);
    return asked.statements;
  };
  await work((of) => of.kept?.includes('"from":["60001"]') === true);
  expect(await ledger.verified()).toMatchObject([{ round: 0, kept: expect.stringContaining('"left":60000') }]);
  const rest = await work((of) => of.round === 1);
  expect(await ledger.verified()).toMatchObject([
    { round: 1, checked: 90_000, ranges: 12, differences: 0, kept: null },
  ]);
  const all = await work((of) => of.round === 2);
  expect(await ledger.verified()).toMatchObject([
    { round: 2, checked: 90_000, ranges: 12, differences: 0, kept: null },
  ]);
  // Three ranges and the unkeyed rows of the first were passed over: bounds, and tallies of two sides.
  expect(all - rest).toBe(3 * 3 + 2);
});

async function loadOnce(plan: Plan, containers: Containers, ledger: Ledger): Promise<void> {
  const stop = new AbortController();
  const nodes = plan.nodes.filter((node) => node.kind !== 'verify');
  await runResident({ ...plan, nodes }, containers, ledger, {
    clock: systemClock,
    signal: stop.signal,
    on: (event) => {
      if (event.kind === 'moved') stop.abort();
    },
  });
}

test('rests nineteen seconds for each that a database worked, at a share of a twentieth', async () => {
  const slept: number[] = [];
  const clock: Clock = { nowMs: () => 0, sleep: async (ms) => void slept.push(ms) };
  const stop = new AbortController();
  const { pace, spend } = pacing(0.05, clock, stop.signal);
  await pace();
  spend(600);
  spend(400);
  await pace();
  await pace();
  expect(slept).toEqual([19_000]);
  stop.abort();
  await expect(pace()).rejects.toThrow();
});

test('a round is whole when all that was ever verified is; the next begins when it has rested', () => {
  const all = ['a', 'b', 'c'].map((name) => ({ stream: node, dataset: dataset(name, ['id'], { id: 'int32' }) }));
  const done = (of: Readonly<Record<string, readonly [number, number]>>) =>
    new Map(
      Object.entries(of).map(([name, [round, atMs]]) => {
        const address = `${stream}.${name}`;
        return [address, { address, round, atMs, checked: 0, ranges: 0, differences: 0, findings: [], kept: null }];
      }),
    );
  const due = (...of: Parameters<typeof dueIn>) => {
    const { round, datasets } = dueIn(...of);
    return [round, ...datasets.map((each) => each.dataset.name)];
  };
  expect(due(all, done({}), 100)).toEqual([1, 'a', 'b', 'c']);
  expect(due(all, done({ a: [1, 50] }), 0)).toEqual([1, 'b', 'c']);
  // 'c' is not loaded.
  expect(due(all, done({ a: [1, 50], b: [1, 60] }), 59)).toEqual([1, 'c']);
  expect(due(all, done({ a: [1, 50], b: [1, 60] }), 60)).toEqual([2, 'a', 'b', 'c']);
  // Cut in the middle of a round, however long ago.
  expect(due(all, done({ a: [2, 70], b: [1, 60], c: [1, 60] }), 1_000)).toEqual([2, 'b', 'c']);
});
