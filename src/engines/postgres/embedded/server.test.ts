import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import { must } from '../../../base/must.ts';
import { isAlive, pidOf } from '../../../base/process.ts';
import { testServer } from '../testing/server.ts';
import { livingPostmaster } from './postmaster.ts';
import { type EmbeddedServer, ensureDatabase, releaseEmbedded, startEmbedded } from './server.ts';
import { readState, stateOf } from './state.ts';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-embedded-'));
  await chmod(room, 0o755);
});
afterAll(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));

test('the test server takes connections with its password and decodes its log', async () => {
  const server = await testServer();
  expect(
    await query(
      server.url(await server.createDatabase('hello')),
      `select current_setting('wal_level') as wal, current_setting('server_encoding') as encoding, current_setting('max_connections') as connections`,
    ),
  ).toEqual([{ wal: 'logical', encoding: 'UTF8', connections: '300' }]);
});

test('starting twice gives the same server, which stops when it is let go as often', async () => {
  const data = join(room, 'twice');
  const [first, second] = await Promise.all([startEmbedded(data), startEmbedded(data)]);
  expect(second).toEqual(first);
  await releaseEmbedded(first);
  expect(await query(urlOf(first), 'select 1 as one')).toEqual([{ one: 1 }]);
  await releaseEmbedded(second);
  expect(await livingPostmaster(data)).toBeNull();
  expect(await readState(stateOf(data), 'watchdog')).toBeNull();
});

test('data survives a stop, and the password stays in a file that only we can read', async () => {
  const data = join(room, 'kept');
  const before = await startEmbedded(data);
  await ensureDatabase(before, 'Shop "one"');
  await ensureDatabase(before, 'Shop "one"');
  await releaseEmbedded(before);
  const after = await startEmbedded(data);
  expect(after.password).toBe(before.password);
  expect((await stat(`${data}.freehold/password`)).mode & 0o777).toBe(0o600);
  expect((await stat(`${data}.freehold`)).mode & 0o777).toBe(0o700);
  expect(await readFile(`${data}.freehold/server.json`, 'utf8')).not.toContain(after.password);
  expect(await readFile(`${data}.freehold/log`, 'utf8')).not.toContain(after.password);
  expect(await query(urlOf(after), `select datname from pg_database where datname like 'Shop%'`)).toEqual([
    { datname: 'Shop "one"' },
  ]);
  await releaseEmbedded(after);
});

test('the server goes on while any process holds it, and stops by itself when the last was killed', async () => {
  const data = join(room, 'shared');
  const [one, two] = await Promise.all([holder(data), holder(data)]);
  expect(two.server).toEqual(one.server);
  await killed(one.process);
  expect(await query(urlOf(two.server), 'select 1 as one')).toEqual([{ one: 1 }]);
  await killed(two.process);
  while ((await livingPostmaster(data)) !== null) await systemClock.sleep(50);
  // The watchdog leaves no trace of itself once it has stopped the server.
  while ((await readState(stateOf(data), 'watchdog')) !== null) await systemClock.sleep(50);
});

test('a holder that lets go leaves the server to the others', async () => {
  const data = join(room, 'handed');
  const server = await startEmbedded(data);
  const other = await holder(data);
  await releaseEmbedded(server);
  expect(await query(urlOf(other.server), 'select 1 as one')).toEqual([{ one: 1 }]);
  must(other.process.stdin, 'stdin').end();
  await once(other.process, 'exit');
  expect(await livingPostmaster(data)).toBeNull();
});

test('a server that was killed starts again with what it had committed', async () => {
  const data = join(room, 'crashed');
  const before = await startEmbedded(data);
  await query(urlOf(before), 'create table kept as select 7 as seven');
  process.kill(must(await livingPostmaster(data), 'postmaster').pid, 'SIGKILL');
  while ((await livingPostmaster(data)) !== null) await systemClock.sleep(5);
  const after = await startEmbedded(data);
  expect(await query(urlOf(after), 'select seven from kept')).toEqual([{ seven: 7 }]);
  await releaseEmbedded(after);
  await releaseEmbedded(after);
});

test('a watchdog that was killed is replaced at the next start, and the server stays', async () => {
  const data = join(room, 'unwatched');
  const server = await startEmbedded(data);
  const postmaster = await livingPostmaster(data);
  const watchdog = must(await readState(stateOf(data), 'watchdog'), 'watchdog');
  process.kill(must(pidOf(watchdog), 'pid'), 'SIGKILL');
  while (isAlive(watchdog)) await systemClock.sleep(5);
  await startEmbedded(data);
  expect(await readState(stateOf(data), 'watchdog')).not.toBe(watchdog);
  expect((await livingPostmaster(data))?.identity).toBe(postmaster?.identity);
  await releaseEmbedded(server);
  await releaseEmbedded(server);
});

test('a process id file that names a stranger is known to be stale', async () => {
  const data = join(room, 'stale');
  await releaseEmbedded(await startEmbedded(data));
  await writeFile(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1700000000\n5432\n\n127.0.0.1\n\nready   \n`);
  const server = await startEmbedded(data);
  expect(await query(urlOf(server), 'select 1 as one')).toEqual([{ one: 1 }]);
  await releaseEmbedded(server);
});

test('a data directory of another major version is refused and left as it is', async () => {
  const data = join(room, 'old');
  await mkdir(data);
  await writeFile(join(data, 'PG_VERSION'), '15\n');
  await expect(startEmbedded(data)).rejects.toThrow(/made by PostgreSQL 15, and the embedded one is PostgreSQL 18/);
  expect(await readFile(join(data, 'PG_VERSION'), 'utf8')).toBe('15\n');
});

test('a directory of other files is refused and left as it is', async () => {
  const data = join(room, 'letters');
  await mkdir(data);
  await writeFile(join(data, 'letter.txt'), 'dear');
  await expect(startEmbedded(data)).rejects.toThrow(`'${data}' holds files that are not PostgreSQL's`);
});

test('a place that cannot be made is an error that names it', async () => {
  await writeFile(join(room, 'file'), '');
  await expect(startEmbedded(join(room, 'file', 'data'))).rejects.toMatchObject({
    name: 'EngineError',
    message: expect.stringContaining(join(room, 'file')),
  });
});

async function holder(data: string): Promise<{ process: ChildProcess; server: EmbeddedServer }> {
  const script = fileURLToPath(new URL('../testing/holder.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, data], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout }))
    return { process: child, server: JSON.parse(line) };
  throw new Error('the holder ended before it had a server');
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function urlOf(server: EmbeddedServer): string {
  return `postgres://${server.user}:${server.password}@${server.host}:${server.port}/postgres`;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
