import { expect, test } from 'vitest';
import { must } from '../../src/base/must.ts';
import { ownServer } from '../../src/engines/postgres/testing/own.ts';
import { shop } from '../exactness/company.ts';
import { faultSetting } from './setting.ts';

test('a source that was restored from an older copy is noticed, read anew, and what it lost is one gap', {
  timeout: 300_000,
}, async () => {
  await using first = await ownServer();
  await using setting = await faultSetting({ source: first, isKeyed: true });
  const runner = setting.start();
  await setting.arrived();
  await setting.writeSome(20);
  await setting.arrived();
  const then = setting.kept.begin();
  await first.stop();
  await using copy = await first.copy();
  await first.start();
  setting.moved('source', first);
  await setting.writeSome(40);
  await setting.arrived();
  await first.stop();
  await copy.start();
  setting.moved('source', copy);
  // To the reference, too, what the source is now is a step like any other.
  setting.kept.commit({ rows: then.rows, touched: new Set(shop.datasets.map(({ name }) => name)) });
  const held = await runner.until((event) => event.kind === 'held', 'the loss is told');
  expect(held).toMatchObject({ kind: 'held', finding: { rule: 'changes-lost' } });
  await setting.settled();
  await setting.writeSome(20);
  await setting.settled();
  expect(runner.isOver()).toBe(false);
  const gaps = await setting.expectExactOutsideGaps();
  expect(gaps.map(({ address, to }) => [address, must(to, 'end') > 0n])).toContainEqual([null, true]);
});
