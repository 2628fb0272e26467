import { expect, onTestFinished, test } from 'vitest';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/postgres/connection.ts';
import { testServer } from '../../engines/postgres/testing/server.ts';
import type { ReplicaDataset, StreamDataset } from '../../plan/plan.ts';
import { sql, words } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import { type Checkpoint, takeOver } from '../checkpoint.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { type Row, random, transaction } from '../testing/reference.ts';
import { replicateOnce } from './replicate.ts';
import { freshDuck, items, live, part, types, versionsIn, whole } from './testing/copies.ts';

const stream = 'retail/sales/shop';
const log: StreamDataset = { ...dataset('log', [], types), appendOnly: true };
const appended: ReplicaDataset = { ...log, store: log };

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

test(`replicas of a store that is put back to older copies, again and again, become what it is (seed ${seed})`, async () => {
  const rnd = random(seed);
  const below = (n: number) => Math.floor(rnd() * n);
  const server = await testServer();
  let database = await server.createDatabase('put_back');
  let store: Connection = await connect(server.access(database), 'test');
  onTestFinished(() => store[Symbol.asyncDispose]());
  let held = await openStream(store, [items, log]);
  for (const { address } of [items, log])
    await recordLoaded(store, stream, address, { completeFrom: 0n, position: null, deltaFrom: 0n });

  type Replica = { readonly of: ReplicaDataset; readonly c: Connection; held: Checkpoint };
  const replica = async (of: ReplicaDataset, c: Connection): Promise<Replica> => {
    onTestFinished(() => c[Symbol.asyncDispose]());
    const [, both] = [
      await ensureTables(c, [
        { ...of, keepsDelta: false },
        { ...appended, keepsDelta: false },
      ]),
      of,
    ];
    return { of: both, c, held: await takeOver(c, stream) };
  };
  const replicas = [
    await replica(whole, await freshStore('whole')),
    await replica(live, await freshStore('live')),
    await replica(part, await freshStore('part')),
    await replica(whole, await freshDuck()),
    await replica(part, await freshDuck()),
  ];
  const follow = async (one: Replica) => {
    const node = replicateNode([one.of, appended], { stream });
    one.held = (await replicateOnce(store, one.c, node, one.held)).held;
  };
  let rows = new Map<number, Row>();
  const write = async (ordinals: number, followed: number) => {
    for (let i = 0; i < ordinals; i++) {
      // Whoever takes over begins a branch, with or without a store that was put back.
      if (rnd() < 0.1) held = await takeOver(store, stream);
      const ordinal = held.ordinal + 1n;
      const isItems = below(3) > 0;
      const changes = transaction(rnd, ordinal, isItems ? rows : new Map());
      const added = changes.filter(({ op, unchanged }) => op === 'upsert' && unchanged === undefined);
      held = (await mergeChanges(store, isItems ? items : log, held, isItems ? changes : added, ordinal)).held;
      for (const one of replicas) if (rnd() < followed) await follow(one);
    }
  };

  for (let round = 0; round < 6; round++) {
    await write(3 + below(12), 0.3);
    const copy = `${database}_${round}`;
    await store[Symbol.asyncDispose]();
    {
      await using c = await connect(server.access('postgres'), 'test');
      await c.execute(words(`create database ${copy} template ${database}`));
    }
    store = await connect(server.access(database), 'test');
    const then = new Map(rows);
    await write(below(15), 0.4);
    await store[Symbol.asyncDispose]();
    [database, rows] = [copy, then];
    store = await connect(server.access(database), 'test');
    for (const one of replicas) if (rnd() < 0.5) await follow(one).catch(aheadOnly);
    held = await takeOver(store, stream);
    await write(below(20), 0.2);
  }
  for (const one of replicas) await follow(one);
  const fresh = [await replica(live, await freshStore('fresh')), await replica(part, await freshStore('fresh'))];
  for (const one of fresh) await follow(one);
  const [liveNow, partNow] = await Promise.all(fresh.map(({ c, of }) => versionsIn(c, of)));
  const wholeNow = await versionsIn(store, whole);
  expect(wholeNow.length).toBeGreaterThan(50);
  for (const { of, c, held: at } of replicas) {
    expect(at.ordinal).toBe(held.ordinal);
    expect(await versionsIn(c, of)).toEqual(of === whole ? wholeNow : of === live ? liveNow : partNow);
    expect(await versionsIn(c, { ...appended, layout: 'live' })).toEqual(
      await versionsIn(store, { ...appended, layout: 'live' }),
    );
    expect(await ticksIn(c)).toEqual(await ticksIn(store));
  }
}, 180_000);

/** Until somebody reads the stream there, a replica does not know which of its ordinals will be counted anew. */
function aheadOnly(failure: unknown): void {
  expect(must(failure instanceof Error ? failure : null, 'error').message).toContain('ahead of its store');
}

const ticksIn = (c: Connection) =>
  c.query(sql`select cast(ordinal as varchar) as ordinal, cast(extract(epoch from "at") * 1000 as bigint) as at_ms from freehold.fh_clock
    where stream = 'retail/sales/shop' order by fh_clock.ordinal`);
