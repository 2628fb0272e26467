import type { Origin } from '../../review/origin.ts';
import { ask, askAll } from '../ask.ts';
import { ForgeError } from '../error.ts';
import type { Proposed } from '../forge.ts';
import { boolean, commitId, fields, list, number, orNull, text } from '../shape.ts';
import type { GitHubRepository } from './repository.ts';

/** A pull request of the model's repository: what GitHub says of where it is from and who approved it. */
export async function gitHubProposal(repository: GitHubRepository, pull: number): Promise<Proposed> {
  const { body } = await ask(repository.api, `${repository.path}/pulls/${pull}`);
  const read = pullRequest(body, `pull request ${pull}`);
  if (read.number !== pull || read.base.repo.id !== repository.id)
    throw new ForgeError(
      'garbled',
      `${repository.api.label} gave another pull request than ${pull} of ${repository.name}.`,
    );
  const notes: string[] = [];
  return {
    number: pull,
    head: read.head.sha,
    target: read.base.ref,
    origin: {
      host: repository.host,
      repository: source(read, repository, notes),
      approvers: await approvers(read, repository, notes),
      isOfficial: true,
    },
    notes,
  };
}

const account = fields({ id: number, type: text });

const pullRequest = fields({
  number,
  user: orNull(account),
  merged_at: orNull(text),
  maintainer_can_modify: orNull(boolean),
  commits: number,
  head: fields({ sha: commitId, ref: text, repo: orNull(fields({ id: number, full_name: text })) }),
  base: fields({ ref: text, repo: fields({ id: number }) }),
});

type Pull = ReturnType<typeof pullRequest>;

/** Where it comes from, where that is another repository. */
function source(
  { head, maintainer_can_modify }: Pull,
  repository: GitHubRepository,
  notes: string[],
): Origin['repository'] {
  if (head.repo === null) {
    notes.push(
      'The repository that it comes from is gone, so it comes from nowhere. Open it again from one that is there.',
    );
    return null;
  }
  if (head.repo.id === repository.id) return null;
  if (maintainer_can_modify === true) {
    // Whoever may write to the model's repository could push to the branch: it says nothing of its owner then.
    notes.push(
      `'Allow edits by maintainers' is on, so that others than the owners of ${head.repo.full_name} can push to its branch, and it does not count as coming from there. Turn it off and push again.`,
    );
    return null;
  }
  return { id: head.repo.id, name: head.repo.full_name };
}

const review = fields({
  id: number,
  user: orNull(account),
  state: text,
  commit_id: orNull(commitId),
  submitted_at: orNull(text),
});

const commitOf = fields({
  sha: commitId,
  author: orNull(fields({ id: orNull(number) })),
  committer: orNull(fields({ id: orNull(number) })),
});

/** People whose latest word is that the head commit is right, and who had no hand in it. */
async function approvers(pull: Pull, repository: GitHubRepository, notes: string[]): Promise<readonly number[]> {
  const path = `${repository.path}/pulls/${pull.number}`;
  const reviews = list(review)(await askAll(repository.api, `${path}/reviews?per_page=100`), 'reviews');
  const latest = new Map<number, ReturnType<typeof review>>();
  for (const one of reviews) {
    if (one.user === null || one.user.type !== 'User') continue;
    // A comment takes no word back; and what is said after the merge is too late.
    if (!['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(one.state)) continue;
    if (pull.merged_at !== null && (one.submitted_at ?? '') > pull.merged_at) continue;
    const before = latest.get(one.user.id);
    if (before === undefined || isLater(one, before)) latest.set(one.user.id, one);
  }
  const approving = [...latest].filter(([, one]) => one.state === 'APPROVED' && one.commit_id === pull.head.sha);
  if (approving.length === 0) return [];
  const hands = await handsOn(pull, repository, notes);
  if (hands === null) return [];
  return approving
    .map(([id]) => id)
    .filter((id) => !hands.has(id))
    .sort((a, b) => a - b);
}

function isLater(one: ReturnType<typeof review>, other: ReturnType<typeof review>): boolean {
  const [a, b] = [one.submitted_at ?? '', other.submitted_at ?? ''];
  return a > b || (a === b && one.id > other.id);
}

/** Accounts that opened it, or wrote, committed or pushed any of it; null where not all of them can be known. */
async function handsOn(pull: Pull, repository: GitHubRepository, notes: string[]): Promise<ReadonlySet<number> | null> {
  const hands = new Set<number>();
  if (pull.user !== null) hands.add(pull.user.id);
  const path = `${repository.path}/pulls/${pull.number}/commits?per_page=100`;
  const commits = list(commitOf)(await askAll(repository.api, path), 'commits');
  if (commits.length < pull.commits) {
    notes.push(
      `GitHub names the authors of ${commits.length} of its ${pull.commits} commits, so no approval counts: an approver could be one of the others. Split it, or squash its commits.`,
    );
    return null;
  }
  for (const { sha, author, committer } of commits) {
    for (const one of [author, committer]) {
      if (one === null || one.id === null) {
        notes.push(
          `Commit ${sha} is by an address that belongs to no account, so no approval counts: an approver could have written it. Its author adds the address to an account at ${repository.host}, or commits again under one that is there.`,
        );
        return null;
      }
      hands.add(one.id);
    }
  }
  const pushers = await pushersOf(pull, repository);
  if (pushers === null) {
    notes.push(
      `${repository.api.label} does not say who pushed to ${pull.head.repo?.full_name ?? 'its repository'}, so no approval counts: an approver could have. Give the token read access to its contents, or push the branch to the model's repository.`,
    );
    return null;
  }
  for (const id of pushers) hands.add(id);
  return hands;
}

const activity = fields({ ref: text, actor: orNull(account), activity_type: orNull(text) });

/** Who ever pushed to the branch that it is of; null where that is not shown. */
async function pushersOf(pull: Pull, repository: GitHubRepository): Promise<ReadonlySet<number> | null> {
  if (pull.head.repo === null) return null;
  const ref = `refs/heads/${pull.head.ref}`;
  const path = `/repositories/${pull.head.repo.id}/activity?per_page=100&ref=${encodeURIComponent(ref)}`;
  const items = await askAll(repository.api, path).catch((error: unknown) => {
    if (error instanceof ForgeError && (error.kind === 'denied' || error.kind === 'missing')) return null;
    throw error;
  });
  if (items === null || items.length === 0) return null;
  // Who takes the branch away, which is done with the merge for many, pushed nothing to it.
  const read = list(activity)(items, 'activity').filter(
    (one) => one.ref === ref && one.activity_type !== 'branch_deletion',
  );
  if (read.length === 0) return null;
  return new Set(read.flatMap(({ actor }) => (actor === null ? [] : [actor.id])));
}
