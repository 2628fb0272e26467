import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { testServer } from '../src/engines/postgres/testing/server.ts';
import { documentOf } from './support/documents.ts';
import { freehold, type Ran } from './support/freehold.ts';

const root = mkdtempSync(join(tmpdir(), 'freehold-odcs-quality-'));
// The embedded server's account must be able to enter it.
chmodSync(root, 0o755);
// A slot is called by the environment and the connection, and tests that run at once share a server: no other is called so.
const model = join(root, 'rules');
let source: pg.Client;
let name: string;
let contractFile: string;

const contract = `apiVersion: v3.1.0
kind: DataContract
id: customers
version: 1.0.0
status: active
schema:
  - name: customers
    physicalName: public.customers
    properties:
      - { name: id, logicalType: integer, physicalType: int, primaryKey: true }
      - name: title
        logicalType: string
        physicalType: text
        quality:
          - metric: nullValues
            mustBeLessThan: 20
            unit: percent
            severity: error
            customProperties: [{ property: freehold.every, value: 1ms }]
          - { type: text, description: Titles are proofread. }
      - name: country
        logicalType: string
        physicalType: text
        quality:
          - metric: invalidValues
            arguments: { validValues: [DE, AT] }
            mustBe: 0
            customProperties: [{ property: freehold.otherwise, value: divert }]
    quality:
      - metric: rowCount
        mustBeGreaterThan: 10
        customProperties: [{ property: freehold.every, value: 1ms }]
`;

beforeAll(async () => {
  const server = await testServer();
  const database = await server.createDatabase('odcs');
  source = new pg.Client({ connectionString: server.url(database) });
  await source.connect();
  await source.query(`create table customers (id int primary key, title text, country text);
    insert into customers select i, 'customer ' || i, 'DE' from generate_series(1, 20) i`);
  await succeeded('init', 'rules', '--from', server.url(database));
  name = `main/operations/${database}`;
  const datastore = join(model, `${name}.ts`);
  const said = readFileSync(datastore, 'utf8')
    .replace('fromSchema }', 'fromContract }')
    .replace(/datasets: fromSchema\(.*\}\),/s, "datasets: fromContract('./customers.odcs.yaml'),");
  expect(said).toContain('datasets: fromContract(');
  writeFileSync(datastore, said);
  contractFile = join(dirname(datastore), 'customers.odcs.yaml');
  writeFileSync(contractFile, contract);
});

afterAll(async () => {
  await source.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots
    where database = current_database() and not active`);
  await source.end();
  rmSync(root, { recursive: true, force: true });
});

test("a story: a contract's own quality rules judge its rows, are shown, and come out as they went in", async () => {
  expect((await succeeded('check')).out).toContain(
    "a quality rule of the contract is kept and not executed: text of 'customers.title' (it is a text for people).",
  );
  expect((await succeeded('explain', `${name}.customers`)).out).toContain(
    "'customers' checks present(title, above 80%) of current rows, at most every 1ms: otherwise it is told.",
  );
  await succeeded('run', '--once');
  expect(await checks()).toEqual([
    { check: "accepted(country, 'AT', 'DE')", outcome: 'passed', failed: 0, measured: null },
    { check: 'present(title, above 80%)', outcome: 'passed', failed: 0, measured: '100%' },
    { check: 'rows(11..)', outcome: 'passed', failed: 0, measured: '20' },
  ]);

  // Of twenty titles four are a fifth, and fewer are allowed; one country is none of the list, and its row waits.
  await source.query(
    "update customers set title = null where id <= 4; update customers set country = 'XX' where id = 5",
  );
  await succeeded('run', '--once');
  expect(await checks()).toEqual([
    { check: "accepted(country, 'AT', 'DE')", outcome: 'diverted', failed: 1, measured: null },
    { check: 'present(title, above 80%)', outcome: 'warned', failed: 4, measured: '80%' },
    { check: 'rows(11..)', outcome: 'passed', failed: 0, measured: '20' },
  ]);
  expect((await succeeded('status')).out).toContain('present(title, above 80%)');
  expect((await succeeded('quarantine', 'list', name)).out).toContain('id=5');

  await source.query("update customers set title = 'Ana' where id = 1");
  await succeeded('run', '--once');
  expect((await checks())[1]).toEqual({
    check: 'present(title, above 80%)',
    outcome: 'passed',
    failed: 0,
    measured: '85%',
  });

  expect(parse((await succeeded('export', 'odcs', name)).out)).toEqual(parse(contract));

  writeFileSync(contractFile, contract.replace('mustBeLessThan: 20', "mustBeLessThan: '20'"));
  const wrong = await freehold(['check'], model);
  expect(wrong.status).toBe(1);
  expect(wrong.out + wrong.err).toContain(
    "says mustBeLessThan: '20', which is no number, so nothing can be compared with it.",
  );
  expect(wrong.out + wrong.err).toContain('customers.odcs.yaml:16:13');
}, 600_000);

async function checks() {
  const { streams } = documentOf(await succeeded('status', '--json'), 'status');
  return [streams].flat(2).flatMap(checksIn);
}

/** What a stream of the status says of its checks. */
function checksIn(stream: unknown): readonly unknown[] {
  const said = typeof stream === 'object' && stream !== null && 'checks' in stream ? stream.checks : [];
  return (Array.isArray(said) ? said : []).map(({ check, outcome, failed, measured = null }) => ({
    check,
    outcome,
    failed,
    measured,
  }));
}

async function succeeded(...words: string[]): Promise<Ran> {
  const ran = await freehold(words, words[0] === 'init' ? root : model);
  expect(ran.status, `freehold ${words.join(' ')}\n${ran.err}${ran.out}`).toBe(0);
  return ran;
}
