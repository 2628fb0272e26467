import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { must } from '../../src/base/must.ts';
import { noteOf } from '../../src/engines/duckdb/owner/place.ts';
import { livingPostmaster } from '../../src/engines/postgres/embedded/postmaster.ts';
import { type OwnServer, ownServer } from '../../src/engines/postgres/testing/own.ts';
import { faultSetting, times } from './setting.ts';

/** The server ends at once, without a word to anybody, as in a power cut; it recovers at its next start. */
async function crash(server: OwnServer): Promise<void> {
  const { pid } = must(await livingPostmaster(server.data), 'the server');
  process.kill(pid, 'SIGQUIT');
  while ((await livingPostmaster(server.data)) !== null) await pause(20);
  await server.stop();
}

test.each(['source', 'store', 'replica'] as const)(
  'a %s that stops or crashes and comes back goes on where it was',
  {
    timeout: 300_000 * times,
  },
  async (where) => {
    await using server = await ownServer();
    await using setting = await faultSetting({ [where]: server });
    const runner = setting.start();
    await setting.arrived();
    for (let turn = 0; turn < times; turn++) {
      for (const end of [() => server.stop(), () => crash(server)]) {
        await setting.writeWhile(pause(setting.draw() * 1_000));
        await end();
        if (where !== 'source') await setting.writeSome(10);
        await server.start();
        setting.moved(where, server);
        await setting.writeSome(10);
      }
    }
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);

test('a DuckDB replica whose owner is killed is opened by another', { timeout: 300_000 * times }, async () => {
  await using setting = await faultSetting();
  const runner = setting.start();
  await setting.arrived();
  for (let turn = 0; turn < 3 * times; turn++) {
    await setting.writeWhile(pause(setting.draw() * 1_000));
    const note: unknown = JSON.parse(readFileSync(noteOf(join(setting.root, 'replica.duckdb')), 'utf8'));
    process.kill(Number(typeof note === 'object' && note !== null && 'pid' in note ? note.pid : Number.NaN), 'SIGKILL');
    // Until then the note beside the file is the dead one's.
    await setting.writeSome(10);
    await setting.arrived();
  }
  await setting.writeSome(10);
  await setting.arrived();
  expect(runner.isOver()).toBe(false);
  await setting.expectExact();
});
