import { harmless } from '../findings/harmless.ts';
import { didYouMean } from '../findings/near-name.ts';
import { GitError } from './error.ts';
import type { Repository } from './repository.ts';
import { git } from './run.ts';

/** A commit and its tree, by id. `parents`: as far as they were fetched. */
export type Commit = { readonly id: string; readonly tree: string; readonly parents: readonly string[] };

/**
 * The commit that a person's word names: a branch, a tag, an id, `HEAD`. `option` is how it was given, for messages.
 * Errors: GitError where there is none, or where the word names two things.
 */
export async function commitNamed(repository: Repository, ref: string, option: string): Promise<Commit> {
  await mustBeOneThing(repository, ref, option);
  const { status, out } = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], {
    at: repository.at,
    answers: [1, 128],
  });
  if (status !== 0) throw await unknownRef(repository, ref, option);
  return commit(repository, out.toString('utf8').trim());
}

/** Errors: GitError where the clone does not hold it. */
export async function commit(repository: Repository, id: string): Promise<Commit> {
  const at = repository.workshop;
  const [{ out }, listed] = await Promise.all([
    git(['rev-parse', '--verify', '--end-of-options', `${id}^{tree}`], { at }),
    git(['rev-list', '--parents', '--max-count=1', '--end-of-options', id], { at }),
  ]);
  const [, ...parents] = listed.out.toString('utf8').trim().split(' ');
  return { id, tree: out.toString('utf8').trim(), parents };
}

/** Does the clone hold the commit with this id? */
export async function isHere(repository: Repository, id: string): Promise<boolean> {
  const { status } = await git(['cat-file', '-e', `${id}^{commit}`], { at: repository.workshop, answers: [1, 128] });
  return status === 0;
}

/**
 * Commits from after `base` to `head` on the line of first parents, oldest first: what a branch went through. Null where
 * that line does not lead to base.
 */
export async function stepsBetween(
  repository: Repository,
  base: string,
  head: string,
): Promise<readonly string[] | null> {
  if (base === head) return [];
  const range = ['--first-parent', '--parents', '--reverse', '--end-of-options', head, `^${base}`];
  const { out } = await git(['rev-list', ...range], { at: repository.workshop });
  const lines = out
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const [first] = lines;
  if (first === undefined || first.split(' ')[1] !== base) return null;
  return lines.map((line) => line.split(' ')[0] ?? '');
}

/** Does the commit descend from the other, or is it the same? */
export async function descends(repository: Repository, id: string, from: string): Promise<boolean> {
  const { status } = await git(['merge-base', '--is-ancestor', from, id], { at: repository.workshop, answers: [1] });
  return status === 0;
}

/** A tag that is called like a branch would be taken for it without a word: pushing one must not choose the base. */
async function mustBeOneThing(repository: Repository, ref: string, option: string): Promise<void> {
  const names = ['refs/heads/', 'refs/tags/', 'refs/remotes/'].map((kind) => `${kind}${ref}`);
  const found = await Promise.all(
    names.map((name) => git(['show-ref', '--verify', '--quiet', '--', name], { at: repository.at, answers: [1, 128] })),
  );
  const there = names.filter((_, index) => found[index]?.status === 0);
  if (there.length > 1)
    throw new GitError(
      'input',
      `${option} '${harmless(ref)}' names ${there.length} things: ${there.map((name) => harmless(name)).join(', ')}. Write the whole name of the one that is meant.`,
    );
}

async function unknownRef(repository: Repository, ref: string, option: string): Promise<GitError> {
  const shown = harmless(ref, 200);
  const { out } = await git(['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags', 'refs/remotes'], {
    at: repository.at,
  });
  const names = out
    .toString('utf8')
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => name.replace(/^refs\/(heads|tags|remotes)\//, ''));
  if (ref === 'HEAD')
    return new GitError('input', 'The repository has no commit yet, so there is nothing to review. Commit first.');
  const remote = names.find((name) => name.endsWith(`/${ref}`) && name.split('/').length === ref.split('/').length + 1);
  if (remote !== undefined)
    return new GitError(
      'input',
      `${option} '${shown}' is no branch, tag or commit here; the remote one is '${harmless(remote)}'. Write  ${option} ${harmless(remote)}`,
    );
  const near = harmless(didYouMean(ref, names));
  // `HEAD~5` and the like are asked of no remote, nor is what would be an option there.
  const fetched = /^-|[~^:@{\s]/.test(ref)
    ? ' Where history was not fetched that far, fetch it first:  git fetch --unshallow'
    : ` Where it was not fetched, fetch it first:  git fetch origin ${shown}`;
  return new GitError('input', `${option} '${shown}' is no branch, tag or commit of this clone.${near}${fetched}`);
}
