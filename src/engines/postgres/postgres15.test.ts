import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { must } from '../../base/must.ts';
import { engineConforms } from '../../engine/conformance/suite.ts';
import type { Access } from '../../engine/engine.ts';
import { sql } from '../../sql/sql.ts';
import { postgres } from './engine.ts';
import { noPostgres15, postgres15 } from './testing/installed.ts';

if (noPostgres15 !== null) console.log(`skipped: ${noPostgres15}`);

describe.skipIf(noPostgres15 !== null)('PostgreSQL 15', () => {
  let server: Awaited<ReturnType<typeof postgres15>> | undefined;
  let access: Access;
  beforeAll(async () => {
    server = await postgres15();
    access = server.access(await server.createDatabase('conformance'));
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  engineConforms(postgres, {
    access: async () => access,
    // Intervals became able to be infinite in PostgreSQL 17.
    refused: ['interval infinity', 'interval -infinity'],
  });

  test('its catalogue and its preflight are read as those of a newer one', async () => {
    const own = must(server, 'server');
    await using c = await postgres.connect(own.access(await own.createDatabase('preflight')), 'test');
    await c.execute(sql`create table public.t (id int primary key, n numeric(3,-2), u text not null)`);
    const { tables } = await postgres.catalogue(c);
    expect(tables.map(({ name, key, columns }) => [name, key, columns.map(({ type }) => type)])).toEqual([
      ['t', ['id'], [{ kind: 'int', bits: 32 }, { kind: 'decimal', precision: 5, scale: 0 }, { kind: 'text' }]],
    ]);
    const table = { address: 'z/t/d.t', schema: 'public', table: 't', key: ['id'], columns: [] };
    expect(await must(postgres.capture, 'capture').preflight(c, 'cdc', [table])).toEqual([]);
  });
});
