import { expect, onTestFinished, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import type { ReplicaDataset, ReplicateNode } from '../../plan/plan.ts';
import { deltaRanges, loadedDatasets, recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { purgeDelta } from '../purge/delta.ts';
import { ensureTables } from '../tables.ts';
import { freshStore, mergeChanges, openStream, run } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { type Row, random, transaction } from '../testing/reference.ts';
import { replicateOnce } from './replicate.ts';
import { freshDuck, items, live, part, versionsIn, whole } from './testing/copies.ts';

const stream = 'retail/sales/shop';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`replicas that fell behind the delta, or joined late, are what they would be had they followed (seed ${seed})`, async () => {
  const rnd = random(seed);
  await using store = await freshStore('store');
  const replicas = [
    { of: whole, c: await freshStore('followed'), isSlow: false },
    { of: part, c: await freshStore('followed_part'), isSlow: false },
    { of: live, c: await freshStore('followed_live'), isSlow: false },
    { of: whole, c: await freshStore('slow'), isSlow: true },
    { of: part, c: await freshStore('slow_part'), isSlow: true },
    { of: live, c: await freshStore('slow_live'), isSlow: true },
    { of: whole, c: await freshDuck(), isSlow: true },
    { of: part, c: await freshDuck(), isSlow: true },
  ];
  onTestFinished(async () => {
    for (const { c } of replicas) await c[Symbol.asyncDispose]();
  });
  let held = await openStream(store, [items]);
  await recordLoaded(store, stream, items.address, { completeFrom: 0n, position: null, deltaFrom: 0n });
  const at = new Map<Connection, Checkpoint>();
  for (const { c, of } of replicas) {
    await ensureTables(c, [{ ...of, keepsDelta: false }]);
    at.set(c, await takeOver(c, stream));
  }
  const follow = async (isAll: boolean) => {
    for (const { c, of, isSlow } of replicas)
      if (isAll || !isSlow || rnd() < 0.15)
        at.set(c, (await replicateOnce(store, c, nodeOf(of), must(at.get(c), 'held'))).held);
  };
  const rows = new Map<number, Row>();
  let purged = 0;
  for (let ordinal = 1n; ordinal <= 70n; ordinal++) {
    // The next batch fills the delta's last table.
    if (rnd() < 0.2) await run(store, 'update freehold.fh_delta_range set rows = 1000000');
    held = (await mergeChanges(store, items, held, transaction(rnd, ordinal, rows), ordinal)).held;
    await follow(false);
    if (rnd() < 0.15) purged += await purgeDelta(store, items, held.ordinal);
  }
  await follow(true);
  expect(purged).toBeGreaterThan(0);
  expect((await deltaRanges(store, items.address)).length).toBeLessThan(20);
  const [followed, followedPart, followedLive] = await Promise.all(
    replicas.slice(0, 3).map(({ c, of }) => versionsIn(c, of)),
  );
  expect(followed?.length).toBeGreaterThan(100);
  expect(await versionsIn(store, whole)).toEqual(followed);
  for (const { c, of } of replicas.slice(3)) {
    const expected = of === whole ? followed : of === part ? followedPart : followedLive;
    expect(await versionsIn(c, of)).toEqual(expected);
    if (of !== live) expect((await loadedDatasets(c, stream)).get(items.address)?.completeFrom).toBe(0n);
  }
}, 120_000);

function nodeOf(one: ReplicaDataset): ReplicateNode {
  return replicateNode([one], { stream });
}
