import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { documentOf } from './support/documents.ts';
import { freehold } from './support/freehold.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-bad-input-'));
// The embedded server's account must be able to enter it.
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('what cannot be used ends with status 2 and says what to do', async () => {
  const empty = join(root, 'empty');
  mkdirSync(empty);
  const wrong: [readonly string[], RegExp][] = [
    [['chekc'], /Did you mean check/],
    [['check', '--nope'], /unknown option '--nope'/],
    [['check', 'absent'], /freehold init absent/],
    [['check', process.execPath], /is a file, and a model is a directory/],
    [['review', '--base', 'main', '--dir', process.execPath], /is a file, not a directory/],
    [['init', 'x', '--from', 'oracle://me:geheim99@localhost/shop'], /postgres:\/\/user@host:5432\/database/],
    [['explain', 'keyless-datase'], /Did you mean 'keyless-dataset'/],
    [['demo', '--rate', 'fast'], /--rate is how many changes a second/],
  ];
  for (const [words, said] of wrong) {
    const { status, out, err } = await freehold(words, empty);
    expect([status, err], words.join(' ')).toEqual([2, expect.stringMatching(said)]);
    expect(out + err).not.toContain('geheim99');
  }
  const made = join(root, 'made');
  await freehold(['init', 'made', '--ci', 'none'], root);
  const absent = await freehold(['explain', 'main/operations/shop.custmers'], made);
  expect([absent.status, absent.err]).toEqual([
    2,
    expect.stringMatching(/Did you mean 'main\/operations\/shop.customers'\?/),
  ]);
  const column = await freehold(['explain', 'main/operations/shop.customers#id'], made);
  expect([column.status, column.out]).toEqual([0, expect.stringContaining("Stream 'main/operations/shop'")]);
  const { status, out } = await freehold(['check'], empty);
  expect([status, out]).toEqual([1, expect.stringMatching(/no-mesh[\s\S]*freehold init/)]);
});

