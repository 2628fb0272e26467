import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Connection } from '../../src/engine/connection.ts';
import { connect } from '../../src/engines/postgres/connection.ts';
import { testServer } from '../../src/engines/postgres/testing/server.ts';
import { sql, words } from '../../src/sql/sql.ts';
import { link } from './link.ts';
import { faultSetting } from './setting.ts';

// What all of these do is wait, a minute or two for what is silent: they wait together.

const ways = ['source', 'store', 'replica'] as const;

test.concurrent.for(ways)(
  'a %s from which nothing comes any more, neither answer nor end, is asked in sessions made anew',
  {
    timeout: 300_000,
  },
  async (way, { task }) => {
    await using setting = await faultSetting({ title: task.name });
    const runner = setting.start();
    await setting.arrived();
    await setting.writeWhile(pause(200));
    setting.links[way].silence();
    await setting.writeSome(5);
    // New sessions pass; those that were there stay silent for ever.
    setting.links[way].speak();
    await setting.writeSome(20);
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);

test.concurrent('a source that answers and sends nothing more of its log is found out, and asked anew', {
  timeout: 300_000,
}, async ({ task }) => {
  await using setting = await faultSetting({ title: task.name });
  const runner = setting.start({ trial: { lookEveryMs: 500, patienceMs: 5_000 } });
  await setting.arrived();
  await setting.writeSome(10);
  await setting.arrived();
  setting.links.source.silenceReaders();
  await setting.writeSome(10);
  expect(await runner.until((event) => event.kind === 'failed', 'it is found out')).toMatchObject({
    unit: 'capture:shop',
    message: expect.stringContaining('Nothing came of what the source has logged since'),
  });
  await setting.arrived();
  expect(runner.isOver()).toBe(false);
  await setting.expectExact();
});

test.concurrent('a server that is silent altogether is tried until it answers again', { timeout: 300_000 }, async ({
  task,
}) => {
  await using setting = await faultSetting({ title: task.name });
  const runner = setting.start();
  await setting.arrived();
  for (const way of ways) setting.links[way].silence();
  await setting.writeSome(20);
  await runner.until(
    (event) => event.kind === 'failed' && event.unit.startsWith('replicate:'),
    'a replica is told to have failed',
  );
  await pause(5_000);
  for (const way of ways) setting.links[way].speak();
  await setting.arrived();
  expect(runner.isOver()).toBe(false);
  await setting.expectExact();
});

test.concurrent('what only takes long is not cut off: a statement, rows that come slowly, rows that are taken slowly', {
  timeout: 300_000,
}, async () => {
  const server = await testServer();
  const database = await server.createDatabase('slow');
  const longMs = 40_000;
  const within = async <T>(work: (c: Connection) => Promise<T>) => {
    await using c = await connect(server.access(database), 'test');
    return await work(c);
  };
  await within((c) => c.execute(sql`create table public.slow (n int)`));
  const slowly = (c: Connection) =>
    c.copyIn(
      ['public', 'slow'],
      ['n'],
      (async function* () {
        yield Buffer.from('1\n');
        await pause(longMs);
        yield Buffer.from('2\n');
      })(),
      'text',
    );
  const taken = async (c: Connection) => {
    let bytes = 0;
    for await (const chunk of c.copyOut(sql`select repeat('x', 1000) as x from generate_series(1, 20000)`, 'text')) {
      if (bytes === 0) await pause(longMs);
      bytes += chunk.length;
    }
    return bytes;
  };
  expect(
    await Promise.all([
      within((c) => c.query(words(`select 'woke' as it from (select pg_sleep(${longMs / 1000})) s`))),
      within(slowly),
      within(taken),
    ]),
  ).toEqual([[{ it: 'woke' }], 2, 20_020_000]);
});

test.concurrent('a statement whose answer was lost fails as a connection that broke', {
  timeout: 120_000,
}, async () => {
  const server = await testServer();
  const access = server.access(await server.createDatabase('lost'));
  await using way = await link({ host: String(access.fields.host), port: Number(access.fields.port) });
  await using c = await connect({ ...access, fields: { ...access.fields, port: way.port } }, 'test');
  const lost = c.query(sql`select pg_sleep(5)`);
  await pause(300);
  way.silence();
  way.speak();
  await expect(lost).rejects.toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('nothing has come of it for 15 seconds, and its server waits for us'),
  });
});
