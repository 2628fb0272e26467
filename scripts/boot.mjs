// From a fresh clone to a running command, with what Node has built in:  node scripts/boot.mjs demo|test [arguments]
// Installs and builds what is missing, one boot at a time, then becomes the target in this same process, whose
// standard streams, signals and exit status are therefore the target's.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const startedMs = Math.round(performance.timeOrigin);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [target, ...rest] = process.argv.slice(2);

mustBeNewEnough();
let installMs = 0;
// An installed package has no source: nothing to install or build.
if (fs.existsSync(join(root, 'src')) && (needsInstall() || needsBuild())) {
  await withLock(join(root, '.freehold', 'boot.lock'), async () => {
    if (needsInstall()) installMs = await install();
    if (needsBuild()) await run([join(root, 'scripts', 'build.mjs')], 'the build');
  });
}
await become();

async function become() {
  if (target === 'test') {
    process.chdir(root);
    return turnInto(join(root, 'node_modules', 'vitest', 'vitest.mjs'), ['run', ...rest]);
  }
  if (target === 'demo') {
    process.env.FREEHOLD_BOOT_STARTED_MS = String(startedMs);
    process.env.FREEHOLD_INSTALL_MS = String(installMs);
    return turnInto(join(root, 'dist', 'cli', 'main.js'), ['demo', ...rest]);
  }
  process.stderr.write('usage: node scripts/boot.mjs demo|test [arguments]\n');
  process.exitCode = 2;
}

function turnInto(program, args) {
  process.argv = [process.execPath, program, ...args];
  return import(pathToFileURL(program).href);
}

function mustBeNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`Freehold needs Node 20.19 or later; this is ${process.versions.node} (${process.execPath}).\n`);
  process.exit(2);
}

/** Does the installed tree differ from package-lock.json? */
function needsInstall() {
  const lockText = fs.readFileSync(join(root, 'package-lock.json'), 'utf8');
  const wanted = JSON.parse(lockText).packages;
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return true;
  // An optional package that could not be had is not tried again until the lock file changes.
  const isTried = read(triedFile()) === digest(lockText);
  return Object.entries(wanted).some(([path, { version, optional, os, cpu, libc }]) => {
    if (path === '') return false;
    if (installed[path] !== undefined) {
      return installed[path].version !== version || readJson(join(root, path, 'package.json'))?.version !== version;
    }
    if (optional !== true) return true;
    // Those without a platform are parts of another's that is not for us.
    const isOurs = os !== undefined && libc === undefined && isFor(os, process.platform) && isFor(cpu, process.arch);
    return isOurs && !isTried;
  });
}

/** npm's `os` and `cpu` fields: names, or names not meant. */
function isFor(names, own) {
  if (names === undefined) return true;
  const refused = names.filter((name) => name.startsWith('!'));
  return refused.length > 0 ? !refused.includes(`!${own}`) : names.includes(own);
}

async function install() {
  if (fs.lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    process.stderr.write(
      `'${join(root, 'node_modules')}' is a link to another tree, so nothing is installed into it\n`,
    );
    return 0;
  }
  process.stderr.write('installing packages (npm ci)\n');
  const since = performance.now();
  // Said out loud, so that what a user's own npm settings or NODE_ENV say otherwise does not count.
  const settled = ['--include=dev', '--include=optional', '--ignore-scripts', '--no-global', '--no-dry-run'];
  const calm = ['--no-audit', '--no-fund', '--no-update-notifier', '--no-progress', '--loglevel=warn', '--no-json'];
  const tree = ['--package-lock', '--no-package-lock-only', '--no-legacy-peer-deps', '--install-strategy=hoisted'];
  await run([...npm(), 'ci', `--prefix=${root}`, ...settled, ...calm, ...tree], 'npm ci');
  fs.writeFileSync(triedFile(), digest(fs.readFileSync(join(root, 'package-lock.json'), 'utf8')));
  return Math.round(performance.now() - since);
}

/** npm's own program, run by this Node: that which runs us, else that beside Node, else the one on the path. */
function npm() {
  const beside = dirname(fs.realpathSync(process.execPath));
  const places = [
    /npm-cli\.[cm]?js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : '',
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...(process.env.PATH ?? '').split(':').map((directory) => realpath(join(directory, 'npm'))),
  ];
  const found = places.find((place) => place !== '' && place.endsWith('.js') && fs.existsSync(place));
  if (found !== undefined) return [found];
  process.stderr.write('npm was not found beside Node or on the path; install it, then run this again.\n');
  process.exit(2);
}

/** Is any file or folder of the source newer than what was built? Folders count: a removed file leaves only their time. */
function needsBuild() {
  const built = fs.statSync(join(root, 'dist'), { throwIfNoEntry: false });
  if (built === undefined || !fs.existsSync(join(root, 'dist', 'cli', 'main.js'))) return true;
  const others = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];
  const sources = fs.readdirSync(join(root, 'src'), { recursive: true }).map((path) => join('src', String(path)));
  return ['src', ...sources, ...others].some((path) => fs.statSync(join(root, path)).mtimeMs > built.mtimeMs);
}

/** Runs a script by this Node with its output on stderr; ends us where it fails or a signal comes. */
async function run(args, what) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  const [status, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve([code, by]));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, pass);
  if (signal !== null) process.exit(128 + constants.signals[signal]);
  if (status === 0) return;
  process.stderr.write(`${what} failed (exit status ${status}); what it said is above\n`);
  process.exit(3);
}

/**
 * Numbered files: the highest names its holder or says free. src/base/file-lock.ts has the same with its reasons; this
 * script comes before anything is built.
 */
async function withLock(directory, work) {
  fs.mkdirSync(directory, { recursive: true });
  const self = `${process.pid}.${startOf(process.pid)}`;
  const numbers = () =>
    fs
      .readdirSync(directory)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  let isTold = false;
  for (;;) {
    const highest = numbers().at(-1) ?? 0;
    const holder = highest === 0 ? 'free' : (read(join(directory, String(highest))) ?? 'gone');
    if (holder !== 'gone' && (holder === 'free' || !isAlive(holder))) {
      const mine = join(directory, String(highest + 1));
      if (linked(directory, mine, self)) {
        const now = numbers();
        if (now.at(-1) === highest + 1) {
          for (const lower of now.slice(0, -1)) fs.rmSync(join(directory, String(lower)), { force: true });
          try {
            return await work();
          } finally {
            const draft = join(directory, `draft-${randomUUID()}`);
            fs.writeFileSync(draft, 'free');
            fs.renameSync(draft, mine);
          }
        }
        fs.rmSync(mine, { force: true });
      }
      continue;
    }
    if (!isTold) process.stderr.write('waiting for another install or build of this checkout\n');
    isTold = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function linked(directory, file, text) {
  const draft = join(directory, `draft-${randomUUID()}`);
  fs.writeFileSync(draft, text);
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function isAlive(holder) {
  const [pid, start] = holder.split('.');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return startOf(Number(pid)) === start;
}

/** When a process started, where the system tells; else the same for all. */
function startOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat === null ? 'unknown' : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown');
}

function triedFile() {
  return join(root, 'node_modules', '.freehold-lock');
}

function digest(text) {
  return createHash('sha256').update(text).digest('hex');
}

function readJson(file) {
  const text = read(file);
  return text === null ? null : JSON.parse(text);
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function realpath(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return '';
  }
}
