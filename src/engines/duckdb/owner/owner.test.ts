import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { name, sql } from '../../../sql/sql.ts';
import { duckdb } from '../engine.ts';
import { noteOf, spoolOf } from './place.ts';

let room: string;
let files = 0;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-owner-'));
});
afterAll(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));

function freshAccess(more: Access['fields'] = {}): Access & { readonly file: string } {
  const file = join(room, 'a folder', `freehold${files++}.duckdb`);
  return { engine: 'duckdb', label: 'duckdb test', fields: { file, memory_limit: '500MB', ...more }, file };
}

async function ownerOf(file: string): Promise<number> {
  const note: unknown = JSON.parse(await readFile(noteOf(file), 'utf8'));
  if (typeof note === 'object' && note !== null && 'pid' in note) return Number(note.pid);
  throw new Error('no owner');
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 1_200) throw new Error(`${what}: not within a minute`);
    await systemClock.sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('ten sessions opened at once share one owner, and a schema may be called as the file', async () => {
  const access = freshAccess();
  const sessions = await Promise.all(Array.from({ length: 10 }, () => duckdb.connect(access, 'test')));
  const [first] = sessions;
  await first?.execute(sql`create schema ${name('freehold0')}`);
  await first?.execute(sql`create table ${name('freehold0', 't')} (n bigint)`);
  await Promise.all(sessions.map((c) => c.execute(sql`insert into ${name('freehold0', 't')} values (1)`)));
  expect(await first?.query(sql`select count(*) as v from ${name('freehold0', 't')}`)).toEqual([{ v: '10' }]);
  await Promise.all(sessions.map((c) => c[Symbol.asyncDispose]()));
});

test('the owner leaves with its last client, and the next one finds what was committed', async () => {
  const access = freshAccess();
  const c = await duckdb.connect(access, 'test');
  await c.execute(sql`create table t as select 42 as n`);
  const pid = await ownerOf(access.file);
  await c[Symbol.asyncDispose]();
  await until('owner gone', () => !isAlive(pid));
  expect([noteOf(access.file), spoolOf(access.file)].filter(existsSync)).toEqual([]);
  await using again = await duckdb.connect(access, 'test');
  expect(await again.query(sql`select n from t`)).toEqual([{ n: 42 }]);
});

test('a killed owner takes its transaction along, says so to its clients, and is started anew', async () => {
  const access = freshAccess();
  await using c = await duckdb.connect(access, 'test');
  await c.execute(sql`create table t (n bigint)`);
  await c.execute(sql`insert into t values (1)`);
  const work = c.transaction(async () => {
    await c.execute(sql`insert into t values (2)`);
    process.kill(await ownerOf(access.file), 'SIGKILL');
    await c.execute(sql`insert into t values (3)`);
  });
  await expect(work).rejects.toMatchObject({ name: 'EngineError', kind: 'unreachable', isPassing: true });
  await expect(c.query(sql`select 1 as v`)).rejects.toMatchObject({ kind: 'unreachable' });
  await using again = await duckdb.connect(access, 'test');
  expect(await again.query(sql`select n from t`)).toEqual([{ n: '1' }]);
});

test('an owner killed in the middle of a copy fails the copy', async () => {
  const access = freshAccess();
  await using c = await duckdb.connect(access, 'test');
  await c.execute(sql`create table t (n bigint)`);
  const pid = await ownerOf(access.file);
  const rows = async function* () {
    for (let n = 0; ; n++) {
      if (n === 100) process.kill(pid, 'SIGKILL');
      yield Buffer.from('1\n'.repeat(10_000));
      await systemClock.sleep(1);
    }
  };
  await expect(c.copyIn(['t'], ['n'], rows(), 'csv')).rejects.toMatchObject({ kind: 'unreachable' });
});

