import { expect, test } from 'vitest';
import { orderPause, orderResume } from '../flow/capture/inbox/orders.ts';
import { gapsOf, noteGap } from '../flow/gaps.ts';
import { words } from '../sql/sql.ts';
import { environment, shop, tables } from './testing/environment.ts';

let connections = 0;
const stream = shop.address;

/** An environment with a source and two more databases for stores; `main` is where the first plan has the rows. */
async function arrange() {
  const connection = `moving_${++connections}`;
  const it = await environment(connection);
  const source = await it.fresh('source');
  await source.run(tables);
  const [two, three] = [await it.fresh('two'), await it.fresh('three')];
  const at = (store: string, of: Parameters<typeof it.plan>[1] = {}, name = 'main') =>
    it.plan(source.database, of, [], { [name]: store });
  const asOf = async (session: typeof source.session, instant: string, dataset = 'b') => {
    const rows = await session.query(words(`select id, v from reporting_g.${dataset}_as_of('${instant}') order by id`));
    return rows.map(({ id, v }) => `${String(id)} ${String(v)}`);
  };
  const versions = async (session: typeof source.session, dataset = 'b') => {
    const rows = await session.query(
      words(`select id, v, fh_from, fh_to from reporting_g.${dataset}_history order by fh_from, id`),
    );
    return rows.map(({ id, v, fh_from, fh_to }) =>
      [id, v, Number(fh_from), String(fh_to).length > 9 ? 'now' : Number(fh_to)].join('|'),
    );
  };
  const now = async () => {
    const [row] = await source.session.query(
      words('select pg_sleep(0.01), clock_timestamp()::text as at, pg_sleep(0.01)'),
    );
    return String(row?.at);
  };
  const dropSlot = () => source.run(`select pg_drop_replication_slot('freehold_local_${connection}')`);
  return { ...it, connection, source, two, three, at, asOf, versions, now, dropSlot };
}

test('a stream moves to another store while it runs: readers have every version there, and instants mean what they meant', async () => {
  const { source, store, two, at, deploy, once, resident, asOf, versions, now, dropSlot } = await arrange();
  const first = at(store.database);
  expect(await deploy(first)).toEqual([]);
  await once(first);
  const before = await now();
  await source.run("update b set v = 'b1'; insert into a values (2, 'a2')");
  await once(first);
  const between = await now();
  const running = resident(first);
  const stopped = expect(running).rejects.toThrow('Another plan was applied');
  await source.run("update b set v = 'b2'; delete from a where id = 1");

  const second = at(two.database, {}, 'other');
  const told: string[] = [];
  const findings = await deploy(second, { onMoving: (moved) => told.push(moved) });
  await stopped;
  expect(findings.map(({ rule, severity, address }) => [rule, severity, address])).toEqual([
    ['store-left', 'warning', stream],
  ]);
  expect(new Set(told)).toEqual(new Set([stream]));
  await source.run("update b set v = 'b3'");
  await once(second);
  const after = await now();
  expect(await Promise.all([before, between, after].map((instant) => asOf(two.session, instant)))).toEqual([
    ['1 b0'],
    ['1 b1'],
    ['1 b3'],
  ]);
  expect((await versions(two.session)).map((line) => line.split('|')[1])).toEqual(['b0', 'b1', 'b2', 'b3']);
  expect((await versions(two.session, 'a')).map((line) => line.split('|')[1])).toEqual(['a0', 'a2']);
  // Nobody reads what stands still.
  const [shown] = await store.session.query(words(`select to_regclass('reporting_g.b')::text as view`));
  expect(shown).toEqual({ view: null });
  // What is left is dropped with the words of the finding.
  const [finding] = findings;
  await store.run((finding?.help ?? '').replace(/^.*?(?=drop (table|view) )/, ''));
  await once(second);
  await dropSlot();
});

test('it moves back, and on at once, and each time with what came meanwhile; so does a store that is bound to another database', async () => {
  const { source, store, two, three, at, deploy, once, versions, dropSlot } = await arrange();
  const plans = [
    [at(store.database), store],
    [at(two.database), two],
    [at(store.database), store],
    [at(two.database, {}, 'other'), two],
    [at(three.database, {}, 'third'), three],
    [at(store.database), store],
  ] as const;
  let n = 0;
  for (const [plan, there] of plans) {
    expect((await deploy(plan)).filter(({ severity }) => severity === 'error')).toEqual([]);
    // Once it moves on without having run.
    if (there === three) continue;
    await source.run(`update b set v = 'in ${++n}'`);
    await once(plan);
  }
  expect(await versions(store.session)).toEqual([
    ...['1|in 1|1|2', '1|in 2|2|3', '1|in 3|3|4', '1|in 4|4|5', '1|in 5|5|now'],
  ]);
  await dropSlot();
});

