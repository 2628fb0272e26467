import { expect, onTestFinished, test } from 'vitest';
import { name, sql } from '../../../sql/sql.ts';
import { catchUp, database, log, streamOf } from '../../testing/capturing.ts';
import { dataset, run, tablesOf } from '../../testing/fixture.ts';
import { random } from '../../testing/reference.ts';
import { inboxOf } from './inbox.ts';
import { orderPause, orderResume } from './orders.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = 24;

/** As a process that dies: whatever is under way is dropped. */
class Killed extends Error {}

test(`however often a stream is paused, parked, resumed, too slow and its process killed, its history is that of one that never was (seed ${seed}, FREEHOLD_SEED)`, async () => {
  const rnd = random(seed);
  const below = (n: number) => Math.floor(rnd() * n);
  const columns = { id: 'int32', note: 'text?', big: 'text?' };
  const a = dataset('a', ['id'], columns, { keepsDelta: false });
  const b = dataset('b', ['id'], columns, { address: 'retail/sales/other.b', keepsDelta: false });
  const nodes = [streamOf('retail/sales/shop', [a]), streamOf('retail/sales/other', [b])];
  const source = await database(
    'src',
    `create table a (id int primary key, note text, big text); create table b (id int primary key, note text, big text);
     alter table a alter column big set storage external; insert into a values (1, 'one', repeat('x', 5000))`,
  );
  const store = await database('store');
  const plain = await database('plain');
  const other = { ...source, name: `${source.name}_plain` };
  onTestFinished(() => log.drop(source.access, other.name));
  await catchUp(source, store, nodes);
  await catchUp(other, plain, nodes);

  const change = (): string => {
    const table = ['a', 'b'][below(2)];
    const id = below(12);
    switch (below(7)) {
      case 0:
        return `delete from ${table} where id = ${id}`;
      case 1:
        return `update ${table} set id = id + 20 where id = ${id} and not exists (select from ${table} where id = ${id} + 20)`;
      case 2:
        return `update ${table} set note = 'n${below(5)}' where id = ${id}`;
      case 3:
        return `insert into ${table} select n, 'many', repeat('y', 2000) from generate_series(100, 400) n on conflict (id) do update set note = 'again'`;
      case 4:
        return below(6) === 0 ? `truncate ${table}` : `delete from ${table} where id > 90`;
      default:
        return `insert into ${table} values (${id}, 'v${below(9)}', repeat('z', ${below(4000)})) on conflict (id) do update set note = excluded.note`;
    }
  };
  const refusal = sql`${name(a.schema, a.current)}`;
  let isRefused = false;
  for (let round = 0; round < rounds; round++) {
    for (let n = below(6); n > 0; n--) await run(source.session, `begin; ${change()}; ${change()}; commit`);
    switch (below(5)) {
      case 0:
        await orderPause(store.session, 'retail/sales/shop', 'user:eve', 0);
        break;
      case 1:
        await orderResume(store.session, 'retail/sales/shop');
        break;
      case 2:
        if (!isRefused)
          await store.session.execute(sql`alter table ${refusal} add constraint refused check (fh_from < 0) not valid`);
        isRefused = true;
        break;
      case 3:
        if (isRefused) await store.session.execute(sql`alter table ${refusal} drop constraint refused`);
        isRefused = false;
        break;
      default:
    }
    let left = below(3) === 0 ? 1_000_000 : 1 + below(20);
    const hook = () => (--left === 0 ? Promise.reject(new Killed()) : Promise.resolve());
    // A merge that takes ten times as long is given up, and done from the inbox.
    const slowAfterMs = below(3) === 0 ? 1 : 30_000;
    // Whatever stops it, the next goes on from what is there.
    await catchUp(source, store, nodes, { hook, slowAfterMs, batchBytes: 1 << (12 + below(8)) }).catch(
      (failure: unknown) => {
        if (!(failure instanceof Killed) && !/refused/.test(String(failure))) throw failure;
      },
    );
  }
  if (isRefused) await store.session.execute(sql`alter table ${refusal} drop constraint refused`);
  await orderResume(store.session, 'retail/sales/shop');
  await catchUp(source, store, nodes);
  await catchUp(other, plain, nodes);
  expect(await inboxOf(store.session, 'retail/sales/shop')).toBeNull();
  for (const one of [a, b]) expect(await tablesOf(store.session, one)).toEqual(await tablesOf(plain.session, one));
});
