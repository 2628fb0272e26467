import { expect, test } from 'vitest';
import { must } from '../base/must.ts';
import type { Datastore } from '../model/model.ts';
import { words } from '../sql/sql.ts';
import { environment, shop, tables } from './testing/environment.ts';

test('apply splits a stream, then moves it to another database: readers keep history, and the old slot goes', async () => {
  const { fresh, plan, store, deploy, once, resident } = await environment();
  const old = await fresh('old');
  await old.run(tables);
  const asOf = async (instant: string) => {
    const rows = await store.session.query(words(`select id, v from reporting_g.b_as_of('${instant}') order by id`));
    return rows.map(({ id, v }) => `${String(id)} ${String(v)}`);
  };
  const now = async () => {
    const [row] = await old.session.query(
      words('select pg_sleep(0.01), clock_timestamp()::text as at, pg_sleep(0.01)'),
    );
    return String(row?.at);
  };
  const slots = async () => {
    const rows = await store.session.query(
      words(`select database from pg_replication_slots where slot_name = 'freehold_local_shop'`),
    );
    return rows.map(({ database }) => database);
  };
  const together = plan(old.database);
  expect(await deploy(together)).toEqual([]);
  await once(together);
  const first = await now();
  await old.run("update b set v = 'b1'");
  await once(together);
  const second = await now();

  const apart = plan(old.database, { together: false });
  const running = resident(together);
  const stopped = expect(running).rejects.toThrow('Another plan was applied');
  expect(await deploy(apart)).toEqual([]);
  await stopped;
  await old.run("update b set v = 'b2'");
  await once(apart);
  const third = await now();
  expect(await slots()).toEqual([old.database]);

  const other = await fresh('other');
  await other.run(`${tables}; update b set v = 'b2'; insert into b values (2, 'later')`);
  const moved = plan(other.database, { together: false });
  expect(await deploy(moved)).toEqual([]);
  expect(await slots()).toEqual([]);
  await once(moved);
  expect(await slots()).toEqual([other.database]);
  const fourth = await now();
  expect(await Promise.all([first, second, third, fourth].map(asOf))).toEqual([
    ['1 b0'],
    ['1 b1'],
    ['1 b2'],
    ['1 b2', '2 later'],
  ]);
  const versions = await store.session.query(
    words('select v from reporting_g.b_history where id = 1 and fh_from_at is not null order by fh_from'),
  );
  expect(versions.map(({ v }) => v)).toEqual(['b0', 'b1', 'b2']);

  // Where the old source answers no more, a warning says what may be left there.
  const next = await fresh('third');
  await next.run(`${tables}; update b set v = 'b2'; insert into b values (2, 'later')`);
  await other.session[Symbol.asyncDispose]();
  await next.run(`select pg_drop_replication_slot('freehold_local_shop')`);
  await next.run(`drop database ${other.database} with (force)`);
  const findings = await deploy(plan(next.database, { together: false }));
  expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([['capture-left', 'warning']]);
  await once(plan(next.database, { together: false }));
  await next.run(`select pg_drop_replication_slot('freehold_local_shop')`);
});