describe('a database with what cannot be carried', () => {
  const model = join(root, 'odd');
  let source: pg.Client;
  let url: URL;
  let datastore: string;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    const server = await testServer();
    const database = await server.createDatabase('odd');
    url = new URL(server.url(database));
    datastore = join(model, 'main/operations', database);
    source = new pg.Client({ connectionString: String(url) });
    await source.connect();
    await source.query(`
      create table places (id int primary key, name text, at point);
      insert into places select i, 'place ' || i, point(i, i) from generate_series(1, 100) i;
      create table spots (at inet primary key);
      create table sightings (what text, seen int);
      insert into sightings select 'bird', i from generate_series(1, 50) i`);
    await succeed(['init', 'odd', '--from', String(url)], root);
  });

  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await source.query(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots
       where database = current_database() and not active`,
    );
    await source.end();
  });

  test('a wrong password and an address where nobody answers are told, and no password is', async () => {
    const refused = new URL(url);
    refused.password = 'geheim99';
    const nobody = new URL(refused);
    nobody.port = '1';
    for (const [address, said] of [
      [refused, /refused the password of/],
      [nobody, /nobody answers at 127\.0\.0\.1:1 /],
    ] as const) {
      for (const form of [[], ['--json']]) {
        const { status, out, err } = await freehold(['init', 'refused', '--from', String(address), ...form], root);
        expect([status, err]).toEqual([3, expect.stringMatching(said)]);
        expect(out + err).not.toContain('geheim99');
      }
    }
  });

  test('init leaves them out, says why, and keeps the password in one file alone', async () => {
    const text = readFileSync(`${datastore}.ts`, 'utf8');
    expect(text).toMatch(/column public\.places\.at \(point\)/);
    expect(text).toMatch(/public\.spots has the key \(at inet\)/);
    expect(text).toMatch(/public\.sightings has no primary key[^\n]*appendOnly: true/);
    await succeed(['check'], model);
    const secret = join(model, '.freehold/secrets/odd');
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    for (const file of [join(model, 'environments/local.ts'), `${datastore}.ts`, `${datastore}.schema.yaml`])
      expect(readFileSync(file, 'utf8')).not.toContain(readFileSync(secret, 'utf8').trim());
  });

  test('a model file that never ends is found out, with its place, and the others are judged', async () => {
    const file = join(model, 'main/operations/endless.ts');
    writeFileSync(file, 'for (;;) {}\n');
    const { status, out } = await freehold(['check', '--json'], model);
    rmSync(file);
    const { findings }: { findings: { message: string }[] } = JSON.parse(out);
    expect([status, findings.length]).toEqual([1, 1]);
    expect(findings[0]?.message).toContain('main/operations/endless.ts');
  });

  test('processes that are killed, interrupted or two at once leave every row once', async () => {
    started.push(run(model), run(model));
    const owner = await Promise.any(started.map((child) => said(child, /published/)));
    const other = started.find((child) => child !== owner);
    expect(other).toBeDefined();
    if (other === undefined) return;
    for (let i = 0; i < 10; i++) await change(source, i);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    for (let i = 10; i < 20; i++) await change(source, i);
    expect(other.exitCode).toBe(null);
    other.kill('SIGINT');
    expect((await once(other, 'exit'))[0]).toBe(0);
    for (let i = 20; i < 30; i++) await change(source, i);
    await succeed(['run', '--once'], model);
    const { differences }: { differences: number } = JSON.parse(await succeed(['verify', '--json'], model));
    expect(differences).toBe(0);
    const doubled = `select id, fh_from from places_history group by 1, 2 having count(*) > 1`;
    const { rows }: { rows: unknown[] } = JSON.parse(
      await succeed(['query', 'main/insight/reporting.audit', doubled, '--json'], model),
    );
    expect(rows).toEqual([]);
  });

  test('a slot that somebody dropped is found out and its gap mended; an operator may ask for the same', async () => {
    await source.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots
      where database = current_database() and not active`);
    await change(source, 30);
    const { err } = await freehold(['run', '--once'], model);
    expect(err).toMatch(/Replication slot '[^']+' is gone from/);
    const stream = `main/operations/${datastore.split('/').at(-1) ?? ''}`;
    const ask = async (...more: readonly string[]) =>
      JSON.parse(await succeed(['resync', stream, '--json', ...more], model));
    const { streams } = await ask();
    expect(await ask()).toEqual({ version: 1, environment: 'local', done: false, streams });
    expect(await ask('--yes')).toEqual({ version: 1, environment: 'local', done: true, streams });
    await succeed(['run', '--once'], model);
    expect(await ask()).toEqual({ version: 1, environment: 'local', done: false, streams });
    expect(JSON.parse(await succeed(['verify', '--json'], model))).toMatchObject({ differences: 0 });
    const { status, err: unknown } = await freehold(['resync', 'main/operations/nothing'], model);
    expect([status, unknown]).toEqual([2, expect.stringContaining("No stream or dataset of 'local' is at")]);
  });

  test('rows that are erased are gone and stay away; what is no key, no column, no dataset is wrong use', async () => {
    const dataset = `main/operations/${datastore.split('/').at(-1) ?? ''}.places`;
    const erase = (...words: readonly string[]) => freehold(['erase', dataset, ...words, '--json'], model);
    for (const [words, said] of [
      [[], /Say whose rows/],
      [['--key', 'seven'], /'seven' is no value of key column 'id' of '[^']+', which is int32/],
      [['--where', 'named=x'], /has: id, name\./],
      [['--key', '7', '--where', 'id=7'], /in one way/],
      [['--keys', join(root, 'absent')], /cannot be read/],
    ] as const) {
      const { status, err } = await erase(...words);
      expect([status, err], words.join(' ')).toEqual([2, expect.stringMatching(said)]);
    }
    const { status, err } = await freehold(['erase', 'main/operations/nothing', '--key', '7'], model);
    expect([status, err]).toEqual([2, expect.stringContaining("No dataset of 'local' is at")]);
    await source.query(`insert into places values (9001, 'Ann Unlikely', null)`);
    await succeed(['run', '--once'], model);
    const rows = async (where: string) =>
      JSON.parse(
        await succeed(
          ['query', 'main/insight/reporting.audit', `select id from places where ${where}`, '--json'],
          model,
        ),
      ).rows;
    expect(await rows("name like 'Ann%'")).toEqual([{ id: 9001 }]);
    const shown = documentOf(await erase('--where', 'name=Ann Unlikely'), 'erase');
    expect(shown).toMatchObject({ keys: 1, known: 0, done: false, ordinal: null, finished: null });
    const done = documentOf(await erase('--key', '9001', '--yes'), 'erase');
    expect(done).toMatchObject({ keys: 1, done: true, finished: true, store: shown.store });
    await source.query(`update places set name = 'Ann Unlikely again' where id = 9001`);
    await succeed(['run', '--once'], model);
    expect(await rows("name like 'Ann%' or id = 9001")).toEqual([]);
    const verified = documentOf(await freehold(['verify', '--json'], model), 'verify');
    expect(verified).toMatchObject({ differences: 0 });
    documentOf(await freehold(['status', '--json'], model), 'status');
    const lifted = documentOf(await erase('--key', '9001', '--lift', '--yes'), 'erase');
    expect(lifted).toMatchObject({ done: true, lifted: 1 });
    await source.query(`update places set name = 'Ann, back' where id = 9001`);
    await succeed(['run', '--once'], model);
    expect(await rows('id = 9001')).toEqual([{ id: 9001 }]);
  });

  test('a stream that is paused keeps what comes in its inbox, and status says so; resumed, it has everything', async () => {
    const stream = `main/operations/${datastore.split('/').at(-1) ?? ''}`;
    const ask = async (verb: string, ...more: readonly string[]) =>
      JSON.parse(await succeed([verb, stream, '--json', ...more], model));
    expect(await ask('pause')).toMatchObject({ done: false, paused: false, inboxBytes: 0 });
    expect(await ask('pause', '--yes')).toMatchObject({ done: true, paused: true });
    expect((await freehold(['pause', stream], model)).out).toContain('is paused already');
    await change(source, 31);
    await succeed(['run', '--once'], model);
    const { streams } = JSON.parse(await succeed(['status', '--json'], model));
    expect(streams).toMatchObject([{ address: stream, state: 'paused', inbox: { why: 'paused' } }]);
    expect((await freehold(['status'], model)).out).toMatch(
      /of changes wait in its inbox, since .*an operator paused it/,
    );
    expect(await ask('resume', '--yes')).toMatchObject({ done: true, paused: false });
    await succeed(['run', '--once'], model);
    expect((await freehold(['resume', stream], model)).out).toContain('is neither paused nor parked');
    expect(JSON.parse(await succeed(['verify', '--json'], model))).toMatchObject({ differences: 0 });
    const { status, err } = await freehold(['pause', 'main/operations/nothing'], model);
    expect([status, err]).toEqual([2, expect.stringMatching(/Nothing of .* is read .*Streams there: /)]);
  });

  test('a query reads, one statement at a time, and loses no column', async () => {
    const ask = (sql: string) => freehold(['query', 'main/insight/reporting.live', sql, '--json'], model);
    for (const [sql, message] of [
      ['delete from places', /permission denied/],
      ['commit; reset role; create table public.mine (a int)', /one statement at a time/],
      ['select * from place', /does not exist[\s\S]*places \(id, name\)/],
    ] as const) {
      const { status, err } = await ask(sql);
      expect([status, err], sql).toEqual([2, expect.stringMatching(message)]);
    }
    const { rows }: { rows: unknown } = JSON.parse((await ask('select min(1), min(2)')).out);
    expect(rows).toEqual([{ min: 1, min_2: 2 }]);
  });
});

/** One transaction: an update, a key that moves, a row that comes and one that goes. */
async function change(source: pg.Client, i: number): Promise<void> {
  await source.query(`begin;
    update places set name = name || '.' where id % 7 = ${i % 7};
    update places set id = id + 1000 where id = ${i + 40};
    insert into places values (${5000 + i}, 'new', null);
    delete from places where id = ${i + 1};
    commit`);
}

/** A resident run; the test stops it. */
function run(directory: string): ChildProcess {
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  return spawn(process.execPath, [main, 'run'], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Resolves with the process when it has said it; rejects when it ends before. */
function said(child: ChildProcess, words: RegExp): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (words.test(text)) resolve(child);
    });
    child.on('exit', () => reject(new Error(`ended too early: ${text}`)));
  });
}

async function succeed(words: readonly string[], directory: string): Promise<string> {
  const { status, out, err } = await freehold(words, directory);
  expect(status, err).toBe(0);
  return out;
}
