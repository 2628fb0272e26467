/**
 * Reviews as a person or a job runs them, on a repository with the model on `main` and each change on a branch of its own.
 * Time includes git's.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
  const words = ['review', '--dir', directory, '--base', 'main', '--head', name, '--origin', origin];
  const { taken, document } = await ran(words, cache);
  const { findings, changes, head } = document;
  if (changes.length === 0) throw new Error(`the change '${name}' changes nothing`);
  return { ...taken, findings: findings.length, digest: head.digest };
}
