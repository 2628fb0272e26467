import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../engine/connection.ts';
import { name, sql, words } from '../../sql/sql.ts';
import { connect } from './connection.ts';
import { parts } from './parts.ts';
import { type Mariadb, noMariadb, startMariadb } from './testing/server.ts';

describe.skipIf(noMariadb !== null)('Parts of a table of MariaDB', () => {
  let server: Mariadb;
  let database: string;
  let c: Connection;
  beforeAll(async () => {
    server = await startMariadb();
    database = await server.createDatabase('parts');
    c = await connect(server.access(database), 'test');
  });
  afterAll(async () => {
    await c?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test.each([
    ['int', -3_000, 1],
    ['bigint unsigned', 0, 1_000_000_000],
  ])('are ranges of its key (%s) that hold each row once, those that came later too', async (type, from, step) => {
    const table = `t${from === 0 ? 'large' : 'small'}`;
    await c.execute(words(`create table ${table} (id ${type} primary key, note text)`));
    const fill = (first: number, last: number) =>
      c.execute(
        words(
          `insert into ${table} select ${from} + cast(seq as signed) * ${step}, repeat('x', 100) from seq_${first}_to_${last}`,
        ),
      );
    await fill(1, 6_000);
    await c.execute(words(`analyze table ${table}`));
    const found = await parts(c, { schema: database, table }, 64 * 1024);
    expect(found.length).toBeGreaterThan(5);
    expect(found.every(({ rows }) => rows !== null && rows > 0)).toBe(true);
    await fill(6_001, 7_000);
    let all = 0;
    for (const { where } of found) {
      const [row] = await c.query(sql`select count(*) as n from ${name(database, table)} where ${where}`);
      expect(Number(row?.n)).toBeGreaterThan(0);
      all += Number(row?.n);
    }
    expect(all).toBe(7_000);
  });

  test.each([
    ['named', 'create table named (id varchar(40) primary key, note text)'],
    ['keyless', 'create table keyless (id int, note text)'],
    ['nothing', 'create table nothing (id int primary key)'],
  ])('are one where its key is no integer, or it has none, or no rows: %s', async (table, made) => {
    await c.execute(words(made));
    if (table !== 'nothing')
      await c.execute(words(`insert into ${table} select seq, repeat('x', 100) from seq_1_to_6000`));
    expect(await parts(c, { schema: database, table }, 16 * 1024)).toMatchObject([{ where: words('true') }]);
  });
});
