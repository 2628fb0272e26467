import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../../base/must.ts';
import type { Connection } from '../../../engine/connection.ts';
import type { Access } from '../../../engine/engine.ts';
import { name, sql } from '../../../sql/sql.ts';
import { connect } from '../connection.ts';

const programs = { server: '/usr/sbin/mariadbd', install: '/usr/bin/mariadb-install-db' } as const;

/** Why tests that need a server are skipped; null where it is there. */
export const noMariadb = Object.values(programs).every((program) => existsSync(program))
  ? null
  : `MariaDB is not installed (${programs.server}); on Debian: apt-get install mariadb-server`;
if (noMariadb !== null) console.warn(`left out: ${noMariadb}`);

export type Mariadb = AsyncDisposable & {
  readonly port: number;
  readonly dataDirectory: string;
  /** As its administrator, in the database. */
  readonly access: (database: string, account?: { readonly user: string; readonly password: string }) => Access;
  /** A fresh database and a session in it. */
  readonly createDatabase: (hint?: string) => Promise<string>;
  /**
   * Stops the server's process, as a crash does where told so, and starts it again on the same port. `between`: meanwhile.
   */
  readonly restart: (options?: {
    readonly isCrash?: boolean;
    readonly settings?: readonly string[];
    readonly between?: () => Promise<void>;
  }) => Promise<void>;
  /** Gives what was put into its directory to the account that it runs as. */
  readonly own: () => Promise<void>;
};

const binlog = ['--log-bin=binlog', '--binlog-format=ROW', '--binlog-row-image=FULL', '--binlog-row-metadata=FULL'];

/** A MariaDB of its own, with a row log; gone when disposed, or when this process dies. `settings` come last, and win. */
export async function startMariadb(settings: readonly string[] = []): Promise<Mariadb> {
  const room = await mkdtemp(join(tmpdir(), 'freehold-mariadb-'));
  await chmod(room, 0o755);
  const data = join(room, 'data');
  // A server that starts clears its temporary directory, also of what others have there.
  const temporary = join(room, 'tmp');
  const account = serverAccount();
  for (const directory of [data, temporary]) {
    await mkdir(directory);
    if (account !== null) await chown(directory, account.uid, account.gid);
  }
  const asAccount = account === null ? [] : [`--user=${account.name}`];
  const made = spawnSync(
    programs.install,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      ...asAccount,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { encoding: 'utf8', cwd: '/' },
  );
  if (made.status !== 0) throw new Error(`${programs.install} failed: ${made.stdout}\n${made.stderr}`);
  const port = await freePort();
  const log = join(data, 'error.log');
  let running = await start(settings);

  async function start(more: readonly string[]) {
    const options = [
      ...[
        '--no-defaults',
        `--datadir=${data}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--socket=${data}/socket`,
      ],
      ...[
        `--tmpdir=${temporary}`,
        `--pid-file=${data}/pid`,
        `--log-error=${log}`,
        '--server-id=1',
        '--innodb-buffer-pool-size=64M',
      ],
      ...['--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0', '--skip-name-resolve'],
      ...[...asAccount, ...binlog, ...more],
    ];
    // The shell ends the server when our end of its input closes: also where we are killed.
    const child = spawn(
      '/bin/sh',
      ['-c', '"$@" & server=$!; cat >/dev/null; kill $server; wait $server', 'sh', programs.server, ...options],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
        cwd: '/',
      },
    );
    const access = accessOf('mysql');
    for (const deadline = Date.now() + 60_000; ; ) {
      try {
        await using _ = await connect(access, 'test');
        return child;
      } catch (failure) {
        if (Date.now() > deadline) {
          child.stdin.end();
          throw new Error(`MariaDB does not start: ${String(failure)}\n${await readFile(log, 'utf8').catch(() => '')}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async function stop(isCrash: boolean): Promise<void> {
    const ended = once(running, 'exit');
    if (isCrash) process.kill(Number(await readFile(join(data, 'pid'), 'utf8')), 'SIGKILL');
    running.stdin.end();
    await ended;
  }

  function accessOf(database: string, { user, password } = { user: 'root', password: '' }): Access {
    return {
      engine: 'mysql',
      label: `mysql at 127.0.0.1:${port}/${database}`,
      fields: { host: '127.0.0.1', port, database, user, password },
    };
  }

  let databases = 0;
  return {
    port,
    dataDirectory: data,
    access: accessOf,
    async createDatabase(hint = 'test') {
      const database = `${hint}_${++databases}`;
      await using c = await connect(accessOf('mysql'), 'test');
      await c.execute(sql`create database ${name(database)} character set utf8mb4`);
      return database;
    },
    async restart({ isCrash = false, settings: again = settings, between } = {}) {
      await stop(isCrash);
      await between?.();
      running = await start(again);
    },
    async own() {
      if (account !== null) spawnSync('chown', ['-R', `${account.uid}:${account.gid}`, data]);
    },
    async [Symbol.asyncDispose]() {
      await stop(false);
      await rm(room, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** A session of a test, in the database. */
export function open(server: Mariadb, database: string): Promise<Connection> {
  return connect(server.access(database), 'test');
}

/** The server will not run as root. */
function serverAccount(): { readonly name: string; readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { name: 'nobody', uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = must(listener.address(), 'address');
  const port = typeof address === 'string' ? 0 : address.port;
  listener.close();
  await once(listener, 'close');
  return port;
}
