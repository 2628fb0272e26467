import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { must } from '../../src/base/must.ts';
import { testServer } from '../../src/engines/postgres/testing/server.ts';
import { orderPause, orderResume } from '../../src/flow/capture/inbox/orders.ts';
import { group, view } from '../../src/flow/publish/testing/group.ts';
import { countWaiting, order } from '../../src/flow/quality/orders.ts';
import { rowCheck } from '../../src/flow/quality/testing/checks.ts';
import { quarantinedIn } from '../../src/flow/quality/waiting.ts';
import type { Plan, StreamDataset } from '../../src/plan/plan.ts';
import { name, sql, value, words } from '../../src/sql/sql.ts';
import { office, shop } from '../exactness/company.ts';
import type { Order } from './runner-child.ts';
import { faultSetting, type Setting, times } from './setting.ts';

/** Every step boundary, by what brings a process there. */
const steps = {
  load: [
    ...['opened', 'taken over', 'snapshot', 'load begun', 'part loaded', 'key built', 'loaded'],
    ...['replica staged', 'replica before commit', 'replica merged'],
  ],
  writing: ['opened', 'taken over', 'sealed', 'staged', 'before commit', 'merged'],
  writingReplicas: ['replica staged', 'replica before commit', 'replica merged'],
  large: ['spilled'],
  nothing: ['idle'],
  join: ['joined'],
  loss: ['mended'],
  resync: ['resync begun', 'mended'],
  paused: ['appended', 'appended a part', 'inbox moved on'],
  resumed: ['drained', 'attached'],
  released: ['released'],
  switched: ['layout held', 'layout moved', 'layout before commit', 'layout switched'],
  moving: ['move begun', 'part moved', 'move drew near', 'move compared', 'move committed', 'moved'],
} as const;

test('every step boundary that the flow names is one of those at which a process is killed here', () => {
  const flow = fileURLToPath(new URL('../../src/flow', import.meta.url));
  const named = readdirSync(flow, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(flow, file), 'utf8').matchAll(/\bhook(?:\?\.)?\('([^']+)'\)/g)])
    .map(([, step = '']) => step);
  expect([...new Set(Object.values(steps).flat())].sort()).toEqual([...new Set(named)].sort());
});

/** So small that a transaction of some megabytes is staged, or put into an inbox, before its commit is known. */
const small = { batchBytes: 1 << 20 };

async function killedAt(setting: Setting, step: string, time = 1, trial: Order['trial'] = {}): Promise<void> {
  const runner = setting.start({ stopAt: { step, time }, trial });
  await runner.reached;
  await runner.kill();
}

test('killed at any step of a first load, it begins again where that is to be', { timeout: 600_000 }, async () => {
  await using setting = await faultSetting({ rows: 2_000 });
  for (const step of steps.load) await killedAt(setting, step);
  setting.start();
  await setting.arrived();
  await setting.writeSome(20);
  await setting.arrived();
  await setting.expectExact();
});

test('killed at any step while the source is written, nothing is lost or doubled', { timeout: 600_000 }, async () => {
  await using setting = await faultSetting();
  const first = setting.start();
  await setting.arrived();
  await first.kill();
  for (let turn = 0; turn < times; turn++) {
    for (const step of [...steps.writing, ...steps.writingReplicas]) {
      const time = step === 'opened' || step === 'taken over' ? 1 : 1 + Math.floor(setting.draw() * 5);
      await setting.writeWhile(killedAt(setting, step, time));
    }
    // A transaction may be whole before anybody looks: again and again.
    for (const step of steps.large)
      await setting.writeWhile(killedAt(setting, step, 1, small), 1_000, setting.write.large);
    for (const step of steps.nothing) await killedAt(setting, step);
  }
  setting.start();
  await setting.arrived();
  await setting.expectExact();
});

test('killed when a dataset has joined, it has joined once', { timeout: 600_000 }, async () => {
  await using setting = await faultSetting();
  const joining = 'quiet';
  const isBefore = ({ name }: { readonly name: string }) => name !== joining;
  const before: Plan = {
    ...setting.plan,
    nodes: setting.plan.nodes.map((node) => {
      if (node.kind === 'stream') return { ...node, datasets: node.datasets.filter(isBefore) };
      if (node.kind === 'replicate') return { ...node, datasets: node.datasets.filter(isBefore) };
      return node;
    }),
  };
  const first = setting.start({ plan: before });
  await setting.arrived();
  await setting.writeWhile(first.until((event) => event.kind === 'moved' && event.ordinal > 3n, 'a few steps'));
  await setting.arrived();
  await first.stop();
  for (const step of steps.join) await killedAt(setting, step);
  setting.kept.join(shop.stream, joining);
  setting.start();
  // Changes that come meanwhile might have ordinals before that of the correction, or after it.
  await setting.arrived();
  await setting.writeSome(20);
  await setting.arrived();
  await setting.expectExact();
});

