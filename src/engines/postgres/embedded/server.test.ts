import pg from 'pg';
import { expect, test } from 'vitest';
import { testServer } from '../testing/server.ts';

test('the test server takes connections with its password and decodes its log', async () => {
  const server = await testServer();
  const client = new pg.Client({ connectionString: server.url(await server.createDatabase('hello')) });
  await client.connect();
  const { rows } = await client.query(
    `select current_setting('wal_level') as wal, current_setting('server_encoding') as encoding, current_setting('max_connections') as connections`,
  );
  await client.end();
  expect(rows).toEqual([{ wal: 'logical', encoding: 'UTF8', connections: '300' }]);
});
