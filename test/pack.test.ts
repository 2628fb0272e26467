import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** What a stranger gets: the packed tarball, installed elsewhere without any install script. */

type Ran = { readonly status: number; readonly out: string; readonly err: string };

const root = fileURLToPath(new URL('..', import.meta.url));
let room: string;
let noPackages: string | null = null;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'freehold-pack-'));
  await chmod(room, 0o755);
  if (!existsSync(join(root, 'dist', 'cli', 'main.js'))) {
    noPackages = 'there is no dist/: run  npm run build  first, or the tests through  npm test';
    return;
  }
  const packed = await npm(['pack', '--ignore-scripts', '--pack-destination', room], root);
  expect(packed, packed.err).toMatchObject({ status: 0 });
  const tarball = (await readdir(room)).find((name) => name.endsWith('.tgz')) ?? '';
  const installed = await npm(
    ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', join(room, tarball)],
    room,
  );
  if (
    installed.status !== 0 &&
    /ENOTFOUND|ENOTCACHED|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH/.test(installed.err)
  ) {
    noPackages = 'npm has neither a network nor the packages in its cache';
    return;
  }
  expect(installed, installed.err).toMatchObject({ status: 0 });
}, 600_000);

afterAll(() => rm(room, { recursive: true, force: true, maxRetries: 10 }));

test('the installed command says its version', async (context) => {
  skipWithout(context);
  const { status, out } = await freehold(['--version']);
  expect({ status, out }).toEqual({ status: 0, out: '0.1.0\n' });
});

test('the package holds no tests and no sources', async (context) => {
  skipWithout(context);
  const names = await readdir(join(room, 'node_modules', 'freehold'), { recursive: true });
  expect(names.filter((name) => /\.test\.|(^|\/)testing(\/|$)|^src(\/|$)/.test(name))).toEqual([]);
});

test('the installed command checks the model it makes', async (context) => {
  skipWithout(context);
  expect(await freehold(['init', 'shop'])).toMatchObject({ status: 0 });
  expect(await freehold(['check', 'shop'])).toMatchObject({ status: 0 });
});

test('the installed demo runs once through, without a build, and its sample passes check', async (context) => {
  skipWithout(context);
  const demo = await freehold(['demo', '--once', '--json']);
  expect(demo.status, demo.err).toBe(0);
  expect(JSON.parse(demo.out)).toMatchObject({ version: 1, verify: { differences: 0 } });
  expect(await freehold(['check', 'freehold-demo'])).toMatchObject({ status: 0 });
}, 600_000);

function skipWithout(context: { skip: (reason: string) => void }): void {
  if (noPackages === null) return;
  process.stderr.write(`skipped: ${noPackages}\n`);
  context.skip(noPackages);
}

function freehold(arguments_: readonly string[]): Promise<Ran> {
  return run(process.execPath, [join(room, 'node_modules', 'freehold', 'dist', 'cli', 'main.js'), ...arguments_], room);
}

/** npm as a stranger has it: without what an outer `npm run` says through the environment. */
function npm(arguments_: readonly string[], directory: string): Promise<Ran> {
  return run('npm', arguments_, directory);
}

function run(program: string, arguments_: readonly string[], cwd: string): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|FREEHOLD_|NODE_ENV$|VITEST)/i.test(name));
  return new Promise((resolve) => {
    const options = { cwd, env: Object.fromEntries(inherited), maxBuffer: 64_000_000 };
    execFile(program, [...arguments_], options, (error, out, err) => {
      resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err });
    });
  });
}
