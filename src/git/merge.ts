import type { Commit } from './commits.ts';
import { GitError } from './error.ts';
import type { Repository } from './repository.ts';
import { git } from './run.ts';

/** What merging came to. `unrelated`: the two have no commit in common. */
export type Merged =
  | { readonly kind: 'tree'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  | { readonly kind: 'unrelated' };

/**
 * The tree that merging `head` into `base` gives: what would stand on the branch. No merge driver, attribute or setting of
 * the repository has a say in it. Errors: GitError where the clone is too shallow to tell.
 */
export async function merge(repository: Repository, base: Commit, head: Commit): Promise<Merged> {
  await mustReach(repository, base, head);
  const common = await git(['merge-base', '--all', base.id, head.id], { at: repository.workshop, answers: [1] });
  const bases = common.out
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  if (bases.length === 0) return { kind: 'unrelated' };
  // The branch did not move since, or moved past the proposal: nothing to merge.
  if (bases.includes(base.id)) return { kind: 'tree', tree: head.tree };
  if (bases.includes(head.id)) return { kind: 'tree', tree: base.tree };
  const { status, out } = await git(
    [...plain, 'merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', base.id, head.id],
    { at: repository.workshop, answers: [1] },
  );
  const [tree = '', ...files] = out.toString('utf8').split('\0');
  if (status === 0) return { kind: 'tree', tree: tree.trim() };
  return { kind: 'conflict', files: [...new Set(files.filter((file) => file !== ''))] };
}

/** A file stays in the folder that it was put in: what was approved is what is judged. */
const plain = ['-c', 'merge.directoryRenames=false'];

/** Where history is cut between the two, the commit they have in common may be beyond the cut. */
async function mustReach(repository: Repository, base: Commit, head: Commit): Promise<void> {
  if (repository.shallow.size === 0) return;
  const { out } = await git(['rev-list', `${base.id}...${head.id}`], { at: repository.workshop });
  if (
    !out
      .toString('utf8')
      .split('\n')
      .some((id) => repository.shallow.has(id))
  )
    return;
  throw new GitError(
    'input',
    "This clone is shallow: history is cut off before the commit that base and head have in common, so they cannot be merged. Fetch all of it:  git fetch --unshallow  (in GitHub's checkout  fetch-depth: 0 , in GitLab  GIT_DEPTH: '0' ).",
  );
}
