/**
 * Reviews as a person or a job runs them: the built command, on a repository with the model on `main` and each change on a
 * branch of its own. Time is from the process's start to its end, git included; memory is of our process.
 */
import { execFile, execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Commits what is in the directory to `main`, and each change to a branch. */
export async function commitAll(directory: string, changes: readonly Change[]): Promise<void> {
  const git = (...words: string[]) =>
    execFileSync('git', words, {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: 'ignore',
    });
  const commit = (what: string) => {
    git('add', '--all');
    git('-c', 'user.name=bench', '-c', 'user.email=bench@freehold.invalid', 'commit', '--quiet', '-m', what);
  };
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'gc.auto', '0');
  commit('model');
  for (const { name, files } of changes) {
    git('checkout', '--quiet', '-b', name, 'main');
    for (const { path, text } of files) await writeFile(join(directory, path), text);
    commit(name);
  }
  git('checkout', '--quiet', 'main');
}

/** Rejects where the review does not pass. */
export async function reviewed(directory: string, { name, origin }: Change, cache: string): Promise<Measured> {
  const usage = join(cache, '..', `usage-${process.pid}.json`);
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
