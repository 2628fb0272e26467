import { ask, askAll } from '../ask.ts';
import type { Step, Way } from '../forge.ts';
import { commitId, fields, list, number, orNull, text } from '../shape.ts';
import { stepsOf } from '../steps.ts';
import { askGraph, type GitHubRepository } from './repository.ts';

/** The commit of a branch. Errors: ForgeError where there is no such branch. */
export async function gitHubTip(repository: GitHubRepository, branch: string): Promise<string> {
  const path = branch.split('/').map(encodeURIComponent).join('/');
  const { body } = await ask(repository.api, `${repository.path}/git/ref/heads/${path}`);
  return fields({ ref: text, object: fields({ sha: commitId }) })(body, 'branch').object.sha;
}

/** What waits in the merge queue, as the queue itself says. */
export async function gitHubQueue(repository: GitHubRepository, way: Way): Promise<readonly Step[]> {
  const data = await askGraph(repository, queueQuery, {
    owner: repository.owner,
    name: repository.name,
    branch: way.branch,
  });
  const entries = queue(data, 'merge queue').repository?.mergeQueue?.entries?.nodes ?? [];
  const before = new Map(way.commits.map((commit, i) => [commit, i === 0 ? way.base : (way.commits[i - 1] ?? '')]));
  const numbers = new Map<string, number>();
  const ends = new Map<number, string>();
  for (const { headCommit, baseCommit, pullRequest } of entries) {
    if (headCommit === null || baseCommit === null || pullRequest === null) continue;
    // Of the commits between: rebasing makes several.
    const last = way.commits.indexOf(headCommit.oid);
    for (let i = last; i >= 0; i--) {
      numbers.set(way.commits[i] ?? '', pullRequest.number);
      if (before.get(way.commits[i] ?? '') === baseCommit.oid) {
        ends.set(pullRequest.number, headCommit.oid);
        break;
      }
    }
  }
  return stepsOf(
    way,
    (commit) => numbers.get(commit) ?? null,
    (proposal) => ends.get(proposal) ?? null,
  );
}

const queueQuery = `query ($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) {
    mergeQueue(branch: $branch) {
      entries(first: 100) { nodes { headCommit { oid } baseCommit { oid } pullRequest { number } } }
    }
  }
}`;

const oid = orNull(fields({ oid: commitId }));
const queue = fields({
  repository: orNull(
    fields({
      mergeQueue: orNull(
        fields({
          entries: orNull(
            fields({
              nodes: orNull(
                list(fields({ headCommit: oid, baseCommit: oid, pullRequest: orNull(fields({ number })) })),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

const merged = fields({
  number,
  merged_at: orNull(text),
  merge_commit_sha: orNull(commitId),
  base: fields({ ref: text, repo: fields({ id: number }) }),
});

/** What was merged: each commit is asked about by its id. */
export async function gitHubMerged(repository: GitHubRepository, way: Way): Promise<readonly Step[]> {
  const numbers = new Map<string, number>();
  const ends = new Map<number, string>();
  for (const commit of way.commits) {
    const all = list(merged)(
      await askAll(repository.api, `${repository.path}/commits/${commit}/pulls?per_page=100`),
      'pulls',
    );
    const of = all.filter(
      ({ base, merged_at }) => merged_at !== null && base.repo.id === repository.id && base.ref === way.branch,
    );
    // Several contain a commit where one was built on another: it is of the one that ends with it, else of none for sure.
    const one = of.find(({ merge_commit_sha }) => merge_commit_sha === commit) ?? (of.length === 1 ? of[0] : undefined);
    if (one === undefined) continue;
    numbers.set(commit, one.number);
    if (one.merge_commit_sha !== null) ends.set(one.number, one.merge_commit_sha);
  }
  return stepsOf(
    way,
    (commit) => numbers.get(commit) ?? null,
    (proposal) => ends.get(proposal) ?? null,
  );
}
