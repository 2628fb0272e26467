import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { capture } from '../../engines/postgres/capture.ts';
import { connect } from '../../engines/postgres/connection.ts';
import type { StreamDataset, StreamNode } from '../../plan/plan.ts';
import { literal, name, sql } from '../../sql/sql.ts';
import { catchUp, database, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run } from '../testing/fixture.ts';
import { random } from '../testing/reference.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const columns = { id: 'int32', n: 'int32?', big: 'text?' };
const [t, u, added] = [
  dataset('t', ['id'], columns, { layout: 'history' }),
  dataset('u', ['id'], columns),
  dataset('added', [], columns),
];
const node = streamOf('retail/sales/shop', [t, u, added]);
const w = dataset('w', ['id'], columns, { address: 'retail/sales/other.w' });
/** Where it is loaded already, `node` is loaded beside the log that it goes on with. */
const other = streamOf('retail/sales/other', [w]);

const made = `create sequence moved start 100000;
  create table t (id int primary key, n int, big text); alter table t alter big set storage external;
  create table u (id int primary key, n int, big text); alter table u alter big set storage external;
  create table added (id int, n int, big text);
  create table w (id int primary key, n int, big text);
  insert into t select g, g, case g % 3 when 0 then repeat(md5(g::text), 90) else 'short' end from generate_series(1, 3000) g;
  insert into u select g, g, repeat('u', g % 300) from generate_series(1, 1500) g;
  insert into added select g, g, 'first' from generate_series(1, 800) g`;

/** Changes of every kind, each committed by itself, some seconds long. */
async function write(source: Place, of: number, most: number, signal?: AbortSignal): Promise<void> {
  const rnd = random(of);
  const below = (n: number) => Math.floor(rnd() * n);
  await using session = await connect(source.access, 'test writer');
  await run(session, 'set search_path = public');
  for (let steps = 0; steps < most && signal?.aborted !== true; steps++) {
    const table = below(3) === 0 ? 'u' : 't';
    const some = `id % ${20 + below(200)} = ${below(20)}`;
    const acts = [
      `update ${table} set n = ${below(1000)} where ${some}`,
      `update ${table} set n = n + 1 where ${some}`,
      `update ${table} set big = repeat('${'xyz'.charAt(below(3))}', 2500 + ${below(500)}) where ${some}`,
      `delete from ${table} where ${some}`,
      `update ${table} set id = nextval('moved') where ${some}`,
      `insert into ${table} select g, g, repeat(md5(g::text), ${below(90)}) from generate_series(${below(3000)}, ${below(3000)}) g on conflict do nothing`,
      `insert into added values (${below(9)}, ${steps}, 'later')`,
      `vacuum ${table}`,
      `insert into w values (nextval('moved'), ${below(9)}, 'w')`,
    ];
    // Each has the load of its table begin again: now and then, or it would never end.
    const rewrites = new Map([
      [20 + (of % 30), `vacuum full ${table}`],
      [60 + (of % 40), `truncate ${table}`],
    ]);
    await run(session, rewrites.get(steps) ?? must(acts[below(acts.length)], 'act'));
    await systemClock.sleep(20 + below(60), signal);
  }
}

/** All rows of a table as one text each. */
async function linesOf(
  session: Connection,
  schema: string,
  { name: table }: StreamDataset,
): Promise<readonly string[]> {
  const rows = await session.query(
    sql`select concat_ws('|', id, coalesce(n::text, '~'), md5(coalesce(big, '~'))) as line from ${name(schema, table)}`,
  );
  return rows.map(({ line }) => String(line)).sort();
}

/** Versions that were true at ordinal n or later, `by` added to their ordinals; none begins before n. */
async function versionsFrom(session: Connection, of: StreamDataset, n: number, by: number): Promise<readonly string[]> {
  const row = sql`concat_ws('|', id, coalesce(n::text, '~'), md5(coalesce(big, '~')))`;
  const rows = await session.query(sql`
    select ${row} || ' ' || greatest(fh_from, ${literal(n)}) + ${literal(by)} || ' ' || fh_to + ${literal(by)} as line
    from ${name(of.schema, of.history)} where fh_to > ${literal(n)}
    union all select ${row} || ' ' || greatest(fh_from, ${literal(n)}) + ${literal(by)} || ' now' from ${name(of.schema, of.current)}`);
  return rows.map(({ line }) => String(line)).sort();
}

