import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mariadb, noMariadb, open, startMariadb } from '../src/engines/mysql/testing/server.ts';
import { words } from '../src/sql/sql.ts';
import { freehold } from './support/freehold.ts';

if (noMariadb !== null) console.warn(`skipped: ${noMariadb}`);

describe.skipIf(noMariadb !== null)('A shop on MariaDB, from its address to verified rows', () => {
  const root = mkdtempSync(join(tmpdir(), 'freehold-mysql-'));
  // The embedded server's account must be able to enter it.
  chmodSync(root, 0o755);
  const mesh = join(root, 'shop');
  let server: Mariadb;
  let database: string;
  beforeAll(async () => {
    server = await startMariadb();
    database = await server.createDatabase('shop');
    await run(
      `create table customers (id int auto_increment primary key, name varchar(100) not null, vip tinyint(1) not null default 0,
        born date, profile json, seen timestamp(3) null)`,
      `create table orders (no bigint unsigned primary key, customer int not null, total decimal(12,2) not null,
        state enum('new','sent') not null, foreign key (customer) references customers (id))`,
      // Keys whose texts differ between the two databases.
      `create table marks (of varbinary(8), at timestamp(3), part decimal(9,4), note text, primary key (of, at, part))`,
      `insert into customers (name, vip, born, profile) values ('Jana', 1, '1980-02-29', '{"b": 1, "a": [true]}'), ('Ömer "x"', 0, null, null)`,
      `insert into orders select seq, 1 + seq % 2, seq / 3, if(seq % 2, 'new', 'sent') from seq_1_to_5000`,
      `insert into marks values (x'00ff', '2024-01-01 00:00:00.500', 1.5, 'a'), (x'', '2024-01-01 00:00:00', 2, 'b')`,
      `create table places (id int primary key, at point)`,
      `create user reader@'%' identified by 'ge heim'`,
      `grant select on ${database}.* to reader@'%'`,
      `grant replication slave, replication client on *.* to reader@'%'`,
    );
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  });

  async function run(...statements: readonly string[]): Promise<void> {
    await using session = await open(server, database);
    for (const statement of statements) await session.execute(words(statement));
  }

  async function done(args: readonly string[], at = mesh): Promise<string> {
    const { status, out, err } = await freehold(args, at);
    expect([status, err.includes('ge heim'), out.includes('ge heim')], `${args.join(' ')}\n${out}\n${err}`).toEqual([
      0,
      false,
      false,
    ]);
    return out;
  }

  test('init describes it, by its log, and says what cannot be carried', async () => {
    const url = `mysql://reader:${encodeURIComponent('ge heim')}@127.0.0.1:${server.port}/${database}`;
    await done(['init', 'shop', '--from', url], root);
    const datastore = readFileSync(join(mesh, `main/operations/${database}.ts`), 'utf8');
    expect(datastore).toContain('changes: cdc(), // every committed change, from the log');
    expect(datastore).toContain("column shop_1.places.at (point): 'point' is a type that other engines lack");
    expect(readFileSync(join(mesh, `main/operations/${database}.schema.yaml`), 'utf8')).toContain(`  customers:
    from: customers
    key: [id]
    columns:
      id: int32
      name: varchar(100)
      vip: int8
      born: date?
      profile: json?
      seen: timestamptz(3)?
`);
    expect(readFileSync(join(mesh, 'environments/local.ts'), 'utf8')).toContain(
      `mysql({ host: '127.0.0.1', port: ${server.port}, database: '${database}', user: 'reader', password: secret('shop') })`,
    );
    await done(['check']);
  });

  test('its rows, and what is done to them, arrive in the store and in replicas on two engines', async () => {
    await done(['run', '--once']);
    expect(await done(['verify'])).toContain(': 0 differences');
    await run(
      `update customers set name = 'Jana N.', seen = '2026-01-01 00:00:00.25' where id = 1`,
      `insert into customers (name, profile) values ('neu', '[]')`,
      `update orders set no = no + 18446744073709000000 where no < 10`,
      `delete from orders where no between 100 and 200`,
      `truncate marks`,
      `insert into marks values (x'00ff', '2024-01-01 00:00:00.500', 1.5, 'again')`,
    );
    await done(['run', '--once']);
    const verified = await done(['verify', '--json']);
    const { differences, datasets } = JSON.parse(verified);
    expect(differences).toBe(0);
    expect(
      datasets.map((one: { address: string; store: { rows: number }; notCompared: { column: string }[] }) => [
        one.address.split('.')[1],
        one.store.rows,
        one.notCompared.map(({ column }) => column),
      ]),
    ).toEqual([
      ['customers', 3, ['profile']],
      ['marks', 1, []],
      ['orders', 4899, []],
      ['places', 0, []],
    ]);
    const asked = await done(['query', 'main/insight/reporting.audit', 'select of, part, note from marks', '--json']);
    expect(JSON.parse(asked)).toMatchObject({ rows: [{ part: '1.5000', note: 'again' }] });
  });

  test.each(['snapshot()', "watermark('changed', { sweep: '1h' })"])('its rows arrive by %s too', async (changes) => {
    await run(
      `create or replace table readings (id int primary key, label varchar(20), value decimal(30,10), at timestamp(6) null, raw varbinary(9),
        changed datetime(3) not null default current_timestamp(3) on update current_timestamp(3), key (changed))`,
      `insert into readings (id, label, value, at, raw) select seq, concat('ž', seq), seq / 7, '2024-01-01 00:00:00.5', x'00ff' from seq_1_to_3000`,
    );
    const url = `mysql://reader:${encodeURIComponent('ge heim')}@127.0.0.1:${server.port}/${database}`;
    const called = changes.startsWith('snapshot') ? 'whole' : 'marks';
    await done(['init', called, '--from', url], root);
    const at = join(root, called);
    const file = join(at, `main/operations/${database}.ts`);
    const datastore = readFileSync(file, 'utf8')
      .replace('changes: cdc()', `changes: ${changes}`)
      .replace('import { cdc,', `import { ${changes.split('(')[0]},`)
      .replace(
        /(fromSchema\('[^']*', \{)/,
        '$1\n    customers: { leaveOut: true }, marks: { leaveOut: true }, orders: { leaveOut: true },',
      )
      .replace('places: { leaveOut: true },', '')
      .replace(/(customers: \{ leaveOut)/, 'places: { leaveOut: true }, $1');
    writeFileSync(file, datastore);
    await done(['run', '--once'], at);
    expect(await done(['verify'], at)).toContain(': 0 differences');
    await run(
      `update readings set label = 'changed', at = null, raw = null where id % 100 = 7`,
      `insert into readings (id, label) values (5001, 'new')`,
      `delete from readings where id = 3`,
    );
    await done(['run', '--once'], at);
    // What was deleted, a watermark sees when it sweeps.
    if (changes.startsWith('snapshot')) expect(await done(['verify'], at)).toContain(': 0 differences');
    await run(`update readings set label = 'again' where id % 100 = 8`);
    await done(['run', '--once'], at);
    expect(
      await done(
        [
          'query',
          'main/insight/reporting.live',
          "select count(*) as n from readings where label in ('changed', 'again', 'new')",
          '--json',
        ],
        at,
      ),
    ).toContain('61');
  });
});
