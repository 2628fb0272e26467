/**
 * Reviews as a person or a job runs them: the built command, on a repository with the model on `main` and each change on a
 * branch of its own. Time is from the process's start to its end, git included; memory is of our process.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ModelFile } from './generate.ts';

/** What a process took, from its start. */
export type Measured = {
  readonly ms: number;
  /** Of CPU, all threads. */
  readonly cpuMs: number;
  /** The most that was resident. */
  readonly residentMb: number;
  readonly findings: number;
  readonly digest: string | null;
};

export type Change = {
  readonly name: string;
  readonly files: readonly ModelFile[];
  /** Who may make it, as `--origin` takes it. */
  readonly origin: string;
};

/**
 * Commits a model to `main` of a new repository, and each change to a branch: file by file into a pack, as a clone has it,
 * and without a work tree, which a review does not look at.
 */
export async function commitAll(
  directory: string,
  model: Iterable<ModelFile>,
  changes: readonly Change[],
): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd: directory, env });
  const git = spawn('git', ['fast-import', '--quiet'], { cwd: directory, env, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(git, 'close');
  await pipeline(Readable.from(streamOf(model, changes)), git.stdin);
  const [status] = await ended;
  if (status !== 0) throw new Error(`git fast-import ended with ${status}`);
}

/** https://git-scm.com/docs/git-fast-import */
function* streamOf(model: Iterable<ModelFile>, changes: readonly Change[]): Generator<string> {
  const commit = (branch: string, what: string) =>
    `commit refs/heads/${branch}\ncommitter bench <bench@freehold.invalid> 1750000000 +0000\n${dataOf(what)}`;
  const fileOf = ({ path, text }: ModelFile) => `M 100644 inline ${path}\n${dataOf(text)}`;
  yield commit('main', 'model');
  for (const file of model) yield fileOf(file);
  for (const { name, files } of changes)
    yield `${commit(name, name)}from refs/heads/main\n${files.map(fileOf).join('')}`;
}

function dataOf(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** Rejects where the review does not pass. */
export async function reviewed(directory: string, { name, origin }: Change, cache: string): Promise<Measured> {
  const usage = `${cache}-usage.json`;
  const preload = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(${JSON.stringify(usage)}, JSON.stringify(process.resourceUsage())));`;
  const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const words = ['review', '--dir', directory, '--base', 'main', '--head', name, '--origin', origin, '--json'];
  const start = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(preload)}`, command, ...words],
    { env: { ...process.env, FREEHOLD_CACHE: cache }, maxBuffer: 2 ** 30 },
  );
  const ms = performance.now() - start;
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(await readFile(usage, 'utf8'));
  await rm(usage);
  const { findings, changes, head } = JSON.parse(stdout);
  if (changes.length === 0) throw new Error(`the change '${name}' changes nothing`);
  return {
    ms,
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    residentMb: maxRSS / 1024,
    findings: findings.length,
    digest: head.digest,
  };
}