test('killed when a loss has been mended, the loss is the one gap', { timeout: 600_000 }, async () => {
  await using setting = await faultSetting();
  const first = setting.start();
  await setting.arrived();
  await setting.writeSome(20);
  await setting.arrived();
  await first.stop();
  const capture = must(
    setting.plan.nodes.find((node) => node.kind === 'capture'),
    'capture',
  );
  await setting.within('source', (c) => c.query(sql`select pg_drop_replication_slot(${value(capture.name)})`));
  await setting.writeSome(20);
  for (const step of steps.loss) await killedAt(setting, step);
  setting.start();
  await setting.settled();
  await setting.writeSome(20);
  await setting.settled();
  const gaps = await setting.expectExactOutsideGaps();
  expect(gaps.map(({ address, cause }) => [address, cause])).toEqual([
    [null, 'slot-gone'],
    [null, 'slot-gone'],
  ]);
});

test('killed while rows of one stream are read anew, the other has lost nothing', { timeout: 600_000 }, async () => {
  await using setting = await faultSetting();
  const first = setting.start();
  await setting.arrived();
  await setting.writeSome(20);
  await setting.arrived();
  await first.stop();
  const [asked] = office.datasets;
  const { address, from } = must(asked, 'dataset');
  const capture = must(
    setting.plan.nodes.find((node) => node.kind === 'capture'),
    'capture',
  );
  await setting.within('source', (c) =>
    c.execute(sql`alter publication ${name(capture.name)} drop table ${name(from.schema, from.table)}`),
  );
  for (const step of steps.resync) await setting.writeWhile(killedAt(setting, step));
  setting.start();
  await setting.settled();
  await setting.writeSome(20);
  await setting.settled();
  const gaps = await setting.expectExactOutsideGaps();
  expect(gaps.map((gap) => [gap.address, gap.cause])).toEqual([[address, 'unpublished']]);
});

test('killed while a paused stream waits in its inbox, or leaves it, nothing is lost or doubled', {
  timeout: 600_000,
}, async () => {
  await using setting = await faultSetting();
  const first = setting.start();
  await setting.arrived();
  await first.stop();
  await setting.within('store', (c) => orderPause(c, shop.stream, 'user:test', Date.now()));
  const [whole, part, nothing] = steps.paused;
  await setting.writeWhile(killedAt(setting, whole, 3));
  await setting.writeWhile(killedAt(setting, part, 1, small), 1_000, setting.write.large);
  await killedAt(setting, nothing);
  await setting.within('store', (c) => orderResume(c, shop.stream));
  for (const step of steps.resumed) await killedAt(setting, step);
  setting.start();
  await setting.writeSome(20);
  await setting.arrived();
  await setting.expectExact();
});

test('killed when changes were released from quarantine, they were released once', { timeout: 600_000 }, async () => {
  await using setting = await faultSetting();
  const first = setting.start();
  await setting.arrived();
  await first.stop();
  const asked = 'quiet';
  const plan: Plan = {
    ...setting.plan,
    nodes: setting.plan.nodes.map((node) => {
      if (node.kind !== 'stream') return node;
      const checks = [rowCheck('present', 'name', 'divert')];
      return { ...node, datasets: node.datasets.map((one) => (one.name === asked ? { ...one, checks } : one)) };
    }),
  };
  const dataset = must(
    shop.datasets.find(({ name }) => name === asked),
    asked,
  );
  const second = setting.start({ plan });
  // What is diverted is a step without a change; what comes of it is one with it, once it is released.
  const keys = ['50', '51', '52'];
  for (const id of keys) {
    await setting.within('source', (c) => c.execute(sql`insert into public.quiet values (${value(id)}::int, null)`));
    setting.kept.commit({ ...setting.kept.begin(), touched: new Set([asked]) });
  }
  await setting.writeSome(20);
  await setting.arrived();
  await second.stop();
  const waiting = () => setting.within('store', async (c) => countWaiting(c, await quarantinedIn(c, dataset)));
  expect(await waiting()).toEqual({ keys: 3, changes: 3 });
  await setting.within('store', async (c) => order(c, await quarantinedIn(c, dataset), 'release', null, 'user:test'));
  const released = setting.kept.begin();
  for (const id of keys) must(released.rows.get(asked), asked).set(id, { id, name: null });
  setting.kept.commit({ rows: released.rows, touched: new Set([asked]) });
  for (const step of steps.released) {
    const runner = setting.start({ plan, stopAt: { step, time: 1 } });
    await runner.reached;
    await runner.kill();
  }
  expect(await waiting()).toEqual({ keys: 0, changes: 0 });
  setting.start({ plan });
  await setting.writeSome(20);
  await setting.arrived();
  await setting.expectExact();
});

