import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../../../base/must.ts';
import type { Connection } from '../../../engine/connection.ts';
import { sql, words } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';
import { noPostgres15, noWal2json, postgres15 } from '../testing/installed.ts';
import type { TestServer } from '../testing/server.ts';
import { openOracle, oracleTransactions, seenTransactions } from './testing/oracle.ts';
import { caughtUp, int, open, openLog, read, type Source, source, table, text } from './testing/source.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));

/** mulberry32 */
function random(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const columns = { id: int, n: int, big: text };
const tables = ['t0', 't1', 't2', 'shared'].map((name) => table(name, columns));
const made = sql`
  create sequence moved start 1000;
  create table t0 (id int primary key, extra text, n int, big text);
  create table t1 (id int primary key, extra text, n int, big text);
  create table t2 (id int not null unique, extra text, n int, big text);
  create table shared (id serial primary key, extra text, n int, big text);
  alter table t2 replica identity full;
  alter table t0 alter column big set storage external; alter table t1 alter column big set storage external;
  alter table t2 alter column big set storage external; alter table shared alter column big set storage external`;

/**
 * One of several sessions that write at once, each into a table of its own and into a shared one, so that none waits for
 * another. Statements of every kind, savepoints within savepoints, changes of the table in the middle.
 */
async function writer(from: Source, own: number, below: (n: number) => number) {
  const session = await connect(from.access, 'test writer');
  open.push(session);
  const run = (statement: string) => session.execute(words(statement));
  await run('set search_path = public');
  const t = `t${own}`;
  let saved: string[] = [];
  let isInside = false;
  let named = 0;
  const some = () => `(id + ${below(7)}) % ${2 + below(9)} = 0`;
  const acts: (() => string)[] = [
    () => `insert into ${t} (id, n, big) select g, g, case g % 5 when 0 then repeat(md5(g::text), 90) end
      from generate_series(1, ${1 + below(300)}) g on conflict do nothing`,
    () => `insert into shared (n, big) select ${own}, 'it''s [x]:' || g from generate_series(1, ${1 + below(200)}) g`,
    () => `update ${t} set n = ${below(1000)} where ${some()}`,
    () => `update ${t} set big = ${below(2) === 0 ? 'null' : "repeat('y', 3000 + id)"} where ${some()}`,
    () => `update ${t} set id = nextval('moved') where ${some()}`,
    () => `delete from ${t} where ${some()}`,
    () => `truncate ${t}`,
    () => `alter table ${t} add column if not exists extra text default 'e'`,
    () => `alter table ${t} drop column if exists extra`,
    () => `alter table ${t} alter column n type ${below(2) === 0 ? 'bigint' : 'int'}`,
    () => `do $$ begin
        for i in 1..${1 + below(40)} loop
          begin
            insert into shared (n) values (i);
            if i % 3 = 0 then raise exception 'undone'; end if;
          exception when raise_exception then null;
          end;
        end loop; end $$`,
  ];
  return {
    async step(): Promise<void> {
      if (!isInside) {
        await run('begin');
        isInside = true;
        saved = [];
        return;
      }
      switch (below(10)) {
        case 0:
          await run(below(5) === 0 ? 'rollback' : 'commit');
          isInside = false;
          return;
        case 1:
        case 2:
          saved.push(`s${named++}`);
          await run(`savepoint ${must(saved.at(-1), 'savepoint')}`);
          return;
        case 3:
        case 4: {
          if (saved.length === 0) return;
          const at = below(saved.length);
          const isUndone = below(3) > 0;
          await run(`${isUndone ? 'rollback to' : 'release'} ${must(saved[at], 'savepoint')}`);
          saved = saved.slice(0, isUndone ? at + 1 : at);
          return;
        }
        default:
          await run(must(acts[below(acts.length)], 'act')());
      }
    },
    async end(): Promise<void> {
      if (isInside) await run('commit');
    },
  };
}

/** `also`: wal2json is asked, too. */
async function sameAsOracle(server: TestServer | undefined, of: number, also = false): Promise<void> {
  const below = random(of);
  const more = server === undefined ? {} : { server };
  const from = await source(made, { ...more, large: 64 });
  const whole: Source = {
    ...from,
    name: `${from.name}_whole`,
    log: (await source(sql`select 1`, { ...more, large: 'never' })).log,
  };
  open.push({ [Symbol.asyncDispose]: () => whole.log.drop(whole.access, whole.name) });
  for (const one of [from, whole]) await (await openLog(one, tables))[Symbol.asyncDispose]();
  await openOracle(from.session, `${from.name}_oracle`);
  if (also) await openOracle(from.session, `${from.name}_json`, 'wal2json');
  // Newer servers can send every transaction before its commit, however small.
  if (below(2) === 0) await everythingAtOnce(from.session);
  const reading = await read(from, tables, '');
  const writers = [await writer(from, 0, below), await writer(from, 1, below), await writer(from, 2, below)];
  for (let i = 0; i < 250; i++) await must(writers[below(3)], 'writer').step();
  for (const one of writers) await one.end();
  await caughtUp(reading);
  const expected = await oracleTransactions(from.session, `${from.name}_oracle`, tables);
  expect(seenTransactions(reading.sink.seen)).toEqual(expected);
  if (also) expect(await oracleTransactions(from.session, `${from.name}_json`, tables, 'wal2json')).toEqual(expected);
  const plain = await read(whole, tables, '');
  await caughtUp(plain);
  // Where a description comes is the server's own; what it says shows in the values.
  const told = (of: typeof plain) => of.sink.seen.filter(({ kind }) => kind !== 'shape');
  expect(told(plain)).toEqual(told(reading));
}

async function everythingAtOnce(session: Connection): Promise<void> {
  const [row] = await session.query(sql`
    select name from pg_settings where name in ('debug_logical_replication_streaming', 'logical_decoding_mode')`);
  if (row === undefined) return;
  await session.execute(
    words(`do $$ begin
    execute format('alter database %I set ${String(row.name)} = immediate', current_database()); end $$`),
  );
}

describe('Random writers, several at once, with savepoints, large values and changes of their tables', () => {
  test.each([0, 1, 2, 3])(`give what test_decoding gives (seed ${seed} + %i)`, async (of) => {
    await sameAsOracle(undefined, seed + of);
  });

  if (noPostgres15 !== null) console.log(`skipped: ${noPostgres15}`);
  describe.skipIf(noPostgres15 !== null)('PostgreSQL 15', () => {
    let server: Awaited<ReturnType<typeof postgres15>> | undefined;
    beforeAll(async () => {
      server = await postgres15();
    });
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    });
    if (noPostgres15 === null && noWal2json !== null) console.log(`skipped: ${noWal2json}`);
    test.each([0, 1])(`give what test_decoding and wal2json give (seed ${seed} + %i)`, async (of) => {
      await sameAsOracle(must(server, 'server'), seed + of, noWal2json === null);
    });
  });
});
