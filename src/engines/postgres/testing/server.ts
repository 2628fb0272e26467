import { randomBytes } from 'node:crypto';
import { must } from '../../../base/must.ts';
import type { Access } from '../../../engine/engine.ts';
import { type EmbeddedServer, ensureDatabase, startEmbedded } from '../embedded/server.ts';

export type TestServer = {
  readonly access: (database: string) => Access;
  readonly url: (database: string) => string;
  /** A fresh, empty database; its name holds the hint. */
  readonly createDatabase: (hint?: string) => Promise<string>;
};

/**
 * The one real PostgreSQL of this run of the tests (wal_level logical), as its superuser. Started at the first call;
 * stopped by the global setup's end. Each test makes its own databases.
 */
export async function testServer(): Promise<TestServer> {
  return reachedThrough(await startEmbedded(must(process.env.FREEHOLD_TEST_SERVER, 'vitest global setup')));
}

/** What a test is given of a running server. */
export function reachedThrough(server: EmbeddedServer): TestServer {
  const { host, port, user, password } = server;
  return {
    access: (database) => ({
      engine: 'postgres',
      label: `postgres at ${host}:${port}/${database}`,
      fields: { host, port, database, user, password },
    }),
    url: (database) => `postgres://${user}:${password}@${host}:${port}/${database}`,
    createDatabase: async (hint = 'test') => {
      const database = `${hint}_${randomBytes(4).toString('hex')}`;
      await ensureDatabase(server, database);
      return database;
    },
  };
}
