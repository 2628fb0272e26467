import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { documentOf } from './support/documents.ts';
import { freehold, type Ran } from './support/freehold.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-quality-'));
// The embedded server's account must be able to enter it.
chmodSync(root, 0o755);
// A slot is called by the environment and the connection, and tests that run at once share a server: no other is called so.
const model = join(root, 'quality');
let source: pg.Client;
let datastore: string;
let name: string;

beforeAll(async () => {
  const server = await testServer();
  const database = await server.createDatabase('quality');
  source = new pg.Client({ connectionString: server.url(database) });
  await source.connect();
  await source.query(`create table customers (id int primary key, title text, country text);
    insert into customers select i, 'customer ' || i, 'DE' from generate_series(1, 20) i`);
  await succeeded('init', 'quality', '--from', server.url(database));
  name = `main/operations/${database}`;
  datastore = join(model, `${name}.ts`);
});

afterAll(async () => {
  await source.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots
    where database = current_database() and not active`);
  await source.end();
  rmSync(root, { recursive: true, force: true });
});

test('a story: a check in the model, rows that wait, are seen, released and dropped; a stream that stops and goes on', async () => {
  checking(`[accepted('country', ['DE', 'AT'], { otherwise: 'divert' }), present('title', 0.9), present('title')]`);
  await succeeded('check');
  expect((await succeeded('explain', `${name}.customers`)).out).toContain(
    "'customers' checks accepted(country, 'AT', 'DE') of each row as it comes: otherwise the row, and later changes of its key, wait in quarantine.",
  );
  await succeeded('run', '--once');

  await source.query(
    "update customers set country = 'XX' where id in (3, 4); update customers set title = 'Ana' where id = 3",
  );
  await succeeded('run', '--once');
  const { streams } = documentOf(await succeeded('status', '--json'), 'status');
  expect(streams).toMatchObject([
    {
      quarantined: [{ address: `${name}.customers`, keys: 2, changes: 3 }],
      checks: [
        { check: "accepted(country, 'AT', 'DE')", outcome: 'diverted', failed: expect.any(Number) },
        { check: 'present(title)', outcome: 'passed', failed: 0 },
        { check: 'present(title, 90%)', outcome: 'passed', measured: '100%' },
      ],
    },
  ]);
  const verified = documentOf(await succeeded('verify', '--json'), 'verify');
  expect(verified).toMatchObject({ differences: 0, datasets: [{ quarantined: 2 }] });
  expect(documentOf(await succeeded('quarantine', 'list', name, '--json'), 'quarantine')).toMatchObject({
    action: 'list',
    ordered: 0,
    datasets: [
      {
        keys: 2,
        changes: 3,
        waiting: [
          { key: 'id=3', changes: 2 },
          { key: 'id=4', changes: 1 },
        ],
      },
    ],
  });

  const one = [`${name}.customers`, '--key', 'id=3'];
  expect((await succeeded('quarantine', 'release', ...one)).out).toContain('Nothing was changed. To do it:  --yes');
  await succeeded('quarantine', 'release', ...one, '--yes');
  await succeeded('quarantine', 'drop', `${name}.customers`, '--key', 'id=4', '--yes');
  await succeeded('run', '--once');
  expect((await succeeded('quarantine', 'list', name)).out).toContain('waits in quarantine, and no check stops it.');
  // The one that was dropped is still what it was, and that is said.
  const after = await freehold(['verify', '--json'], model);
  expect([after.status, documentOf(after, 'verify').differences]).toEqual([1, 1]);
  await source.query("update customers set country = 'AT' where id = 4");

  await source.query('update customers set title = null where id = 5');
  const stopped = await freehold(['run', '--once'], model);
  expect([stopped.status, stopped.err + stopped.out]).toEqual([
    expect.any(Number),
    expect.stringContaining(`check present(title) of '${name}.customers' fails for the row id=5 of ordinal`),
  ]);
  expect(stopped.status).not.toBe(0);
  expect((await succeeded('quarantine', 'list', name)).out).toContain('present(title) stops at ordinal');
  await succeeded('quarantine', 'release', `${name}.customers`, '--check', 'present(title)', '--yes');
  await succeeded('run', '--once');
  expect(documentOf(await succeeded('verify', '--json'), 'verify')).toMatchObject({ differences: 0 });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['quarantine', 'burn', name], /There is no 'burn'/],
    [['quarantine', 'list', 'main/operations/nothing'], /Nothing of 'main\/operations\/nothing' is read/],
    [['quarantine', 'release', `${name}.customers`, '--check', 'unique(id)'], /No check 'unique\(id\)' stops/],
    [['quarantine', 'drop', `${name}.customers`, '--check', 'x'], /there is nothing to drop/],
  ];
  for (const [words, said] of wrong) {
    const ran = await freehold(words, model);
    expect([ran.status, ran.err]).toEqual([2, expect.stringMatching(said)]);
  }
  const gone = await freehold(['quarantine', 'drop', `${name}.customers`, '--key', 'id=9', '--yes'], model);
  expect([gone.status, gone.err]).toEqual([1, expect.stringContaining('Only 0 of what was named is there still.')]);
}, 600_000);

/** Says the checks of the customers in the file that init wrote. */
function checking(checks: string): void {
  const text = readFileSync(datastore, 'utf8');
  const said = text
    .replace(/import \{ /, 'import { accepted, present, ')
    .replace(/(fromSchema\('[^']+', \{)/, `$1 customers: { quality: ${checks} }, `);
  expect(said).not.toBe(text);
  writeFileSync(datastore, said);
}

async function succeeded(...words: string[]): Promise<Ran> {
  const ran = await freehold(words, words[0] === 'init' ? root : model);
  expect(ran.status, `freehold ${words.join(' ')}\n${ran.err}${ran.out}`).toBe(0);
  return ran;
}