test('a slot that was still read when an apply was cut goes with the next one; one that is in use again stays', {
  timeout: 120_000,
}, async () => {
  const { fresh, plan, store, deploy, cutDeploy, leaving, once } = await environment();
  const [old, other] = [await fresh('old'), await fresh('other')];
  for (const source of [old, other]) await source.run(tables);
  const slots = async () => {
    const rows = await store.session.query(
      words(`select database from pg_replication_slots where slot_name = 'freehold_local_shop'`),
    );
    return rows.map(({ database }) => database);
  };
  /** While somebody reads the log there. */
  const whileRead = async ({ session }: typeof old, work: () => Promise<void>) => {
    const lock = "hashtextextended('freehold log freehold_local_shop', 0)";
    await session.query(words(`select pg_advisory_lock(${lock})`));
    await work();
    await session.query(words(`select pg_advisory_unlock(${lock})`));
  };
  const [first, moved] = [plan(old.database), plan(other.database)];
  await deploy(first);
  await once(first);
  await whileRead(old, () => expect(cutDeploy(moved)).rejects.toThrow('cut'));
  expect(await slots()).toEqual([old.database]);
  expect((await leaving()).map(({ node }) => node.name)).toEqual(['freehold_local_shop']);
  expect(await deploy(moved)).toEqual([]);
  expect(await slots()).toEqual([]);
  expect(await leaving()).toEqual([]);

  // One that somebody reads to the end is told, and the next apply tries again.
  await once(moved);
  await whileRead(other, async () => {
    expect((await deploy(first)).map(({ rule, help }) => [rule, help])).toEqual([
      ['capture-left', expect.stringContaining('Once nobody reads it, apply again;')],
    ]);
  });
  expect(await slots()).toEqual([other.database]);
  expect(await deploy(first)).toEqual([]);
  expect(await slots()).toEqual([]);

  // Cut likewise, and then the plan of before is applied again: its slot is in use.
  expect(await deploy(moved)).toEqual([]);
  await once(moved);
  await whileRead(other, () => expect(cutDeploy(first)).rejects.toThrow('cut'));
  expect(await deploy(moved)).toEqual([]);
  expect(await slots()).toEqual([other.database]);
  expect(await leaving()).toEqual([]);
  await other.run(`select pg_drop_replication_slot('freehold_local_shop')`);
});

test('a dataset is renamed, then moves to another datastore of its team: rows and history go along', async () => {
  const { fresh, plan, store, deploy, once } = await environment();
  const source = await fresh('source');
  await source.run(tables);
  const versions = async (view: string) => {
    const rows = await store.session.query(
      words(`select id, v, fh_from, fh_to from reporting_g.${view}_history order by fh_from, id`),
    );
    return rows.map(({ id, v, fh_from, fh_to }) =>
      [id, v, Number(fh_from), String(fh_to).length > 9 ? 'now' : Number(fh_to)].join('|'),
    );
  };
  const first = plan(source.database);
  await deploy(first);
  await once(first);
  await source.run("update b set v = 'b1'");
  await once(first);
  const { a, b } = shop.datasets;
  const named = { key: ['id'], columns: must(b, 'b').columns, from: 'b' };
  const renamed = plan(source.database, { datasets: { a: must(a, 'a'), bees: { ...named, formerly: ['b'] } } });
  expect(await deploy(renamed)).toEqual([]);
  expect(await deploy(renamed)).toEqual([]);
  expect(await versions('bees')).toEqual(['1|b0|1|2', '1|b1|2|now']);
  await source.run("update b set v = 'b2'");
  await once(renamed);
  // Two streams now: one goes on, the other begins above it.
  const hive: Datastore = { ...shop, address: 'retail/sales/hive', datasets: { bees: named } };
  const moved = plan(source.database, { datasets: { a: must(a, 'a') } }, [hive]);
  expect(await deploy(moved)).toEqual([]);
  await source.run("update b set v = 'b3'; update a set v = 'a1'");
  await once(moved);
  expect(await versions('bees')).toEqual(['1|b0|1|2', '1|b1|2|3', '1|b2|3|5', '1|b3|5|now']);
  expect(await versions('a')).toEqual(['1|a0|1|4', '1|a1|4|now']);
  // There and back.
  const back = plan(source.database, { datasets: { a: must(a, 'a'), bees: named } });
  expect(await deploy(back)).toEqual([]);
  await once(back);
  expect(await versions('bees')).toEqual(['1|b0|1|2', '1|b1|2|3', '1|b2|3|5', '1|b3|5|now']);
  expect(await deploy(moved)).toEqual([]);
  await once(moved);
  // A new one of the old name is another.
  const again = plan(source.database, { datasets: { a: must(a, 'a'), b: must(b, 'b') } }, [hive]);
  expect(await deploy(again)).toEqual([]);
  await once(again);
  expect(await versions('b')).toEqual(['1|b3|7|now']);
  await source.run(`select pg_drop_replication_slot('freehold_local_shop')`);
});
