import { Readable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import type { Access } from '../../engine/engine.ts';
import { literal, name, sql, value, words } from '../../sql/sql.ts';
import { connect, isPooled } from './connection.ts';
import { testServer } from './testing/server.ts';

let access: Access;
beforeAll(async () => {
  const server = await testServer();
  access = server.access(await server.createDatabase('connection'));
});

test('a session has its own settings, whatever the database and the role say', async () => {
  await using first = await connect(access, 'to set');
  const database = words(`"${String(access.fields.database)}"`);
  for (const setting of [
    "timezone = 'Asia/Kathmandu'",
    "datestyle = 'German'",
    "intervalstyle = 'sql_standard'",
    'extra_float_digits = 0',
    "bytea_output = 'escape'",
    'standard_conforming_strings = off',
    'search_path = public',
    "statement_timeout = '1s'",
    "lock_timeout = '1ms'",
    'synchronous_commit = off',
    "default_transaction_isolation = 'serializable'",
    "client_encoding = 'LATIN1'",
  ]) {
    await first.execute(sql`alter database ${database} set ${words(setting)}`);
  }
  await using c = await connect(access, 'golden');
  const [row] =
    await c.query(sql`select '2024-07-01 12:00:00+02'::timestamptz::text as instant, '1 month 2 days 03:00'::interval::text as span,
    (1::float8 / 3)::text as third, '\\x00ff'::bytea::text as bytes, 'kůň' as horse, current_setting('search_path') as path,
    current_setting('statement_timeout') as patience, current_setting('lock_timeout') as lock,
    current_setting('synchronous_commit') as commit, current_setting('transaction_isolation') as isolation,
    current_setting('application_name') as purpose, pg_sleep(1.2)::text as slept`);
  expect(row).toEqual({
    instant: '2024-07-01 10:00:00+00',
    span: '1 mon 2 days 03:00:00',
    third: '0.3333333333333333',
    bytes: '\\x00ff',
    horse: 'kůň',
    path: 'pg_catalog',
    patience: '0',
    lock: '0',
    commit: 'on',
    isolation: 'read committed',
    purpose: 'golden',
    slept: '',
  });
  for (const setting of ['timezone', 'datestyle', 'statement_timeout', 'lock_timeout', 'synchronous_commit']) {
    await first.execute(sql`alter database ${database} reset ${words(setting)}`);
  }
});

const password = 'a password that nobody may read';

test.each<[string, Access['fields'], string, RegExp]>([
  ['a wrong password', { password }, 'denied', /refused the password of 'freehold'\. Check the secret/],
  ['no password', { password: '' }, 'denied', /asks for a password/],
  ['an unknown role', { user: 'nobody at all', password }, 'denied', /refused the password of 'nobody at all'/],
  ['an unknown database', { database: 'nowhere' }, 'missing', /there is no database 'nowhere'/],
  [
    'a port where nobody listens',
    { port: 1 },
    'unreachable',
    /nobody answers at 127\.0\.0\.1:1 .*Is the server started/,
  ],
  ['a name that leads nowhere', { host: 'nowhere.invalid', ssl: 'disable' }, 'unreachable', /'nowhere\.invalid'/],
  ['a server without TLS', { ssl: 'require' }, 'denied', /does not speak TLS.*ssl: 'disable'/],
  ['an unknown way of TLS', { ssl: 'maybe' }, 'statement', /ssl is 'maybe'/],
])('%s is said in words, with the label and without the password', async (_, fields, kind, message) => {
  const failure: unknown = await connect({ ...access, fields: { ...access.fields, ...fields } }, 'test').then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: 'EngineError', kind, message: expect.stringMatching(message) });
  expect(String(failure)).toContain(access.label);
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(password);
});

test('a server without a free connection is a passing failure', async () => {
  await using c = await connect(access, 'administrator');
  const role = `${String(access.fields.database)}_one`;
  await c.execute(sql`create role ${name(role)} login password ${literal(password)} connection limit 1`);
  const one: Access = { ...access, fields: { ...access.fields, user: role, password } };
  await using _ = await connect(one, 'the first');
  await expect(connect(one, 'the second')).rejects.toMatchObject({
    kind: 'unreachable',
    code: '53300',
    message: expect.stringContaining('no free connection'),
  });
});

test('a statement under way rejects when the server ends the session, and so do all that follow', async () => {
  await using c = await connect(access, 'victim');
  const running = expect(c.query(sql`select pg_sleep(100)`)).rejects.toMatchObject({ kind: 'unreachable' });
  const waiting = expect(c.query(sql`select 1 as v`)).rejects.toMatchObject({ kind: 'unreachable' });
  await endSessions('victim');
  await running;
  await waiting;
  await expect(c.transaction(async () => undefined)).rejects.toMatchObject({ kind: 'unreachable' });
});

test('a session that ends while nobody asks anything does not end the process', async () => {
  await using c = await connect(access, 'idle victim');
  await endSessions('idle victim');
  await expect(c.query(sql`select 1 as v`)).rejects.toMatchObject({ kind: 'unreachable' });
});

