import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

/** Why tests that need the program git are left out; null: they run. */
export const withoutGit: string | null = version();
if (withoutGit !== null) console.warn(`left out: ${withoutGit}`);

/** Path -> text; null removes it. */
export type Edits = Readonly<Record<string, string | Buffer | null>>;

/** A repository in a directory that is removed after the tests. */
export type TestRepository = {
  readonly root: string;
  git(...words: string[]): string;
  /** Writes and commits everything; the commit's id. */
  commit(edits: Edits, as?: { readonly name: string; readonly email: string }): string;
  /** A branch from `from`, with one commit for each of these edits; the last commit's id. The work tree is on it. */
  branch(name: string, from: string, ...edits: readonly Edits[]): string;
};

export function testRepository(options: { readonly format?: 'sha1' | 'sha256' } = {}): TestRepository {
  const root = mkdtempSync(join(tmpdir(), 'freehold-repository-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  run(root, ['init', '--quiet', '--initial-branch=main', `--object-format=${options.format ?? 'sha1'}`]);
  return repositoryAt(root);
}

export function repositoryAt(root: string): TestRepository {
  const git = (...words: string[]) => run(root, words);
  const commit: TestRepository['commit'] = (edits, as = { name: 'Ana', email: 'ana@example.com' }) => {
    for (const [path, text] of Object.entries(edits)) {
      const file = join(root, path);
      if (text === null) rmSync(file, { recursive: true });
      else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
    }
    git('add', '--all', '--force', '.');
    git(
      '-c',
      `user.name=${as.name}`,
      '-c',
      `user.email=${as.email}`,
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      'edit',
    );
    return git('rev-parse', 'HEAD');
  };
  return {
    root,
    git,
    commit,
    branch: (name, from, ...edits) => {
      git('checkout', '--quiet', '-b', name, from);
      return edits.map((one) => commit(one)).at(-1) ?? git('rev-parse', 'HEAD');
    },
  };
}

function run(at: string, words: readonly string[]): string {
  const environment = {
    PATH: process.env.PATH,
    HOME: at,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: '2026-03-01T12:00:00Z',
    GIT_COMMITTER_DATE: '2026-03-01T12:00:00Z',
    GIT_COMMITTER_NAME: 'Ana',
    GIT_COMMITTER_EMAIL: 'ana@example.com',
  };
  return execFileSync('git', words, {
    cwd: at,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

function version(): string | null {
  try {
    const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(execFileSync('git', ['version'], { encoding: 'utf8' })) ?? [];
    return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 38) ? null : 'git is older than 2.38';
  } catch {
    return 'there is no program git';
  }
}
