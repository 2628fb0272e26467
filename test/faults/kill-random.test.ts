import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { faultSetting, times } from './setting.ts';

test('killed at any moment, again and again, nothing is lost or doubled', { timeout: 600_000 * times }, async () => {
  await using setting = await faultSetting();
  const first = setting.start();
  await setting.arrived();
  await first.kill();
  for (let kill = 0; kill < 5 * times; kill++) {
    const runner = setting.start();
    const isLarge = setting.draw() < 0.2;
    const afterMs = setting.draw() * 1_500;
    await setting.writeWhile(
      runner.until((event) => event.kind === 'owned', 'it owns a unit').then(() => pause(afterMs)),
    );
    if (isLarge) await setting.write.large();
    await runner.kill();
  }
  setting.start();
  await setting.arrived();
  await setting.expectExact();
  expect(setting.kept.ordinal('retail/sales/shop')).toBeGreaterThan(20n);
});
