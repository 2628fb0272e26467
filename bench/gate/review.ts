/**
 * Reviews as a person or a job runs them, on a repository with the model on `main` and each change on a branch of its own.
 * Time includes git's.
 */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ran, type Taken } from './command.ts';
import type { ModelFile } from './generate.ts';

/** What a command took, and said. */
export type Measured = Taken & { readonly findings: number; readonly digest: string | null };

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
  const words = ['review', '--dir', directory, '--base', 'main', '--head', name, '--origin', origin];
  const { taken, document } = await ran(words, cache);
  const { findings, changes, head } = document;
  if (changes.length === 0) throw new Error(`the change '${name}' changes nothing`);
  return { ...taken, findings: findings.length, digest: head.digest };
}
