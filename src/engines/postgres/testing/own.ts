import { chmod, chown, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../embedded/account.ts';
import { type EmbeddedServer, releaseEmbedded, startEmbedded } from '../embedded/server.ts';
import { makeState, stateOf } from '../embedded/state.ts';
import { reachedThrough, type TestServer } from './server.ts';

/** A server of one test's own, which may stop, start and be copied; gone when disposed. */
export type OwnServer = AsyncDisposable & {
  readonly data: string;
  /** How it is reached while it runs. */
  readonly reached: () => TestServer;
  readonly running: () => EmbeddedServer;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** A stopped server with the same data. This one must be stopped. */
  readonly copy: () => Promise<OwnServer>;
};

export async function ownServer(): Promise<OwnServer> {
  const server = await stoppedServer();
  await server.start();
  return server;
}

async function stoppedServer(): Promise<OwnServer> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-own-'));
  // As root the server runs as another account, which must pass.
  await chmod(room, 0o755);
  const data = join(room, 'postgres');
  let server: EmbeddedServer | null = null;
  const running = () => {
    if (server === null) throw new Error('the server is stopped');
    return server;
  };
  const own: OwnServer = {
    data,
    running,
    reached: () => reachedThrough(running()),
    async start() {
      server = await startEmbedded(data);
    },
    async stop() {
      if (server === null) return;
      await releaseEmbedded(server);
      server = null;
    },
    async copy() {
      const other = await stoppedServer();
      await cp(data, other.data, { recursive: true });
      await give(other.data);
      await makeState(stateOf(other.data));
      await cp(join(stateOf(data).directory, 'password'), join(stateOf(other.data).directory, 'password'));
      return other;
    },
    async [Symbol.asyncDispose]() {
      await own.stop();
      await rm(room, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  return own;
}

/** Files that we copied are the server's account's. */
async function give(data: string): Promise<void> {
  const { uid, gid, drop } = serverAccount();
  if (!drop) return;
  for (const file of ['.', ...(await readdir(data, { recursive: true }))]) await chown(join(data, file), uid, gid);
}
