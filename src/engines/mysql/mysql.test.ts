import { afterAll, beforeAll, describe } from 'vitest';
import { sourceConforms } from '../../engine/conformance/suite.ts';
import { sql, words } from '../../sql/sql.ts';
import { mysql } from './engine.ts';
import { type Mariadb, noMariadb, open, startMariadb } from './testing/server.ts';

describe.skipIf(noMariadb !== null)(`MariaDB${noMariadb === null ? '' : ` (skipped: ${noMariadb})`}`, () => {
  let server: Mariadb;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  sourceConforms(
    mysql,
    async () => {
      const c = await open(server, 'mysql');
      await c.execute(sql`drop database if exists conformance`);
      await c.execute(sql`create database conformance`);
      return c;
    },
    () => open(server, 'mysql'),
    (rows) => sql`(select seq as i from ${words(`seq_1_to_${rows}`)})`,
  );
});