test('killed at any step of a change of layout, no version is lost, and what readers ask is answered as before', {
  timeout: 600_000,
}, async () => {
  await using setting = await faultSetting({ rows: 200 });
  // An apply asks the source first, and that would refuse it.
  await setting.within('source', (c) => c.execute(sql`alter table public.tags add unique (id, tag)`));
  const shown = group({
    views: shop.datasets.map((table) =>
      view({
        name: table.name,
        stream: shop.stream,
        table,
        columns: table.columns.map(({ name }) => name),
        history: true,
      }),
    ),
  });
  const planIn = (layout: 'split' | 'history'): Plan => {
    const inLayout = (one: StreamDataset) => (one.key.length === 0 ? one : { ...one, layout });
    const nodes = setting.plan.nodes.map((node) => {
      if (node.kind === 'stream') return { ...node, datasets: node.datasets.map(inLayout) };
      if (node.kind !== 'replicate') return node;
      return { ...node, datasets: node.datasets.map((one) => ({ ...one, store: { ...one.store, layout } })) };
    });
    return { ...setting.plan, nodes: [...nodes, shown] };
  };
  const apply = async (plan: Plan) => {
    const applying = setting.start({ plan, applies: true });
    expect([await applying.exit, applying.failure()]).toEqual([0, null]);
  };
  const read = (text: string) => setting.within('store', (c) => c.query(sql`${words(text)}`));
  const layouts = ['split', 'history', 'split', 'history'] as const;
  await apply(planIn(layouts[0]));
  setting.start({ plan: planIn(layouts[0]) });
  await setting.arrived();
  await setting.writeSome(30);
  await setting.arrived();
  await setting.eventually('views', async () => {
    const rows = await read(`select 1 from pg_proc where proname = 'lines_as_of'`);
    return rows.length > 0 ? null : 'nothing is published';
  });
  const [now] = await setting.within('source', (c) =>
    c.query(sql`select pg_sleep(0.01), clock_timestamp()::text as at`),
  );
  const asOf = (name: string) =>
    read(`select r::text as line from ${shown.schema}.${name}_as_of('${String(now?.at)}') r order by 1`);
  const asked = () => Promise.all(['customers', 'lines', 'quiet'].map(asOf));
  const before = await asked();
  // Nobody writes the last one.
  expect(before.at(-1)).toHaveLength(2);

  for (const [i, layout] of layouts.entries()) {
    if (i === 0) continue;
    // Those that are killed, then one that is not.
    for (const step of i === layouts.length - 1 ? [] : steps.switched) {
      const applying = setting.start({ plan: planIn(layout), applies: true, stopAt: { step, time: 1 } });
      await setting.writeWhile(applying.reached, 50);
      const asking = asked();
      // At the last step before the commit readers wait for a moment.
      if (step !== 'layout before commit') expect(await asking).toEqual(before);
      await applying.kill();
      expect(await asking).toEqual(before);
      await setting.arrived();
    }
    await apply(planIn(layout));
    expect(await asked()).toEqual(before);
    // Who ran by the plan before has stopped, or is about to.
    setting.start({ plan: planIn(layout) });
    await setting.writeSome(10);
    await setting.arrived();
    expect(await asked()).toEqual(before);
  }
  await setting.expectExact();
});

test('killed at any step of a move to another store, while the source is written and the streams run, nothing is lost or doubled', {
  timeout: 600_000,
}, async () => {
  await using setting = await faultSetting({ rows: 500 });
  // As an apply asks of a source whose log is followed.
  await setting.within('source', (c) => c.execute(sql`alter table public.tags add unique (id, tag)`));
  const { plan: here } = setting;
  const there = await inAnotherStore(here);
  const apply = (plan: Plan, stopAt?: Order['stopAt']) =>
    setting.start({ plan, applies: true, ...(stopAt === undefined ? {} : { stopAt }) });
  const applied = async (plan: Plan) => {
    const one = apply(plan);
    expect([await one.exit, one.failure()]).toEqual([0, null]);
  };
  await applied(here);
  let runner = setting.start();
  await setting.arrived();
  for (const step of steps.moving) {
    const moving = apply(there.plan, { step, time: step === 'part moved' ? 1 + Math.floor(setting.draw() * 6) : 1 });
    await setting.writeWhile(moving.reached, 50);
    await moving.kill();
    if (!['move committed', 'moved'].includes(step)) continue;
    // The plan that runs is applied again, and takes the stream back; who was refused meanwhile is started again.
    await runner.kill();
    await applied(here);
    runner = setting.start();
    await setting.writeSome(10);
    await setting.arrived();
  }
  await setting.writeWhile(applied(there.plan), 50);
  await runner.exit;
  setting.goesOnWith(there.plan, there.database);
  setting.start();
  await setting.writeSome(30);
  await setting.arrived();
  await setting.expectExact();
});

/** The plan with another database for the store, of the same server. */
async function inAnotherStore(plan: Plan): Promise<{ readonly plan: Plan; readonly database: string }> {
  const server = await testServer();
  const database = await server.createDatabase('faults_other_store');
  const { 'store:main': _, ...others } = plan.containers;
  const store = 'store:other';
  return {
    database,
    plan: {
      ...plan,
      containers: { ...others, [store]: { engine: 'postgres', fields: server.access(database).fields } },
      nodes: plan.nodes.map((node) =>
        node.kind === 'stream' ? { ...node, container: store } : node.kind === 'replicate' ? { ...node, store } : node,
      ),
    },
  };
}