async function ordinalOf({ session }: Place): Promise<number> {
  const [row] = await session.query(
    sql`select ordinal::int4 as n from freehold.fh_checkpoint where stream = ${literal(node.stream)}`,
  );
  return Number(row?.n ?? 0);
}

/** Runs with kills at random boundaries until a run ends by itself. */
async function catchUpThroughKills(
  source: Place,
  store: Place,
  nodes: readonly StreamNode[],
  of: number,
  loadViewMs: number,
): Promise<number> {
  const rnd = random(of);
  for (let cuts = 0; ; cuts++) {
    const hook = async () => {
      if (rnd() < (cuts < 6 ? 0.08 : 0)) throw new Error('killed');
    };
    try {
      await catchUp(source, store, nodes, { hook, loadViewMs, loadPartBytes: 128 * 1024, batchBytes: 100_000 });
      return cuts;
    } catch (failure) {
      if (!(failure instanceof Error) || failure.message !== 'killed') throw failure;
    }
  }
}

test.each([0, 1, 2, 3, 4, 5, 6])(
  `what was loaded in many views, beside another stream or alone, through kills, while all changes, is the source, and has the history of a load in one view (%i after seed ${seed}, FREEHOLD_SEED)`,
  async (nth) => {
    const source = await database('src', made);
    const [store, reference] = [await database('store'), await database('reference')];
    const nodes = nth < 2 ? [node] : [node, other];
    // In the last two, datasets join a stream.
    const isJoined = nth >= 5;
    if (nth >= 2) await catchUp(source, store, isJoined ? [other, streamOf(node.stream, [t])] : [other]);
    // The reference is loaded before anything changes, in one view, and follows when all is over.
    const whole = { ...source, name: `${source.name}_whole` };
    await catchUp(whole, reference, [node]);
    const stop = new AbortController();
    const writing = [write(source, seed + nth, 120, stop.signal), write(source, seed + nth + 7919, 120, stop.signal)];
    const viewMs = must([0, 300, 0, 300, 60_000, 60_000, 300][nth], 'ms');
    const cuts = await catchUpThroughKills(source, store, nodes, seed + nth, viewMs).finally(() => stop.abort());
    await Promise.all(writing);
    await catchUp(source, store, nodes);
    // What comes from now on has its versions.
    await write(source, seed + nth + 104_729, 19);
    await catchUp(source, store, nodes);
    await catchUp(whole, reference, [node]);
    await must(capture.log, 'log').drop(whole.access, whole.name);

    const [here, there] = [await ordinalOf(store), await ordinalOf(reference)];
    const complete = await store.session.query(
      sql`select address, complete_from::int4 as n from freehold.fh_dataset where stream = ${literal(node.stream)} order by address`,
    );
    console.log(
      `seed ${seed + nth}: ${cuts} kills, ${there} ordinals, complete from ${complete.map(({ n }) => n).join()} of ${here}`,
    );
    expect(complete).toHaveLength(3);
    for (const of of [t, u, added]) {
      expect(await linesOf(store.session, of.schema, of), of.name).toEqual(await linesOf(source.session, 'public', of));
      const known = complete.filter(({ address }) => isJoined || address === of.address);
      // What joined has ordinals that the reference has not.
      const from = Math.max(...known.map(({ n }) => Number(n)));
      const ours = await versionsFrom(store.session, of, from, there - here);
      expect(ours, of.name).toEqual(await versionsFrom(reference.session, of, from + there - here, 0));
    }
    if (nth >= 2) expect(await linesOf(store.session, w.schema, w)).toEqual(await linesOf(source.session, 'public', w));
    const left = sql`select relname from pg_class where relname like 'fh_missing%'`;
    expect(await store.session.query(left)).toEqual([]);
    expect(await store.session.query(sql`select address from freehold.fh_load`)).toEqual([]);
  },
  600_000,
);
