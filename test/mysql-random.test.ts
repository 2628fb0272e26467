import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import { must } from '../src/base/must.ts';
import type { Connection } from '../src/engine/connection.ts';
import { EngineError } from '../src/engine/connection.ts';
import { capture } from '../src/engines/mysql/capture.ts';
import { connect as connectMysql } from '../src/engines/mysql/connection.ts';
import { mysqlLog } from '../src/engines/mysql/log/log.ts';
import { columnName, createTable, lenient, typedColumns, typeOf } from '../src/engines/mysql/testing/all-types.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { connect as connectPostgres } from '../src/engines/postgres/connection.ts';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { runCapture } from '../src/flow/capture/cdc.ts';
import { sourceTables } from '../src/flow/capture/source-tables.ts';
import { dataset } from '../src/flow/testing/fixture.ts';
import { streamNode } from '../src/flow/testing/nodes.ts';
import { type Random, random } from '../src/flow/testing/reference.ts';
import { verifyDataset } from '../src/flow/verify/verify.ts';
import type { StreamDataset } from '../src/plan/plan.ts';
import { list, name, type Sql, sql, words } from '../src/sql/sql.ts';

const seed = Number(process.env.FREEHOLD_SEED ?? Math.floor(Math.random() * 1e9));
const transactions = Number(process.env.FREEHOLD_TRANSACTIONS ?? 250);
const keys = 40;

/**
 * Random transactions on a table of all types. Each does the same to a twin that MariaDB itself keeps the versions of, by
 * transaction: what we made of the log must be those versions.
 */
describe.skipIf(noMariadb !== null)('What is captured of MariaDB is exact', () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb(['--max-binlog-size=65536']);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test(`with every version of its own, whatever the kills and the cuts of batches (seed ${seed})`, {
    timeout: 900_000,
  }, async () => {
    console.log(`mysql random: seed ${seed}, to repeat: FREEHOLD_SEED=${seed}`);
    const draw = random(seed);
    const all = await arrange(server);
    // What was before the load has no versions here.
    await all.caughtUp();
    for (let n = 0; n < transactions; n++) {
      await change(all.session, draw, 0);
      if (draw() < 0.04) await all.session.execute(sql`flush binary logs`);
      if (draw() < 0.08) await all.flow(draw);
    }
    await all.flow(draw);
    await all.caughtUp();
    expect(await all.verify()).toMatchObject({ differences: 0, isPartial: false });
    const [theirs, ours] = [await theirVersions(all.session, all.database), await ourVersions(all.store, all.dataset)];
    expect(stepsOf(ours).length).toBe(stepsOf(theirs).length);
    expect(numbered(ours)).toEqual(numbered(theirs));
  });

  test('and proven range by range, by keys of each kind', async () => {
    const database = await server.createDatabase('ranges');
    await using session = await open(server, database);
    const postgres = await testServer();
    const access = postgres.access(await postgres.createDatabase('mysql_ranges'));
    await using store = await connectPostgres(access, 'test');
    const kinds: readonly (readonly [string, string, string])[] = [
      ['varchar(20)', 'varchar(20)', "concat(char(65 + seq % 60), 'ž', seq)"],
      ['varchar(20) collate utf8mb4_bin', 'varchar(20)', "concat(char(65 + seq % 60), 'ž', seq)"],
      ['bigint unsigned', 'decimal(20,0)', '18446744073709551615 - seq * 3'],
      ['decimal(9,3)', 'decimal(9,3)', '(cast(seq as signed) - 20) / 8'],
      ['timestamp(3) null', 'timestamptz(3)', "'2024-03-31 00:00:00.500' + interval seq minute"],
      ['date', 'date', "'2024-02-20' + interval seq day"],
      ['varbinary(9)', 'binary', 'unhex(lpad(hex(seq * 7), 8, 0))'],
    ];
    const datasets = kinds.map(([, type], i) => ({
      ...dataset(
        `k${i}`,
        ['a', 'id'],
        { a: type, id: 'int32', note: 'text?' },
        { from: { schema: database, table: `k${i}` } },
      ),
      keepsDelta: false,
    }));
    for (const [i, [physical, , value]] of kinds.entries()) {
      await session.execute(
        words(`create table k${i} (a ${physical} not null, id int not null, note text, primary key (a, id))`),
      );
      await session.execute(words(`insert into k${i} select ${value}, seq, concat('n', seq) from seq_1_to_50`));
    }
    const node = streamNode(datasets);
    await runCapture(
      mysqlLog(),
      server.access(database),
      capture,
      `freehold_${database}`,
      [{ node, store: () => connectPostgres(access, 'test') }],
      { clock: systemClock, signal: new AbortController().signal, onBatch: () => undefined, untilCaughtUp: true },
    );
    for (const one of datasets) {
      const verified = () =>
        verifyDataset({
          ...{ stream: 'retail/sales/shop', dataset: one, mode: 'cdc', clock: systemClock, rowsInRange: 7 },
          source: { connect: () => connectMysql(server.access(database), 'test'), capture },
          store: { connect: () => connectPostgres(access, 'test') },
          replicas: [],
          catchUp: null,
        });
      expect(await verified()).toMatchObject({ differences: 0, source: { rows: 50 }, store: { rows: 50 } });
      await store.execute(sql`update ${name(one.schema, one.current)} set note = 'other' where id = 33`);
      await store.execute(sql`delete from ${name(one.schema, one.current)} where id = 12`);
      const found = await verified();
      expect([one.name, found.differences, found.samples.map(({ what }) => what).toSorted()]).toEqual([
        ...[one.name, 2, ['differs', 'missing in store']],
      ]);
    }
  });

  test(`with several writers at a time (seed ${seed})`, { timeout: 900_000 }, async () => {
    const draw = random(seed + 1);
    const all = await arrange(server);
    await all.caughtUp();
    let isWriting = true;
    const writers = [0, 1, 2].map(async (writer) => {
      const own = random(seed + 10 + writer);
      await using session = await open(server, all.database);
      await session.execute(lenient);
      for (let n = 0; n < transactions / 2; n++) {
        await change(session, own, writer * 1000).catch((failure: unknown) => {
          if (!(failure instanceof EngineError && failure.kind === 'conflict')) throw failure;
        });
      }
    });
    const flowing = (async () => {
      while (isWriting) await all.flow(draw);
    })();
    await Promise.all(writers);
    isWriting = false;
    await flowing;
    await all.caughtUp();
    expect(await all.verify()).toMatchObject({ differences: 0, isPartial: false });
    const values = (versions: readonly Version[]) => versions.map(({ key, text }) => [key, text]);
    expect(values(await ourVersions(all.store, all.dataset))).toEqual(
      values(await theirVersions(all.session, all.database)),
    );
  });
});

