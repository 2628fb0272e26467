import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { faultSetting, times } from './setting.ts';

const ways = ['source', 'store', 'replica'] as const;

test.each(ways)(
  'a first load whose sessions with the %s are cut in the middle of a copy begins again by itself',
  {
    timeout: 300_000 * times,
  },
  async (way) => {
    await using setting = await faultSetting({ rows: 4_000 });
    const runner = setting.start();
    // Four megabytes are to come: each of these cuts is within them.
    for (let turn = 0; turn < 2 * times; turn++) {
      await setting.links[way].cutAfter(500_000 + Math.floor(setting.draw() * 2_500_000));
    }
    await setting.arrived();
    await setting.writeSome(10);
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);

test('sessions that are cut at any moment while the source is written are made anew', {
  timeout: 300_000 * times,
}, async () => {
  await using setting = await faultSetting();
  const runner = setting.start();
  await setting.arrived();
  for (let turn = 0; turn < 2 * times; turn++) {
    for (const way of ways) {
      await setting.writeWhile(pause(setting.draw() * 800));
      setting.links[way].cut();
    }
    await setting.write.large();
    await setting.writeWhile(pause(setting.draw() * 300));
    for (const way of ways) setting.links[way].cut();
  }
  await setting.arrived();
  expect(runner.isOver()).toBe(false);
  await setting.expectExact();
});

test.each(ways)('a %s that refuses sessions for a while is tried again', { timeout: 300_000 }, async (way) => {
  await using setting = await faultSetting();
  const runner = setting.start();
  await setting.arrived();
  setting.links[way].refuse(true);
  setting.links[way].cut();
  await setting.writeWhile(
    runner.until(
      (event) => event.kind === 'failed' && event.retryAfterMs !== null && event.retryAfterMs > 300,
      'it fails again',
    ),
  );
  setting.links[way].refuse(false);
  await setting.arrived();
  expect(runner.isOver()).toBe(false);
  await setting.expectExact();
});

test.each(ways)(
  'half-open sessions with the %s, whose far side is gone without a word, are made anew',
  {
    timeout: 300_000,
  },
  async (way) => {
    await using setting = await faultSetting();
    const runner = setting.start();
    await setting.arrived();
    await setting.writeWhile(pause(300));
    setting.links[way].halfOpen();
    await setting.writeWhile(pause(300));
    await setting.arrived();
    expect(runner.isOver()).toBe(false);
    await setting.expectExact();
  },
);
