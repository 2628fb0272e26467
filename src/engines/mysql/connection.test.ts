import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { list, name, sql, words } from '../../sql/sql.ts';
import { catalogue } from './catalogue.ts';
import { connect } from './connection.ts';
import { caughtUp, read, source, table } from './log/testing/source.ts';
import { type Mariadb, noMariadb, open, startMariadb } from './testing/server.ts';

describe.skipIf(noMariadb !== null)('A session with MariaDB', () => {
  let server: Mariadb;
  let room: string;
  let hasCertificate = false;
  beforeAll(async () => {
    room = await mkdtemp(join(tmpdir(), 'freehold-tls-'));
    const { status } = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=shop'],
      ...['-keyout', join(room, 'key.pem'), '-out', join(room, 'cert.pem')],
    ]);
    hasCertificate = status === 0;
    spawnSync('chmod', ['-R', 'a+rX', room]);
    server = await startMariadb(
      hasCertificate ? [`--ssl-cert=${join(room, 'cert.pem')}`, `--ssl-key=${join(room, 'key.pem')}`] : [],
    );
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await rm(room, { recursive: true, force: true });
  });

  const withFields = (fields: Readonly<Record<string, string | number>>) => {
    const access = server.access('mysql');
    return { ...access, fields: { ...access.fields, ...fields } };
  };

  test.each([
    [{ port: 1 }, 'unreachable', /^nobody answers at 127\.0\.0\.1:1 \(mysql at/],
    [{ host: 'nowhere.invalid' }, 'unreachable', /^the name 'nowhere\.invalid' leads nowhere/],
    [{ password: 'geheim99' }, 'denied', /refused 'root': Access denied .*Check the secret/],
    [{ database: 'absent' }, 'missing', /there is no database 'absent'. Create it, or correct the container/],
    [{ ssl: 'perhaps' }, 'statement', /ssl is 'perhaps'. It is one of 'disable', 'require' and 'verify'/],
  ])('what cannot be opened says why: %j', async (fields, kind, message) => {
    const failure = await connect(withFields(fields), 'test').catch((caught: unknown) => caught);
    expect(failure).toMatchObject({ name: 'EngineError', kind, message: expect.stringMatching(message) });
    expect(JSON.stringify(failure)).not.toContain('geheim99');
  });

  test('encrypted sessions copy rows and read the log; a certificate that nobody vouches for is refused where it counts', async (context) => {
    context.skip(!hasCertificate, 'openssl is not installed');
    const from = await source(server, 'create table a (id int primary key)');
    const access = { ...from.access, fields: { ...from.access.fields, ssl: 'require' } };
    await using c = await connect(access, 'test');
    const [cipher] = await c.query(sql`show session status like 'Ssl_cipher'`);
    expect(cipher?.Value).not.toBe('');
    const parts = await c.copyOut(words('select seq from seq_1_to_100000'), 'csv').toArray();
    expect(Buffer.concat(parts).toString().split('\n')).toHaveLength(100_001);
    const reading = await read({ ...from, access }, [table(from.database, 'a', { id: 'int32' })]);
    await c.execute(sql`insert into a values (5)`);
    await caughtUp(reading);
    expect(reading.sink.seen.flatMap((s) => (s.kind === 'row' ? [s.values] : []))).toEqual([{ id: '5' }]);
    await expect(connect(withFields({ ssl: 'verify' }), 'test')).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(/^the certificate of mysql .* cannot be trusted: .*NODE_EXTRA_CA_CERTS/),
    });
  });

  test('a session is the same whatever the server says', async () => {
    await using c = await open(server, 'mysql');
    await c.execute(sql`set global sql_mode = 'NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'`);
    await c.execute(sql`set global time_zone = '+05:00'`);
    await using other = await open(server, 'mysql');
    expect(
      await other.query(sql`select 'a\\b' || "User" as quoted, @@session.time_zone as zone, @@session.autocommit as auto
        from global_priv where "User" = 'root' limit 1`),
    ).toEqual([{ quoted: 'a\\broot', zone: '+00:00', auto: '1' }]);
    await c.execute(sql`set global sql_mode = default`);
    await c.execute(sql`set global time_zone = default`);
  });

  test('hostile names are names, and the catalogue has them with keys in their order and comments', async () => {
    const database = await server.createDatabase('names');
    await using c = await open(server, database);
    const hostile = [
      '"',
      "'",
      '; drop table x; --',
      'select',
      'Ž',
      '漢字',
      '\\',
      '$1',
      '?',
      'a.b',
      '`',
      '__proto',
      ' x',
    ];
    await c.execute(sql`create table ${name(database, 'Select "from" `\'; --')} (
      ${list(hostile.map((column) => sql`${name(column)} varchar(5) not null comment 'is here'`))},
      primary key (${list([name('select'), name('"')])})) comment = 'What it is'`);
    await c.execute(sql`create view shown as select 1 as n`);
    await c.execute(sql`create temporary table passing (n int)`);
    const { tables } = await catalogue(c);
    expect(tables).toEqual([
      {
        schema: database,
        name: 'Select "from" `\'; --',
        comment: 'What it is',
        key: ['select', '"'],
        estimatedRows: 0,
        bytes: expect.any(Number),
        columns: hostile.map((column) => ({
          ...{ name: column, physical: 'varchar(5)', type: { kind: 'varchar', length: 5 }, unmapped: null },
          ...{ nullable: false, comment: 'is here', generated: false },
        })),
      },
    ]);
    await expect(c.execute(sql`create table ${name('n'.repeat(65))} (n int)`)).rejects.toThrow('has 65 characters');
  });

  test('a deadlock undoes the transaction: nothing that follows is committed', async () => {
    const database = await server.createDatabase('deadlock');
    await using a = await open(server, database);
    await using b = await open(server, database);
    await a.execute(sql`create table t (id int primary key, n int)`);
    await a.execute(sql`insert into t values (1, 0), (2, 0)`);
    const both = (c: typeof a, first: number, second: number, ready: () => Promise<void>) =>
      c
        .transaction(async () => {
          await c.execute(words(`update t set n = n + 1 where id = ${first}`));
          await ready();
          // Swallowed: the transaction must not commit the rest alone.
          await c.execute(words(`update t set n = n + 1 where id = ${second}`)).catch(() => undefined);
          await c.execute(words(`update t set n = n + 10 where id = ${first}`));
        })
        .then(
          () => 'committed',
          () => 'undone',
        );
    let arrived = 0;
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const ready = () => {
      arrived++;
      if (arrived === 2) go();
      return gate;
    };
    expect((await Promise.all([both(a, 1, 2, ready), both(b, 2, 1, ready)])).toSorted()).toEqual([
      'committed',
      'undone',
    ]);
    const rows = await a.query(sql`select n from t order by id`);
    expect(rows.map(({ n }) => Number(n)).toSorted((x, y) => x - y)).toEqual([1, 11]);
  });
});
