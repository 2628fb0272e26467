import { GitError } from './error.ts';
import type { Repository } from './repository.ts';
import { git } from './run.ts';

/** The address of the remote `origin`, as configured; null where there is none. It may hold a password. */
export async function remoteAddress(repository: Repository): Promise<string | null> {
  const { status, out } = await git(['config', '--local', '--get', 'remote.origin.url'], {
    at: repository.at,
    answers: [1],
  });
  return status === 0 ? out.toString('utf8').trim() : null;
}

/** How many files of the work tree differ from the last commit, or are not in it, as far as their times and sizes tell. */
export async function uncommitted(repository: Repository): Promise<number> {
  if (repository.isBare) return 0;
  const asked = [
    ['diff-files', '--name-only', '-z', '--ignore-submodules=all'],
    ['diff-index', '--cached', '--name-only', '-z', '--ignore-submodules=all', 'HEAD', '--'],
    ['ls-files', '--others', '--exclude-standard', '-z', '--full-name'],
  ];
  const names = new Set<string>();
  for (const words of asked) {
    const { out } = await git(words, { at: repository.at }).catch((error: unknown) => {
      // It is for a note alone: what is judged does not rest on it.
      if (error instanceof GitError) return { out: Buffer.alloc(0) };
      throw error;
    });
    for (const name of out.toString('utf8').split('\0')) if (name !== '') names.add(name);
  }
  return names.size;
}