type Arranged = {
  readonly database: string;
  readonly session: Connection;
  readonly store: Connection;
  readonly dataset: StreamDataset;
  /** Runs the capture until it is killed at a random step, or caught up. */
  flow(draw: Random): Promise<void>;
  caughtUp(): Promise<void>;
  verify(): ReturnType<typeof verifyDataset>;
};

async function arrange(server: Mariadb): Promise<Arranged> {
  const database = await server.createDatabase('random');
  const session = await open(server, database);
  await session.execute(lenient);
  await session.execute(createTable(database, 't'));
  await session.execute(createTable(database, 'twin'));
  await session.execute(sql`alter table twin
    add column s bigint unsigned generated always as row start, add column e bigint unsigned generated always as row end,
    add period for system_time(s, e), add system versioning`);
  const postgres = await testServer();
  const access = postgres.access(await postgres.createDatabase('mysql_random'));
  const store = await connectPostgres(access, 'test');
  const columns = Object.fromEntries(typedColumns.map(({ type }, i) => [columnName(i), `${type}?`]));
  const one = dataset('t', ['id'], { id: 'int32', ...columns }, { from: { schema: database, table: 't' } });
  const node = streamNode([{ ...one, keepsDelta: false }]);
  await using looking = await connectMysql(server.access(database), 'test');
  expect(await capture.preflight(looking, 'cdc', sourceTables(node))).toEqual([]);
  const log = mysqlLog();
  const run = (hook: () => Promise<void>, batchBytes: number) =>
    runCapture(
      log,
      server.access(database),
      capture,
      `freehold_${database}`,
      [{ node, store: () => connectPostgres(access, 'test') }],
      {
        clock: systemClock,
        signal: new AbortController().signal,
        onBatch: () => undefined,
        untilCaughtUp: true,
        batchBytes,
        hook,
      },
    );
  return {
    database,
    session,
    store,
    dataset: one,
    async flow(draw) {
      let left = Math.floor(draw() * 25);
      const killed = new Error('killed');
      const hook = async () => {
        if (left-- === 0) throw killed;
      };
      await run(hook, draw() < 0.5 ? 1 : 1 << 20).catch((failure: unknown) => {
        if (failure !== killed) throw failure;
      });
    },
    caughtUp: () => run(() => Promise.resolve(), 1 << 20),
    verify: () =>
      verifyDataset({
        stream: 'retail/sales/shop',
        dataset: { ...one, keepsDelta: false },
        source: { connect: () => connectMysql(server.access(database), 'test'), capture },
        store: { connect: () => connectPostgres(access, 'test') },
        replicas: [],
        catchUp: null,
        mode: 'cdc',
        clock: systemClock,
      }),
  };
}

