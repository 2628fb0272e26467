import { expect, test } from 'vitest';
import { faultSetting } from './setting.ts';

const moments = [
  { at: 'at any moment', step: null },
  { at: 'in the middle of a merge', step: 'before commit' },
  { at: 'in the middle of a step of a replica', step: 'replica before commit' },
];

// They wait together until a lease has passed.
test.concurrent.for(moments)(
  'a process that is stopped $at past its lease loses its units to another, and ends when it goes on',
  {
    timeout: 600_000,
  },
  async ({ step }, { task }) => {
    await using setting = await faultSetting({ title: task.name });
    const loading = setting.start();
    await setting.arrived();
    await loading.stop();
    const first = setting.start(step === null ? {} : { stopAt: { step, time: 3 } });
    const there: Promise<unknown> =
      step === null ? first.until((event) => event.kind === 'moved' && event.rows > 0, 'it moves rows') : first.reached;
    await setting.writeWhile(there);
    first.freeze();
    const second = setting.start();
    await setting.writeWhile(
      second.until(({ kind }) => kind === 'owned', 'the second owns a unit'),
      100,
    );
    await setting.writeSome(10);
    await setting.arrived();
    await setting.expectExact();
    first.thaw();
    expect(await first.exit).toBe(3);
    expect(first.failure()).toContain('this process stopped');
    await setting.writeSome(10);
    await setting.arrived();
    expect(second.isOver()).toBe(false);
    await setting.expectExact();
  },
);