test('a stream that is read at intervals moves, and is split on the way; the next read finds nothing new', async () => {
  const { source, store, two, at, deploy, once, versions } = await arrange();
  const snapshot = { changes: { mode: 'snapshot' } } as const;
  const first = at(store.database, snapshot);
  await deploy(first);
  await once(first);
  await source.run("update b set v = 'b1'");
  await once(first);
  const apart = at(two.database, { ...snapshot, together: false });
  expect((await deploy(apart)).map(({ rule }) => rule)).toEqual(['store-left']);
  await once(apart);
  expect(await versions(two.session)).toEqual(['1|b0|1|2', '1|b1|2|now']);
  await source.run("update b set v = 'b2'");
  await once(apart);
  expect((await versions(two.session)).map((line) => line.split('|')[1])).toEqual(['b0', 'b1', 'b2']);
});

test('a stream that is paused takes what waits along, and goes on there', async () => {
  const { source, store, two, at, deploy, once, versions, dropSlot } = await arrange();
  const first = at(store.database);
  await deploy(first);
  await once(first);
  await orderPause(store.session, stream, 'user:test', Date.now());
  await source.run("update b set v = 'waits'");
  await once(first);
  const second = at(two.database);
  expect((await deploy(second)).map(({ rule }) => rule)).toEqual(['store-left']);
  await source.run("update b set v = 'waits, too'");
  await once(second);
  expect(await versions(two.session)).toEqual(['1|b0|1|now']);
  await orderResume(two.session, stream);
  await once(second);
  expect(await versions(two.session)).toEqual(['1|b0|1|2', '1|waits|2|3', '1|waits, too|3|now']);
  await dropSlot();
});

test('where the old store does not answer, nothing is moved until history is left behind on purpose', async () => {
  const { source, store, two, at, deploy, deployed, once, versions, dropSlot } = await arrange();
  const first = at(store.database);
  await deploy(first);
  await once(first);
  await source.run("update b set v = 'b1'");
  await once(first);
  await store.session[Symbol.asyncDispose]();
  await source.run(`alter database ${store.database} rename to ${store.database}_away`);
  const second = at(two.database);
  const refused = await deploy(second);
  expect(refused.map(({ rule, severity, address }) => [rule, severity, address])).toEqual([
    ['history-not-moved', 'error', stream],
  ]);
  expect(refused[0]?.message).toMatch(
    /^stream 'retail\/sales\/orders' is to rest in 'postgres .*two.*', and cannot move there with its history: 'postgres .*store.*', where it rests, does not let us in: .*there is no database .* Nothing of it was moved\.$/,
  );
  expect(refused[0]?.help).toContain('freehold apply --leave-history');
  expect((await deployed())?.containers['store:main']?.fields.database).toBe(store.database);
  const left = await deploy(second, { leavesHistory: true });
  expect(left.map(({ rule, severity }) => [rule, severity])).toEqual([['history-not-moved', 'warning']]);
  await dropSlot();
  await once(second);
  expect(await versions(two.session)).toEqual(['1|b1|1|now']);
  await dropSlot();
});

