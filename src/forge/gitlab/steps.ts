import { ask, askAll } from '../ask.ts';
import type { Step, Way } from '../forge.ts';
import { commitId, fields, list, number, orNull, text } from '../shape.ts';
import { stepsOf } from '../steps.ts';
import type { GitLabProject } from './project.ts';

/** The commit of a branch. Errors: ForgeError where there is no such branch. */
export async function gitLabTip(project: GitLabProject, branch: string): Promise<string> {
  const { body } = await ask(project.api, `${project.path}/repository/branches/${encodeURIComponent(branch)}`);
  return fields({ commit: fields({ id: commitId }) })(body, 'branch').commit.id;
}

const car = fields({
  merge_request: fields({ iid: number }),
  pipeline: orNull(fields({ sha: commitId })),
  target_branch: text,
});

/** What waits in the merge train, as the train itself says. */
export async function gitLabTrain(project: GitLabProject, way: Way): Promise<readonly Step[]> {
  const path = `${project.path}/merge_trains/${encodeURIComponent(way.branch)}?scope=active&per_page=100`;
  const cars = list(car)(await askAll(project.api, path), 'merge train');
  const numbers = new Map<string, number>();
  for (const { merge_request, pipeline, target_branch } of cars)
    if (pipeline !== null && target_branch === way.branch) numbers.set(pipeline.sha, merge_request.iid);
  return way.commits.map((head) => ({ head, proposal: numbers.get(head) ?? null }));
}

const merged = fields({
  iid: number,
  state: text,
  target_branch: text,
  target_project_id: number,
  sha: commitId,
  merge_commit_sha: orNull(commitId),
  squash_commit_sha: orNull(commitId),
});

/** What was merged: each commit is asked about by its id. */
export async function gitLabMerged(project: GitLabProject, way: Way): Promise<readonly Step[]> {
  const numbers = new Map<string, number>();
  const ends = new Map<number, string>();
  for (const commit of way.commits) {
    const path = `${project.path}/repository/commits/${commit}/merge_requests?per_page=100`;
    const all = list(merged)(await askAll(project.api, path), 'merge requests').filter(
      (one) => one.state === 'merged' && one.target_project_id === project.id && one.target_branch === way.branch,
    );
    const endOf = (one: ReturnType<typeof merged>) => one.merge_commit_sha ?? one.squash_commit_sha ?? one.sha;
    const one = all.find((other) => endOf(other) === commit) ?? (all.length === 1 ? all[0] : undefined);
    if (one === undefined) continue;
    numbers.set(commit, one.iid);
    ends.set(one.iid, endOf(one));
  }
  return stepsOf(
    way,
    (commit) => numbers.get(commit) ?? null,
    (proposal) => ends.get(proposal) ?? null,
  );
}
