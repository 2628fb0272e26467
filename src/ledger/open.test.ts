import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { postgres } from '../engines/postgres/engine.ts';
import { testServer } from '../engines/postgres/testing/server.ts';
import { makePlan } from '../plan/make.ts';
import { company, testFacts } from '../plan/testing/company.ts';
import { literal, sql } from '../sql/sql.ts';
import { migrate, migrations } from './migrate.ts';
import { openLedger } from './open.ts';
import { refusePooler } from './process.ts';
import type { Report } from './statistics.ts';

async function ledgerDatabase() {
  const server = await testServer();
  return server.access(await server.createDatabase('ledger'));
}

function planned() {
  const { plan } = makePlan(company({}), 'local', testFacts, {});
  if (plan === null) throw new Error('no plan');
  return plan;
}

describe('the ledger', () => {
  test('opens twice at once on an empty database and once more later', async () => {
    const access = await ledgerDatabase();
    const [one, two] = await Promise.all([openLedger(access, 'one'), openLedger(access, 'two')]);
    await using _one = one;
    await using _two = two;
    await using three = await openLedger(access, 'three');
    expect(await three.statistics()).toEqual([]);
  });

  test('of a newer freehold, or of changed steps, is refused with what to do', async () => {
    const access = await ledgerDatabase();
    await using c = await postgres.connect(access, 'test');
    const second = {
      number: migrations.length + 1,
      name: 'second',
      statements: [sql`create table freehold_ledger.more (a integer)`],
    };
    await migrate(c, [...migrations, second]);
    await expect(openLedger(access, 'old')).rejects.toThrow('the ledger is of a newer freehold: it is at step 4');
    await expect(migrate(c, [...migrations, { ...second, statements: [sql`select 1`] }])).rejects.toThrow(
      "step 4 of the ledger ('second') is not the one this program knows",
    );
  });

  test('a step that fails leaves nothing behind', async () => {
    const access = await ledgerDatabase();
    await using c = await postgres.connect(access, 'test');
    const broken = {
      number: migrations.length + 1,
      name: 'broken',
      statements: [sql`create table freehold_ledger.half (a integer)`, sql`select 1 / 0`],
    };
    await expect(migrate(c, [...migrations, broken])).rejects.toThrow('division by zero');
    const rows = await c.query(
      sql`select to_regclass('freehold_ledger.half') as half, max(number) as step from freehold_ledger.migration`,
    );
    expect(rows).toEqual([{ half: null, step: 3 }]);
  });

  test('gives back the deployed plan, and belongs to one environment', async () => {
    const access = await ledgerDatabase();
    await using ledger = await openLedger(access, 'test');
    expect(await ledger.deployed('local')).toBeNull();
    await ledger.deploy('local', planned());
    await ledger.deploy('local', planned());
    expect(await ledger.deployed('local')).toEqual(planned());
    await expect(ledger.deploy('prod', planned())).rejects.toThrow(
      "this database is the ledger of environment 'local'",
    );
    await using c = await postgres.connect(access, 'test');
    expect(await c.query(sql`select count(*)::integer as n from freehold_ledger.plan`)).toEqual([{ n: 1 }]);
  });

  test('adds up merged rows and keeps what a report does not mention', async () => {
    await using ledger = await openLedger(await ledgerDatabase(), 'test');
    const first = {
      state: 'running',
      ordinal: 7n,
      position: 'AB',
      mergedRows: 3,
      freshAtMs: 1_700_000_000_123,
    } as const;
    await ledger.record(new Map(['stream:a', 'stream:b'].map((node) => [node, first])));
    const second = { state: 'idle', mergedRows: 4, datasetRows: { 'a.b': 2 }, lastError: null } as const;
    await ledger.record(
      new Map<string, Report>([
        ['stream:a', second],
        ['stream:b', { ordinal: null, position: null }],
        ['stream:c', { ordinal: 1n, position: 'C' }],
      ]),
    );
    const [found, ...others] = await ledger.statistics();
    expect(others.map(({ node, ordinal, position, mergedRows }) => [node, ordinal, position, mergedRows])).toEqual([
      ['stream:b', null, null, 3],
      ['stream:c', 1n, 'C', 0],
    ]);
    expect({ ...found, updatedAtMs: 0 }).toEqual({
      node: 'stream:a',
      state: 'idle',
      ordinal: 7n,
      position: 'AB',
      mergedRows: 7,
      datasetRows: { 'a.b': 2 },
      freshAtMs: 1_700_000_000_123,
      lastError: null,
      finding: null,
      updatedAtMs: 0,
    });
  });

  test('takes statements of many callers at once', async () => {
    await using ledger = await openLedger(await ledgerDatabase(), 'test');
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => [
        ledger.audit({ actor: 'test', verb: 'count', object: String(i), detail: null }),
        ledger.acquire([`unit:${i}`]),
        ledger.record(new Map([['n', { mergedRows: 1 }]])),
      ]).flat(),
    );
    expect((await ledger.statistics())[0]?.mergedRows).toBe(40);
    expect(await ledger.verifyAudit()).toMatchObject({ kind: 'whole', entries: 40 });
  });
});