/** One transaction, on the table and its twin. `above`: the least of the writer's keys. */
async function change(session: Connection, draw: Random, above: number): Promise<void> {
  const below = (n: number) => Math.floor(draw() * n);
  const key = () => above + below(keys);
  const both = async (statement: (table: Sql) => Sql) => {
    for (const table of ['t', 'twin']) await session.execute(statement(sql`${name(table)}`));
  };
  const some = () => {
    const first = below(typedColumns.length);
    return typedColumns.flatMap((column, i) => {
      if (i !== first && draw() > 0.15) return [];
      const value = column.values[below(column.values.length + 1)] ?? 'null';
      return [sql`${name(columnName(i))} = ${words(value)}`];
    });
  };
  await session.execute(sql`start transaction`);
  try {
    const statements = 1 + below(draw() < 0.1 ? 30 : 4);
    for (let n = 0; n < statements; n++) {
      const [id, other] = [key(), key()].map((one) => words(String(one)));
      const set = list(some());
      const kind = below(10);
      if (kind < 4) await both((table) => sql`replace into ${table} set id = ${must(id, 'id')}, ${set}`);
      else if (kind < 7) await both((table) => sql`update ${table} set ${set} where id = ${must(id, 'id')}`);
      else if (kind === 7)
        await both(
          (table) => sql`update ${table} set ${set} where id between ${must(id, 'id')} and ${must(id, 'id')} + 3`,
        );
      else if (kind === 8) await both((table) => sql`delete from ${table} where id = ${must(id, 'id')}`);
      else
        await both((table) => sql`update ignore ${table} set id = ${must(other, 'id')} where id = ${must(id, 'id')}`);
    }
    await session.execute(draw() < 0.1 ? sql`rollback` : sql`commit`);
  } catch (failure) {
    await session.execute(sql`rollback`);
    throw failure;
  }
}

/** `from`, `to`: whatever numbers the transactions that made and ended it; null: it is current. */
type Version = { readonly key: number; readonly text: string; readonly from: bigint; readonly to: bigint | null };

const compared = typedColumns
  .map(typeOf)
  .map((type, i) => ({ name: columnName(i), type }))
  .filter(({ type }) => type.kind !== 'json');

async function theirVersions(session: Connection, database: string): Promise<readonly Version[]> {
  const texts = compared.map(
    (column) =>
      sql`${session.types.canonicalText(column.type, capture.read({ from: column.name, type: column.type }))} as ${name(column.name)}`,
  );
  // Numbers of transactions are those of their beginnings: one key has one writer, so that they are in order.
  const rows = await session.query(sql`
    select id, s, e, ${list(texts)} from ${name(database, 'twin')} for system_time all`);
  return merged(
    rows.map((row) => ({
      key: Number(row.id),
      text: JSON.stringify(compared.map((column) => row[column.name])),
      from: BigInt(String(row.s)),
      to: String(row.e) === '18446744073709551615' ? null : BigInt(String(row.e)),
    })),
  );
}

async function ourVersions(store: Connection, one: StreamDataset): Promise<readonly Version[]> {
  const texts = compared.map(
    (column) => sql`${store.types.canonicalText(column.type, sql`${name(column.name)}`)} as ${name(column.name)}`,
  );
  const rows = await store.query(sql`
    select id, fh_from::text, null::text as fh_to, ${list(texts)} from ${name(one.schema, one.current)}
    union all select id, fh_from::text, fh_to::text, ${list(texts)} from ${name(one.schema, one.history)}`);
  return merged(
    rows.map((row) => ({
      key: Number(row.id),
      text: JSON.stringify(compared.map((column) => row[column.name])),
      from: BigInt(String(row.fh_from)),
      to: typeof row.fh_to === 'string' ? BigInt(row.fh_to) : null,
    })),
  );
}

/** In order; without what began and ended in one transaction, and two that follow each other and are equal as one. */
function merged(versions: readonly Version[]): readonly Version[] {
  const kept: Version[] = [];
  const order = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  for (const version of versions.toSorted((a, b) => a.key - b.key || order(a.from, b.from))) {
    if (version.from === version.to) continue;
    const last = kept.at(-1);
    if (last !== undefined && last.key === version.key && last.to === version.from && last.text === version.text)
      kept[kept.length - 1] = { ...last, to: version.to };
    else kept.push(version);
  }
  return kept;
}

/** The steps at which any version began or ended, in order. */
function stepsOf(versions: readonly Version[]): readonly bigint[] {
  const steps = new Set(versions.flatMap(({ from, to }) => (to === null ? [from] : [from, to])));
  return [...steps].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Versions with their steps counted from one, so that the two kinds of numbers compare. */
function numbered(versions: readonly Version[]) {
  const at = new Map(stepsOf(versions).map((step, i) => [step, i + 1]));
  return versions.map(({ key, text, from, to }) => ({
    key,
    text,
    from: at.get(from),
    to: to === null ? null : at.get(to),
  }));
}
