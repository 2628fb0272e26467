import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceTable } from '../../../engine/capture.ts';
import { sql, words } from '../../../sql/sql.ts';
import { capture } from '../capture.ts';
import { connect } from '../connection.ts';
import { table } from '../log/testing/source.ts';
import { type Mariadb, noMariadb, open, startMariadb } from '../testing/server.ts';

describe.skipIf(noMariadb !== null)('Preflight of MariaDB', () => {
  let server: Mariadb;
  let shop: string;
  const columns = { id: 'int32', name: 'varchar(20)' };
  beforeAll(async () => {
    server = await startMariadb();
    shop = await server.createDatabase('shop');
    await using c = await open(server, shop);
    const statements = [
      'create table fine (id int primary key, name varchar(20))',
      'create table other (id int primary key, parent int, name varchar(20), constraint up foreign key (parent) references fine (id) on delete cascade on update set null)',
      'create table keyless (id int, name varchar(20))',
      'create table isam (id int primary key, name varchar(20)) engine = MyISAM',
      'create table versions (id int primary key, name varchar(20)) with system versioning',
      'create table made (id int primary key, name varchar(20) as (concat(id)) virtual, kept varchar(20) as (concat(id)) stored)',
      'create table packed (id int primary key, name varchar(20) compressed)',
      'create table types (id bigint, name text, at point, flag tinyint(1), day date, span time, primary key (id))',
      'create view shown as select id, name from fine',
      "create user reader@'%' identified by 'pw'",
      `grant select on ${shop}.fine to reader@'%'`,
    ];
    for (const statement of statements) await c.execute(words(statement));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const asked = async (
    mode: 'snapshot' | 'cdc',
    tables: readonly SourceTable[],
    account?: { user: string; password: string },
  ) => {
    await using c = await connect(server.access(shop, account), 'test');
    return (await capture.preflight(c, mode, tables)).map(({ rule, severity, message, help }) =>
      `${rule} ${severity}: ${message} | ${help}`.replaceAll(shop, 'shop'),
    );
  };

  test('a table that can be read either way has no findings', async () => {
    expect(await asked('cdc', [table(shop, 'fine', columns)])).toEqual([]);
    expect(await asked('snapshot', [table(shop, 'fine', columns), table(shop, 'shown', columns)])).toEqual([
      expect.stringMatching(
        /^source-key-not-unique warning: nothing at the source keeps the key 'id' of table 'shop.shown' unique/,
      ),
    ]);
  });

  test('each thing in the way is named, with what to do', async () => {
    const found = await asked('cdc', [
      table(shop, 'absent', columns),
      table(shop, 'shown', columns),
      table(shop, 'other', columns),
      table(shop, 'keyless', columns),
      table(shop, 'isam', columns),
      table(shop, 'versions', columns),
      table(shop, 'made', { ...columns, kept: 'varchar(20)' }),
      table(shop, 'packed', columns),
    ]);
    expect(found).toEqual([
      "source-table-missing error: table 'shop.absent' of dataset 'retail/sales/shop.absent' is not there, or account 'root@localhost' may not see it, on the server of database 'shop'. | Correct 'from' of the dataset, create the table, or, as an administrator:  grant select on `shop`.`absent` to 'root'@'localhost';  Names are compared exactly, upper and lower case included."
        .replaceAll('root@localhost', 'root@127.0.0.1')
        .replace("'root'@'localhost'", "'root'@'127.0.0.1'"),
      "source-table-missing error: table 'shop.shown' of dataset 'retail/sales/shop.shown' is a view, which has no change log, on the server of database 'shop'. | Read it with changes: snapshot(), or name the table below it.",
      "source-cascade error: rows of table 'shop.other' change by foreign key 'up' (on delete cascade, on update set null), and the server's log does not hold such changes. | As its owner, make the key restrict and let the program change both tables:  alter table `shop`.`other` drop foreign key `up`;  and add it again without on delete cascade, on update set null. Or read it with changes: snapshot().",
      expect.stringMatching(
        /^source-key-nullable error: column 'id' of table 'shop.keyless' .*modify `id` int\(11\) not null/,
      ),
      expect.stringMatching(/^source-key-not-unique error: .*alter table `shop`.`keyless` add unique key \(`id`\)/),
      "source-not-transactional error: table 'shop.isam' is kept by MyISAM, which has no transactions: a read may see half of a change, and a load cannot be joined to the log. | As its owner:  alter table `shop`.`isam` engine = InnoDB;  Or read it with changes: snapshot().",
      "source-system-versioned error: table 'shop.versions' keeps its own versions (with system versioning), whose rows stand among the others in the log. | Read it with changes: snapshot().",
      expect.stringMatching(
        /^source-generated-column error: column 'name' of table 'shop.made' is generated when it is read, and the log of 10\.\S+ does not hold its values/,
      ),
      expect.stringMatching(
        /^source-column-compressed error: column 'name' of table 'shop.packed' is 'varchar\(20\) .*COMPRESSED/,
      ),
    ]);
  });

  test('types are those of the model, or can be read as them', async () => {
    const of = (types: Readonly<Record<string, string>>) =>
      asked('cdc', [table(shop, 'types', { id: 'int64', ...types })]);
    expect(await of({ flag: 'boolean', day: 'text', span: 'interval', name: 'text' })).toEqual([]);
    expect(await of({ flag: 'int8', day: 'date', span: 'time' })).toEqual([]);
    const [point, flag, id] = [
      await of({ at: 'text' }),
      await of({ day: 'timestamp' }),
      await asked('cdc', [table(shop, 'types', { id: 'int32' })]),
    ];
    expect(point).toEqual([
      expect.stringMatching(/^source-unmapped-type error: .*'point' is a type that other engines lack/),
    ]);
    expect(flag).toEqual([
      expect.stringMatching(/^source-type-changed error: .* is 'date' \(date\), and the model says timestamp/),
    ]);
    expect(id).toEqual([
      expect.stringMatching(/^source-type-changed error: .* is 'bigint\(20\)' \(int64\), and the model says int32/),
    ]);
    expect(await of({ nothing: 'text' })).toEqual([
      expect.stringMatching(
        /^source-column-missing error: table 'shop.types' has no column 'nothing' that account 'root@127.0.0.1' may see. It has 'id', 'name'/,
      ),
    ]);
  });

  test('rights are asked of the real account', async () => {
    const reader = { user: 'reader', password: 'pw' };
    const [first, second] = await asked('cdc', [table(shop, 'fine', columns)], reader);
    expect(first).toBe(
      "source-replication-right error: account 'reader@%' may not read the log of the server of database 'shop': it lacks replication slave and replication client. | As an administrator:  grant replication slave, replication client on *.* to 'reader'@'%';",
    );
    expect(second).toBe(undefined);
    await using c = await open(server, shop);
    await c.execute(words("grant replication slave, replication client on *.* to reader@'%'"));
    expect(await asked('cdc', [table(shop, 'fine', columns)], reader)).toEqual([]);
    await c.execute(words(`revoke select on ${shop}.fine from reader@'%'`));
    await c.execute(words(`grant select (id) on ${shop}.fine to reader@'%'`));
    const [columnsOnly] = await asked('snapshot', [table(shop, 'fine', columns)], reader);
    expect(columnsOnly).toMatch(
      /^source-column-missing error: table 'shop.fine' has no column 'name' that account 'reader@%' may see/,
    );
  });

  test('settings that leave the log without what is needed are named', async () => {
    await using c = await open(server, shop);
    await c.execute(sql`set global binlog_format = 'MIXED'`);
    await c.execute(sql`set global binlog_row_image = 'MINIMAL'`);
    await c.execute(sql`set global binlog_row_metadata = 'NO_LOG'`);
    await c.execute(sql`set global binlog_expire_logs_seconds = 3600`);
    expect((await asked('cdc', [table(shop, 'fine', columns)])).map((text) => text.split(':')[0])).toEqual([
      'source-binlog-format error',
      'source-binlog-image error',
      'source-binlog-metadata warning',
      'source-binlog-retention warning',
    ]);
    expect(await asked('snapshot', [table(shop, 'fine', columns)])).toEqual([]);
    await server.restart({ settings: ['--skip-log-bin'] });
    expect((await asked('cdc', [table(shop, 'fine', columns)])).map((text) => text.split(':')[0])).toEqual([
      'source-binlog-off error',
    ]);
  });
});
