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

/**
 * How many files of the work tree differ from the last commit, or are not in it, as far as their times and sizes tell.
 * Git looks into files whose times are too young to tell, through the filters that are configured: so it is asked from the
 * workshop, which has none.
 */
export async function uncommitted(repository: Repository): Promise<number> {
  if (repository.isBare) return 0;
  const place = async (...words: string[]) => {
    const { out } = await git(['rev-parse', '--path-format=absolute', ...words], { at: repository.at });
    return out.toString('utf8').replace(/\n$/, '');
  };
  const top = await place('--show-toplevel');
  const from = [`--git-dir=${repository.workshop}`, `--work-tree=${top}`];
  const index = await place('--git-path', 'index');
  const head = await git(['rev-parse', 'HEAD'], { at: repository.at });
  const asked = [
    ['diff-files', '--name-only', '-z', '--ignore-submodules=all'],
    ['diff-index', '--cached', '--name-only', '-z', '--ignore-submodules=all', head.out.toString('utf8').trim(), '--'],
    ['ls-files', '--others', '--exclude-standard', '-z', '--full-name'],
  ];
  const names = new Set<string>();
  for (const words of asked) {
    const { out } = await git([...from, ...words], { at: top, index }).catch((error: unknown) => {
      // It is for a note alone: what is judged does not rest on it.
      if (error instanceof GitError) return { out: Buffer.alloc(0) };
      throw error;
    });
    for (const name of out.toString('utf8').split('\0')) if (name !== '') names.add(name);
  }
  return names.size;
}