test('a copy in rejects when the session ends, though its rows have nothing more to give', async () => {
  await using c = await connect(access, 'copying victim');
  await c.execute(sql`create temporary table t (n integer)`);
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('1\n');
    await new Promise(() => undefined);
  }
  const copying = expect(c.copyIn(['t'], ['n'], stalled(), 'csv')).rejects.toMatchObject({ kind: 'unreachable' });
  await endSessions('copying victim');
  await copying;
});

test('a copy out rejects when the session ends', async () => {
  await using c = await connect(access, 'copied victim');
  const stream = c.copyOut(
    sql`select g.n, pg_sleep(case when g.n > 10 then 100 else 0 end)::text from generate_series(1, 20) as g(n)`,
    'csv',
  );
  const reading = expect(stream.toArray()).rejects.toMatchObject({ kind: 'unreachable' });
  await endSessions('copied victim');
  await reading;
});

test('an abandoned copy out ends the session rather than leave its rest to the next statement', async () => {
  await using c = await connect(access, 'abandoned');
  const stream = c.copyOut(sql`select repeat('x', 1000) from generate_series(1, 100000)`, 'csv');
  for await (const _ of stream) break;
  await expect(c.query(sql`select 1 as v`)).rejects.toMatchObject({ kind: 'unreachable' });
});

test('a copy out waits for its reader', async () => {
  await using c = await connect(access, 'unread');
  await using other = await connect(access, 'watching');
  const stream = c.copyOut(sql`select repeat('x', 1000) from generate_series(1, 100000)`, 'csv');
  stream.once('readable', () => undefined);
  // 100 MB do not fit in the buffers between: the server waits to write.
  await until(async () => {
    const [row] = await other.query(sql`select wait_event from pg_stat_activity where application_name = 'unread'`);
    return row?.wait_event === 'ClientWrite';
  });
  expect(stream.readableLength).toBeLessThan(4_000_000);
  let bytes = 0;
  for await (const part of stream) bytes += part.length;
  expect(bytes).toBe(100_100_000);
});

test('rows travel between two servers in binary, all of them', async () => {
  await using from = await connect(access, 'from');
  await using into = await connect(access, 'into');
  await into.execute(sql`create temporary table t (n bigint, s text)`);
  const rows = from.copyOut(sql`select n::bigint, 'row ' || n from generate_series(1, 300000) as g(n)`, 'binary');
  expect(await into.copyIn(['t'], ['n', 's'], rows, 'binary')).toBe(300_000);
  expect(await into.query(sql`select count(distinct s)::integer as v from t`)).toEqual([{ v: 300_000 }]);
});

test('a zero byte in a statement is refused, for the rest of the text would be lost', async () => {
  await using c = await connect(access, 'test');
  await expect(c.query(sql`select ${literal("a\0'; and more")} as v`)).rejects.toMatchObject({ kind: 'statement' });
  await expect(c.query(sql`select ${value('a\0b')}::text as v`)).rejects.toMatchObject({ kind: 'statement' });
});

test('a deadlock is a failure worth trying again', async () => {
  await using a = await connect(access, 'a');
  await using b = await connect(access, 'b');
  await a.execute(sql`create table public.lots (n integer primary key, v integer)`);
  await a.execute(sql`insert into public.lots values (1, 0), (2, 0)`);
  const [backend] = await b.query(sql`select pg_backend_pid() as pid`);
  const update = (c: Connection, n: number) => c.execute(sql`update public.lots set v = v + 1 where n = ${value(n)}`);
  let isOneLocked = false;
  const outcomes = await Promise.allSettled([
    a.transaction(async () => {
      await update(a, 1);
      isOneLocked = true;
      await until(async () => {
        const [row] = await a.query(sql`select cardinality(pg_blocking_pids(${value(backend?.pid)})) as v`);
        return row?.v !== 0;
      });
      await update(a, 2);
    }),
    b.transaction(async () => {
      await update(b, 2);
      await until(async () => isOneLocked);
      await update(b, 1);
    }),
  ]);
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(failed).toMatchObject([{ kind: 'conflict', code: '40P01', isPassing: true }]);
});

test('closing a session ends its statement at the server too', async () => {
  const c = await connect(access, 'closing');
  const running = expect(c.query(sql`select pg_sleep(1000)`)).rejects.toThrow('broke');
  await using other = await connect(access, 'watching');
  const sessions = () => other.query(sql`select state from pg_stat_activity where application_name = 'closing'`);
  await until(async () => (await sessions())[0]?.state === 'active');
  await c[Symbol.asyncDispose]();
  await running;
  await until(async () => (await sessions()).length === 0);
});

test('a session through no pooler is known to be direct', async () => {
  await using c = await connect(access, 'test');
  expect(isPooled(c)).toBe(false);
});

test('a stream of rows can be any async iterable of bytes', async () => {
  await using c = await connect(access, 'test');
  await c.execute(sql`create temporary table t (n integer)`);
  expect(await c.copyIn(['t'], ['n'], Readable.from([Buffer.from('1\n2'), Buffer.from('\n3\n')]), 'csv')).toBe(3);
});

async function endSessions(purpose: string): Promise<void> {
  await using other = await connect(access, 'ending others');
  await until(async () => {
    const rows = await other.query(
      sql`select pg_terminate_backend(pid) as gone from pg_stat_activity where application_name = ${value(purpose)}`,
    );
    return rows.length > 0;
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
