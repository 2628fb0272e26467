import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/duckdb/connection.ts';
import type { ReplicateNode, StreamDataset } from '../../plan/plan.ts';
import { list, name, type Sql, sql } from '../../sql/sql.ts';
import { recordLoaded } from '../bookkeeping.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { takeOver } from '../checkpoint.ts';
import { replicateOnce } from '../replicate/replicate.ts';
import { putTogether, setApart } from '../reshape/layout.ts';
import type { Views } from '../reshape/reshape.ts';
import { ensureTables } from '../tables.ts';
import { dataset, freshStore, mergeChanges, openStream, type Staged, tablesOf } from '../testing/fixture.ts';
import { replicateNode } from '../testing/nodes.ts';
import { type Random, type Row, random, reference, referenceTables, step, transaction } from '../testing/reference.ts';
import { asItRests } from '../versions.ts';

const items = dataset('items', ['id'], {
  id: 'int32',
  // As a column is kept that has the name of a removed one.
  'label 2': 'text?',
  amount: 'decimal?',
  ratio: 'float64?',
  body: 'json?',
});

const inOneTable: StreamDataset = { ...items, layout: 'history' };
const noViews: Views = { schemas: [], drop: () => Promise.resolve(), publish: () => Promise.resolve([]) };

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** Merges the log in batches cut at random, some of one ordinal and some of many. */
async function mergeCut(
  c: Connection,
  one: StreamDataset,
  log: readonly (readonly Staged[])[],
  rnd: Random,
  after: (held: Checkpoint) => Promise<Checkpoint>,
) {
  let held = await openStream(c, [one]);
  await recordLoaded(c, held.stream, items.address, { completeFrom: 1n, position: null, deltaFrom: 0n });
  let from = 0;
  while (from < log.length) {
    const to = Math.min(log.length, from + 1 + Math.floor(rnd() ** 3 * 60));
    const changes = log.slice(from, to).flat();
    held = (await mergeChanges(c, await asItRests(c, one), held, changes, BigInt(to))).held;
    from = to;
    held = await after(held);
  }
}

const clockOf = (c: Connection) =>
  c.query(sql`select ordinal::text as ordinal, extract(epoch from at)::text as at from freehold.fh_clock order by 1`);

test(`random transactions, cut into different batches, give the versions of a simple reference, here and in replicas (seed ${seed})`, async () => {
  const rnd = random(seed);
  const kept = reference();
  const rows = new Map<number, Row>();
  const log: Staged[][] = [];
  for (let ordinal = 1n; ordinal <= 400n; ordinal++) {
    log.push(transaction(rnd, ordinal, rows));
    step(kept, ordinal, rows);
  }
  await using one = await freshStore('one');
  await using other = await freshStore('other');
  await using inOne = await freshStore('in_one');
  await using switched = await freshStore('switched');
  await using split = await freshStore('split');
  await using live = await freshStore('live');
  await using duck = await freshDuck();
  const replicas = [
    { c: duck, dataset: { ...items, store: items, keepsDelta: false } },
    { c: split, dataset: { ...items, store: items, keepsDelta: false } },
    { c: live, dataset: { ...items, layout: 'live' as const, store: items, keepsDelta: false } },
  ];
  const held = new Map<Connection, Checkpoint>();
  for (const replica of replicas) {
    await ensureTables(replica.c, [replica.dataset]);
    held.set(replica.c, await takeOver(replica.c, 'retail/sales/shop'));
  }
  const follow = async (store: Connection, always: boolean) => {
    for (const replica of replicas) {
      const at = held.get(replica.c);
      if (at === undefined || (!always && rnd() < 0.6)) continue;
      held.set(replica.c, (await replicateOnce(store, replica.c, nodeOf(replica.dataset), at)).held);
    }
  };

  await mergeCut(one, items, log, rnd, async (at) => {
    await follow(one, false);
    return at;
  });
  await follow(one, true);
  await mergeCut(other, items, log, rnd, (at) => Promise.resolve(at));
  await mergeCut(inOne, inOneTable, log, rnd, (at) => Promise.resolve(at));
  const switches = { inOne: 0, apart: 0 };
  await mergeCut(switched, items, log, rnd, async (at) => {
    if (rnd() < 0.7) return at;
    const isInOne = (await asItRests(switched, items)).versions !== null;
    switches[isInOne ? 'apart' : 'inOne']++;
    const kept = [{ stream: at.stream, table: isInOne ? items : inOneTable }];
    expect([...(await setApart(switched, kept)), ...(await putTogether(switched, kept, noViews))]).toEqual([]);
    return { ...at, epoch: at.epoch + 1n };
  });
  expect(Math.min(switches.inOne, switches.apart)).toBeGreaterThan(0);

  const expected = referenceTables(kept);
  expect(await tablesOf(one, items)).toEqual(expected);
  expect(await tablesOf(other, items)).toEqual(expected);
  expect(await tablesOf(inOne, items)).toEqual(expected);
  expect(await tablesOf(switched, items)).toEqual(expected);
  expect(await tablesOf(split, { ...items, keepsDelta: false })).toEqual({ ...expected, delta: [] });
  expect((await tablesOf(live, { ...items, layout: 'live', keepsDelta: false })).current).toEqual(expected.current);
  expect(await canonicalOf(duck)).toEqual(await canonicalOf(one));
  const clock = await clockOf(one);
  expect(clock).toHaveLength(400);
  expect(await clockOf(other)).toEqual(clock);
  expect(await clockOf(inOne)).toEqual(clock);
  expect(await clockOf(switched)).toEqual(clock);
  expect(await clockOf(split)).toEqual(clock);
});

/** Current rows and versions as canonical text, which is equal on every engine. */
async function canonicalOf(c: Connection): Promise<readonly string[]> {
  const texts = items.columns.map(
    (column) => sql`coalesce(${c.types.canonicalText(column.type, sql`${name(column.name)}`)}, '~')`,
  );
  const of = async (table: string, header: Sql) =>
    (
      await c.query(sql`select concat_ws('|', ${list(texts)}, ${header}) as row_text from ${name(items.schema, table)}`)
    ).map((row) => String(row.row_text));
  const versions = await of(items.history, sql`fh_from, fh_to`);
  return [...(await of(items.current, sql`fh_from`)), '', ...versions].sort();
}

async function freshDuck(): Promise<Connection> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-flow-'));
  onTestFinished(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));
  const file = join(room, 'replica.duckdb');
  return connect({ engine: 'duckdb', label: 'duckdb replica', fields: { file, memory_limit: '500MB', threads: 2 } });
}

function nodeOf(one: ReplicateNode['datasets'][number]): ReplicateNode {
  return replicateNode([one]);
}