test("a killed client's transaction is rolled back, and others go on", async () => {
  const access = freshAccess();
  await using c = await duckdb.connect(access, 'test');
  await c.execute(sql`create table t (n bigint)`);
  const engine = new URL('../engine.ts', import.meta.url).href;
  const words = new URL('../../../sql/sql.ts', import.meta.url).href;
  const program = `
    const { duckdb } = await import(${JSON.stringify(engine)});
    const { sql } = await import(${JSON.stringify(words)});
    const c = await duckdb.connect(${JSON.stringify({ engine: 'duckdb', label: 'x', fields: access.fields })}, 'client');
    await c.transaction(async () => {
      await c.execute(sql\`insert into t values (1)\`);
      console.log('inserted');
      await c.query(sql\`select sum(a.range * b.range) as v from range(10000000) as a, range(1000000) as b\`);
    });`;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const client = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  await new Promise<void>((resolve) => client.stdout.once('data', () => resolve()));
  client.kill('SIGKILL');
  const [row] = await c.query(sql`select count(*) as v from t`);
  expect(row).toEqual({ v: '0' });
  await c.execute(sql`insert into t values (2)`);
  expect(await c.query(sql`select n from t`)).toEqual([{ n: '2' }]);
});

test('two transactions that change one row: the second is told of a conflict', async () => {
  const access = freshAccess();
  await using a = await duckdb.connect(access, 'test');
  await using b = await duckdb.connect(access, 'test');
  await a.execute(sql`create table t as select 1 as k, 'x' as v`);
  await a.transaction(async () => {
    await a.execute(sql`update t set v = 'a' where k = 1`);
    const second = b.transaction(() => b.execute(sql`update t set v = 'b' where k = 1`));
    await expect(second).rejects.toMatchObject({ kind: 'conflict', isPassing: true });
  });
  expect(await b.query(sql`select v from t`)).toEqual([{ v: 'a' }]);
});

test('a file that another program has open is a clear error', async () => {
  const access = freshAccess();
  const first = await duckdb.connect(access, 'test');
  const pid = await ownerOf(access.file);
  await first[Symbol.asyncDispose]();
  await until('owner gone', () => !isAlive(pid));
  const foreign = await DuckDBInstance.create(access.file);
  try {
    await expect(duckdb.connect(access, 'test')).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`open in another process (${process.pid})`),
    });
  } finally {
    foreign.closeSync();
  }
});

test('a file that is no database, a limit that is none and a folder that cannot be made are EngineErrors', async () => {
  const failures = await Promise.all(
    [
      { file: fileURLToPath(import.meta.url) },
      { file: join(room, 'x.duckdb'), memory_limit: 'much' },
      { file: join(fileURLToPath(import.meta.url), 'x.duckdb') },
    ].map((fields) =>
      duckdb.connect({ engine: 'duckdb', label: 'duckdb test', fields }, 'test').catch((error: unknown) => error),
    ),
  );
  for (const failure of failures) expect(failure).toBeInstanceOf(EngineError);
});

test('a copy out that its reader leaves leaves the session in order', async () => {
  const access = freshAccess();
  await using c = await duckdb.connect(access, 'test');
  for await (const part of c.copyOut(sql`select range as n, 'x' as s from range(5000000)`, 'csv')) {
    expect(part.length).toBeGreaterThan(0);
    break;
  }
  expect(await c.query(sql`select 1 as v`)).toEqual([{ v: 1 }]);
});

test('rows longer than a part, and parts cut between rows, arrive whole', async () => {
  const access = freshAccess();
  await using c = await duckdb.connect(access, 'test');
  await c.execute(sql`create table t (n bigint, s varchar)`);
  const long = 'line\n""quoted"",'.repeat(2_500_000);
  const rows = async function* () {
    yield Buffer.from(`1,"${long}"\n`);
    for (let n = 2; n < 200_000; n++) yield Buffer.from(`${n},"a\n""${'y'.repeat(300)}"\n`);
  };
  expect(await c.copyIn(['t'], ['n', 's'], rows(), 'csv')).toBe(199_999);
  expect(
    await c.query(
      sql`select count(*) as rows, sum(n) as n, max(length(s)) as longest, min(length(s)) as shortest from t`,
    ),
  ).toEqual([
    { rows: '199999', n: '19999900000', longest: String(long.replaceAll('""', '"').length), shortest: '303' },
  ]);
});
