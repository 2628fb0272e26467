import { expect, onTestFinished, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { parts } from '../../engines/postgres/parts.ts';
import { sql } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, readCheckpoint, takeOver } from '../checkpoint.ts';
import { noteReader } from '../purge/readers.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { freshDuck, items, live, versionsIn, whole } from '../replicate/testing/copies.ts';
import { ensureTables } from '../tables.ts';
import { freshStore, mergeChanges, openStream, tablesOf } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { type Row, random, reference, referenceTables, step, transaction } from '../testing/reference.ts';
import { asItRests } from '../versions.ts';
import { moveStream } from './move.ts';

const stream = 'retail/sales/shop';
const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`a stream that moves about among stores, written and cut at random, has the versions of a simple reference, in replicas, too (seed ${seed})`, async () => {
  const rnd = random(seed);
  const below = (n: number) => Math.floor(rnd() * n);
  const kept = reference();
  const rows = new Map<number, Row>();
  const open = async (hint: string) => {
    const c = await freshStore(hint);
    const session = await c.again();
    onTestFinished(async () => {
      await session[Symbol.asyncDispose]();
      await c[Symbol.asyncDispose]();
    });
    return { c, session, hint };
  };
  const stores = [await open('one'), await open('two'), await open('three')];
  let at = must(stores[0], 'store');
  // A stream may be of either layout, wherever it goes.
  const dataset = rnd() < 0.5 ? items : { ...items, layout: 'history' as const };
  let held: Checkpoint = await openStream(at.c, [dataset]);
  await recordLoaded(at.c, stream, items.address, { completeFrom: 1n, position: null, deltaFrom: 0n });

  const write = async () => {
    if (rnd() < 0.1) held = await takeOver(at.session, stream);
    const ordinal = held.ordinal + 1n;
    const changes = transaction(rnd, ordinal, rows);
    step(kept, ordinal, rows);
    held = (await mergeChanges(at.session, await asItRests(at.session, dataset), held, changes, ordinal)).held;
  };
  type Replica = { readonly c: Connection; readonly of: typeof whole; held: Checkpoint };
  const replicas: Replica[] = [];
  for (const [c, of] of [
    [await freshStore('split'), whole],
    [await freshStore('live'), live],
    [await freshDuck(), whole],
  ] as const) {
    onTestFinished(() => c[Symbol.asyncDispose]());
    await ensureTables(c, [{ ...of, keepsDelta: false }]);
    replicas.push({ c, of, held: await takeOver(c, stream) });
  }
  const follow = async (one: Replica) => {
    one.held = (await replicateOnce(at.session, one.c, replicateNode([one.of], { stream }), one.held)).held;
    if (rnd() < 0.5) await noteReader(at.session, stream, `reader ${replicas.indexOf(one)}`, one.held.ordinal);
  };
  const goOn = async (most: number, followed: number) => {
    for (let i = below(most); i > 0; i--) {
      await write();
      for (const one of replicas) if (rnd() < followed) await follow(one);
    }
  };

  let cuts = 0;
  let moves = 0;
  await goOn(20, 0.3);
  while (moves < 6) {
    const to = must(stores.filter((store) => store !== at)[below(2)], 'store');
    const moving = { stream, datasets: [dataset], fromPlace: at.hint, toPlace: to.hint };
    try {
      await moveStream(at.c, to.c, moving, {
        nowMs: () => Date.now(),
        parts,
        async hook(name) {
          if (['move begun', 'part moved', 'move drew near'].includes(name)) await goOn(5, 0.2);
          if (rnd() < 0.08) throw new Error('cut');
        },
      });
    } catch (failure) {
      expect(must(failure instanceof Error ? failure : null, 'error').message).toBe('cut');
      cuts++;
      // Cut at the very end, it has moved; the next one finds it so.
      const again = await moveStream(at.c, to.c, moving, { nowMs: () => Date.now(), parts });
      expect(again.kind).toBe('moved');
    }
    at = to;
    moves++;
    held = await takeOver(at.session, stream);
    await goOn(20, 0.3);
  }
  console.log(`moved ${moves} times, cut ${cuts} times, ordinal ${held.ordinal}`);
  expect(held.ordinal).toBeGreaterThan(20n);
  const expected = { ...referenceTables(kept), delta: [] };
  expect(await tablesOf(at.c, { ...dataset, keepsDelta: false })).toEqual(expected);
  for (const one of replicas) await follow(one);
  const inStore = await versionsIn(at.c, whole);
  for (const { c, of } of replicas.filter((one) => one.of === whole)) expect(await versionsIn(c, of)).toEqual(inStore);
  const now = must(
    replicas.find((one) => one.of === live),
    'live',
  );
  expect((await tablesOf(now.c, { ...items, layout: 'live', keepsDelta: false })).current).toEqual(expected.current);
  for (const { c } of replicas) expect((await readCheckpoint(c, stream))?.ordinal).toBe(held.ordinal);
  const clock = await at.c.query(
    sql`select count(*)::int as n from freehold.fh_clock where stream = ${sql`'retail/sales/shop'`}`,
  );
  expect(clock).toEqual([{ n: Number(held.ordinal) }]);
}, 180_000);
