import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import type { Connection } from '../../engine/connection.ts';
import { connect } from '../../engines/postgres/connection.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { name, sql } from '../../sql/sql.ts';
import { askedFor, gapsOf, noteGap } from '../gaps.ts';
import { catchUp, database, log, type Place, streamOf } from '../testing/capturing.ts';
import { dataset, run } from '../testing/fixture.ts';
import { random } from '../testing/reference.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const columns = { id: 'int32', n: 'int32?' };
const kept = { keepsDelta: false } as const;
const t = dataset('t', ['id'], columns, kept);
const u = dataset('u', ['id'], columns, { ...kept, layout: 'history' });
const v = dataset('v', ['id'], columns, { ...kept, address: 'retail/sales/other.v' });
const w = dataset('w', ['id'], columns, { ...kept, address: 'retail/sales/third.w' });
const shop = streamOf('retail/sales/shop', [t, u]);
const nodes = [shop, streamOf('retail/sales/other', [v]), streamOf('retail/sales/third', [w])];

const made = ['t', 'u', 'v', 'w']
  .map(
    (table) =>
      `create table ${table} (id int primary key, n int); insert into ${table} select g, 0 from generate_series(1, 300) g`,
  )
  .join(';');

/** Each change committed by itself. */
async function write(source: Place, of: number, signal: AbortSignal): Promise<void> {
  const rnd = random(of);
  const below = (n: number) => Math.floor(rnd() * n);
  await using session = await connect(source.access, 'test writer');
  await run(session, 'set search_path = public');
  while (!signal.aborted) {
    const table = must(['t', 'u', 'v', 'w'][below(4)], 'table');
    const id = 1 + below(400);
    const acts = [
      `update ${table} set n = n + 1 where id = ${id}`,
      `update ${table} set n = n + 1 where id between ${id} and ${id + 20}`,
      `delete from ${table} where id = ${id}`,
      `insert into ${table} values (${id}, ${below(9)}) on conflict (id) do update set n = excluded.n`,
    ];
    await run(session, must(acts[below(acts.length)], 'act'));
    await systemClock.sleep(below(10), signal);
  }
}

async function rowsOf(session: Connection, schema: string, table: string): Promise<readonly string[]> {
  const rows = await session.query(sql`select id || '|' || n as line from ${name(schema, table)}`);
  return rows.map(({ line }) => String(line)).sort();
}

/** All versions, without their ordinals. */
async function versionsOf({ session }: Place, { schema, current, history }: StreamDataset): Promise<readonly string[]> {
  const rows = await session.query(sql`select id || '|' || n as line from ${name(schema, history)}
    union all select id || '|' || n || ' now' from ${name(schema, current)}`);
  return rows.map(({ line }) => String(line)).sort();
}

test.each([0, 1])(
  `rows that are read anew while all changes, through kills, are the source's in the end, and no version of other rows is lost (%i after seed ${seed}, FREEHOLD_SEED)`,
  { timeout: 600_000 },
  async (nth) => {
    const rnd = random(seed + nth);
    const source = await database('src', made);
    const [store, reference] = [await database('store'), await database('reference')];
    const whole = { ...source, name: `${source.name}_whole` };
    await catchUp(source, store, nodes);
    await catchUp(whole, reference, nodes);
    const stop = new AbortController();
    const writing = write(source, seed + nth, stop.signal);
    let begun = 0;
    let kills = 0;
    for (let round = 0; round < 6; round++) {
      const isLost = rnd() < 0.5;
      if (isLost) await run(source.session, `alter publication ${source.name} drop table t`);
      else await noteGap(store.session, shop.stream, { address: t.address, cause: askedFor, isAccepted: true });
      if (rnd() < 0.3) await run(source.session, `alter publication ${source.name} drop table v`);
      const hook = async (step: string) => {
        if (step === 'resync begun') begun++;
        if (rnd() < (step === 'mended' || step === 'resync begun' ? 0.3 : 0.02)) throw new Error('killed');
      };
      for (let tries = 0; ; tries++) {
        try {
          await catchUp(source, store, nodes, tries < 5 ? { hook } : {});
          break;
        } catch (failure) {
          if (!(failure instanceof Error) || failure.message !== 'killed') throw failure;
          kills++;
        }
      }
    }
    stop.abort();
    await writing;
    await catchUp(source, store, nodes);
    await catchUp(whole, reference, nodes);
    await log.drop(whole.access, whole.name);
    console.log(`seed ${seed + nth}: ${begun} begun, ${kills} kills`);
    expect(begun).toBeGreaterThan(0);
    for (const { schema, current } of [t, u, v, w])
      expect(await rowsOf(store.session, schema, current), current).toEqual(
        await rowsOf(source.session, 'public', current),
      );
    for (const of of [u, w]) expect(await versionsOf(store, of), of.name).toEqual(await versionsOf(reference, of));
    const gaps = [
      ...(await gapsOf(store.session, shop.stream)),
      ...(await gapsOf(store.session, 'retail/sales/other')),
    ];
    expect(gaps.filter(({ address, to }) => address === null || to === null)).toEqual([]);
  },
);