describe('units', () => {
  test('have one owner, until it releases them', async () => {
    const access = await ledgerDatabase();
    await using one = await openLedger(access, 'one');
    await using two = await openLedger(access, 'two');
    expect(await one.acquire(['a', 'b'])).toEqual([
      { unit: 'a', epoch: 1n },
      { unit: 'b', epoch: 1n },
    ]);
    expect(await one.acquire(['a'])).toEqual([]);
    expect(await two.acquire(['a', 'b', 'c'])).toEqual([{ unit: 'c', epoch: 1n }]);
    await two.release(['a']);
    expect(await two.acquire(['a'])).toEqual([]);
    await one.release(['a']);
    expect(await two.acquire(['a'])).toEqual([{ unit: 'a', epoch: 2n }]);
    expect(await one.owners()).toEqual([
      { unit: 'a', epoch: 2n, process: 'two' },
      { unit: 'b', epoch: 1n, process: 'one' },
      { unit: 'c', epoch: 1n, process: 'two' },
    ]);
  });

  test('asked for by ten at once go to one each', async () => {
    const access = await ledgerDatabase();
    const ledgers = await Promise.all(Array.from({ length: 5 }, (_, i) => openLedger(access, `p${i}`)));
    const units = ['a', 'b', 'c', 'd'];
    const won = await Promise.all(ledgers.map((ledger) => ledger.acquire(units)));
    expect(
      won
        .flat()
        .map(({ unit }) => unit)
        .toSorted(),
    ).toEqual(units);
    for (const ledger of ledgers) await ledger[Symbol.asyncDispose]();
  });

  test('of a killed process are free at once', async () => {
    const access = await ledgerDatabase();
    const script = `
      import { openLedger } from ${JSON.stringify(new URL('./open.ts', import.meta.url).href)};
      const ledger = await openLedger(JSON.parse(process.env.ACCESS), 'victim');
      await ledger.acquire(['a']);
      console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env: { ...process.env, ACCESS: JSON.stringify(access) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(
      await Promise.race([once(child.stdout, 'data').then(() => 'held'), once(child, 'exit').then(() => 'gone')]),
    ).toBe('held');
    await using heir = await openLedger(access, 'heir');
    expect(await heir.acquire(['a'])).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    let taken = await heir.acquire(['a']);
    // The server notices the closed socket by itself; nothing times out.
    for (let i = 0; i < 200 && taken.length === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      taken = await heir.acquire(['a']);
    }
    expect(taken).toEqual([{ unit: 'a', epoch: 2n }]);
  });

  test('are lost, and nothing more is won, when the session with the lock is cut', async () => {
    const access = await ledgerDatabase();
    await using ledger = await openLedger(access, 'cut');
    await ledger.acquire(['a']);
    expect(await ledger.isHeld()).toBe(true);
    await using c = await postgres.connect(access, 'test');
    await c.query(sql`select pg_terminate_backend(pid, 10000) from pg_stat_activity
      where application_name = 'freehold ledger lock' and datname = current_database()`);
    expect(await ledger.isHeld()).toBe(false);
    expect(await ledger.acquire(['b'])).toEqual([]);
    await using heir = await openLedger(access, 'heir');
    expect(await heir.acquire(['a', 'b'])).toHaveLength(2);
  });
});

test('a pooler that shares sessions is refused', async () => {
  const access = await ledgerDatabase();
  await using one = await postgres.connect(access, 'test');
  await using two = await postgres.connect(access, 'test');
  await refusePooler(one, two, access.label);
  // What two clients of a transaction pooler see: both are served by one session of the server.
  await expect(refusePooler(one, { ...one, transaction: (work) => work() }, access.label)).rejects.toThrow(
    'connection pooler',
  );
});

describe('the audit log', () => {
  async function written() {
    const access = await ledgerDatabase();
    const ledger = await openLedger(access, 'test');
    for (const object of ['a', 'b', 'c'])
      await ledger.audit({ actor: 'user:ana', verb: 'apply', object, detail: { n: 1.5, ü: ['x', null] } });
    const c = await postgres.connect(access, 'test');
    return {
      ledger,
      c,
      async [Symbol.asyncDispose]() {
        await ledger[Symbol.asyncDispose]();
        await c[Symbol.asyncDispose]();
      },
    };
  }

  test('is only added to', async () => {
    await using log = await written();
    expect((await log.ledger.auditLog(2)).map(({ object, number }) => [number, object])).toEqual([
      [3n, 'c'],
      [2n, 'b'],
    ]);
    for (const edit of [
      sql`update freehold_ledger.audit set actor = 'nobody'`,
      sql`delete from freehold_ledger.audit`,
      sql`truncate freehold_ledger.audit`,
    ])
      await expect(log.c.execute(edit)).rejects.toThrow('only ever added to');
    expect(await log.ledger.verifyAudit()).toMatchObject({ kind: 'whole', entries: 3 });
  });

  test.each([
    ['an edit', sql`update freehold_ledger.audit set actor = 'nobody' where number = 2`, '2', 'it was edited'],
    [
      'an edit of a detail',
      sql`update freehold_ledger.audit set detail = replace(detail, '1.5', '2.5') where number = 1`,
      '1',
      'it was edited',
    ],
    [
      'white space in a detail',
      sql`update freehold_ledger.audit set detail = detail || ' ' where number = 1`,
      '1',
      'it was edited',
    ],
    ['an entry taken out', sql`delete from freehold_ledger.audit where number = 2`, '2', 'an entry is missing'],
    ['the end cut off', sql`delete from freehold_ledger.audit where number = 3`, '3', 'entries at the end are missing'],
    [
      'two entries exchanged',
      sql`update freehold_ledger.audit set number = case number when 2 then 13 else 12 end where number > 1; update freehold_ledger.audit set number = number - 10 where number > 10`,
      '2',
      'it does not follow the entry before it',
    ],
    ['everything taken out', sql`delete from freehold_ledger.audit`, '1', 'entries at the end are missing'],
  ])('shows %s by someone who can switch triggers off', async (_, edit, at, why) => {
    await using log = await written();
    await log.c.execute(sql`set session_replication_role = ${literal('replica')}`);
    await log.c.execute(edit);
    expect(await log.ledger.verifyAudit()).toEqual({ kind: 'broken', at, why });
  });
});