test('where the rest of an apply is refused, the stream goes on where it was', async () => {
  const { source, store, two, at, deploy, once, versions, dropSlot } = await arrange();
  const first = at(store.database);
  await deploy(first);
  await once(first);
  await source.run('alter table b alter column v set not null; alter table b replica identity full');
  const { a, b } = shop.datasets;
  if (a === undefined || b === undefined) throw new Error('two datasets');
  const other = at(two.database, {
    datasets: { a, b: { ...b, key: ['id', 'v'], columns: { ...b.columns, v: { type: { kind: 'text' } } } } },
  });
  const refused = await deploy(other);
  expect(refused.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toEqual(['key-kept']);
  await source.run("update b set v = 'stayed'");
  await once(first);
  expect(await versions(store.session)).toEqual(['1|b0|1|2', '1|stayed|2|now']);
  // And moves when nothing is in its way.
  const second = at(two.database);
  await deploy(second);
  await source.run("update b set v = 'moved'");
  await once(second);
  expect(await versions(two.session)).toEqual(['1|b0|1|2', '1|stayed|2|3', '1|moved|3|now']);
  await dropSlot();
});

test('a move that was cut after the change is finished by the same plan, or taken back by the one before', async () => {
  const { source, store, two, at, deploy, once, versions, dropSlot } = await arrange();
  const first = at(store.database);
  const second = at(two.database);
  await deploy(first);
  await once(first);
  const cut = (wanted: string) =>
    deploy(second, { hook: (step) => (step === wanted ? Promise.reject(new Error('cut')) : Promise.resolve()) });
  await expect(cut('part moved')).rejects.toThrow('cut');
  await source.run("update b set v = 'b1'");
  await once(first);
  await expect(cut('move committed')).rejects.toThrow('cut');
  await source.run("update b set v = 'b2'");
  await once(first);
  // As a process that is killed here leaves it.
  await store.run(`update freehold.fh_checkpoint set moved_to = 'elsewhere', epoch = epoch + 1`);
  await expect(once(first)).rejects.toThrow("its rows rest in 'elsewhere' now");
  expect(await deploy(first)).toEqual([]);
  await source.run("update b set v = 'b3'");
  await once(first);
  expect((await deploy(second)).map(({ rule }) => rule)).toEqual(['store-left']);
  await once(second);
  expect((await versions(two.session)).map((line) => line.split('|')[1])).toEqual(['b0', 'b1', 'b2', 'b3']);
  await dropSlot();
});

test('a store that is reached by another name is where it was: nothing moves, and its views stay', async () => {
  const { source, store, at, deploy, once, versions, dropSlot } = await arrange();
  const first = at(store.database);
  await deploy(first);
  await once(first);
  const other = at(store.database, {}, 'called_otherwise');
  const named = {
    ...other,
    containers: Object.fromEntries(
      Object.entries(other.containers).map(([id, container]) => [
        id,
        id === 'store:called_otherwise'
          ? { ...container, fields: { ...container.fields, host: 'localhost' } }
          : container,
      ]),
    ),
  };
  expect(await deploy(named)).toEqual([]);
  await source.run("update b set v = 'b1'");
  await once(named);
  expect(await versions(store.session)).toEqual(['1|b0|1|2', '1|b1|2|now']);
  await dropSlot();
});

test('what is not loaded yet is loaded where it is to be, and what joins on the way joins there', async () => {
  const { source, store, two, three, at, deploy, once, versions, dropSlot } = await arrange();
  await deploy(at(store.database));
  const second = at(two.database);
  expect(await deploy(second)).toEqual([]);
  await once(second);
  await source.run(
    "update b set v = 'b1'; create table c (id int primary key, v text); insert into c values (1, 'c0')",
  );
  await once(second);
  const { b } = shop.datasets;
  if (b === undefined) throw new Error('dataset b');
  const more = at(three.database, { datasets: { ...shop.datasets, c: b } });
  expect((await deploy(more)).map(({ rule }) => rule)).toEqual(['store-left']);
  await source.run("update b set v = 'b2'; update c set v = 'c1'");
  await once(more);
  expect((await versions(three.session)).map((line) => line.split('|')[1])).toEqual(['b0', 'b1', 'b2']);
  expect((await versions(three.session, 'c')).at(-1)?.split('|')[1]).toBe('c1');
  await dropSlot();
});

test('a load that was cut begins anew where its stream has come to, and what waited for it is merged there', async () => {
  const { connection, plan, source, store, two, deploy, once, versions, dropSlot } = await arrange();
  await source.run(`create table c (id int primary key, v text); insert into c values (1, 'c0');
    create table d (id int primary key, v text); insert into d values (1, 'd0')`);
  const { a, b } = shop.datasets;
  if (a === undefined || b === undefined) throw new Error('two datasets');
  // Another stream of the source, which goes on while rows are loaded beside it.
  const other = { ...shop, address: 'retail/sales/other', source: connection, datasets: { d: b } };
  const at = (database: string, datasets: typeof shop.datasets) =>
    plan(source.database, { datasets }, [other], { main: database });
  const first = at(store.database, { a, b });
  await deploy(first);
  await once(first);
  const joining = at(store.database, { a, b, c: b });
  await deploy(joining);
  await source.run("update b set v = 'b1'; update d set v = 'd1'");
  await expect(
    once(joining, { hook: (step) => (step === 'part loaded' ? Promise.reject(new Error('cut')) : Promise.resolve()) }),
  ).rejects.toThrow('cut');
  const [waiting] = await store.session.query(
    words(
      'select (select count(*) from freehold.fh_load)::int as loads, (select min(why) from freehold.fh_inbox) as why',
    ),
  );
  expect(waiting).toEqual({ loads: 1, why: 'loading' });
  const moved = at(two.database, { a, b, c: b });
  expect((await deploy(moved)).map(({ rule }) => rule)).toEqual(['store-left', 'store-left']);
  await source.run("update b set v = 'b2'; update c set v = 'c1'; update d set v = 'd2'");
  await once(moved);
  await source.run("update c set v = 'c2'");
  await once(moved);
  const values = async (dataset: string) => (await versions(two.session, dataset)).map((line) => line.split('|')[1]);
  expect([await values('b'), await values('d'), (await values('c')).at(-1)]).toEqual([
    ['b0', 'b1', 'b2'],
    ['d0', 'd1', 'd2'],
    'c2',
  ]);
  await dropSlot();
});

test('rows that are to be read anew are read anew where the stream has come to', async () => {
  const { store, two, at, deploy, once, versions, dropSlot } = await arrange();
  const first = at(store.database);
  await deploy(first);
  await once(first);
  // As somebody may have done to it, which no log tells.
  await store.run("update retail__sales__orders.b set v = 'wrong'");
  await noteGap(store.session, stream, { address: null, cause: 'position-ahead', isAccepted: false });
  const second = at(two.database);
  expect((await deploy(second)).map(({ rule }) => rule)).toEqual(['store-left']);
  await once(second);
  expect((await gapsOf(two.session, stream)).map(({ from, to, cause }) => [from, to, cause])).toEqual([
    [1n, 2n, 'position-ahead'],
  ]);
  expect(await versions(two.session)).toEqual(['1|wrong|1|2', '1|b0|2|now']);
  await dropSlot();
});
