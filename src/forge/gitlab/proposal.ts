import type { Origin } from '../../review/origin.ts';
import { ask, askAll } from '../ask.ts';
import { ForgeError } from '../error.ts';
import type { Proposed } from '../forge.ts';
import { boolean, commitId, fields, list, number, orNull, text } from '../shape.ts';
import type { GitLabProject } from './project.ts';

/** A merge request of the model's project: what GitLab says of where it is from and who approved it. */
export async function gitLabProposal(project: GitLabProject, iid: number): Promise<Proposed> {
  const { body } = await ask(project.api, `${project.path}/merge_requests/${iid}`);
  const read = mergeRequest(body, `merge request ${iid}`);
  if (read.iid !== iid || read.target_project_id !== project.id)
    throw new ForgeError(
      'garbled',
      `${project.api.label} gave another merge request than ${iid} of project ${project.id}.`,
    );
  const notes: string[] = [];
  return {
    number: iid,
    head: read.sha,
    target: read.target_branch,
    origin: {
      host: project.host,
      repository: await source(read, project, notes),
      approvers: await approvers(read, project, notes),
      isOfficial: true,
    },
    notes,
  };
}

const mergeRequest = fields({
  iid: number,
  sha: commitId,
  source_project_id: orNull(number),
  target_project_id: number,
  source_branch: text,
  target_branch: text,
  author: orNull(fields({ id: number })),
  allow_collaboration: orNull(boolean),
});

type MergeRequest = ReturnType<typeof mergeRequest>;

async function source(
  { source_project_id: id, allow_collaboration }: MergeRequest,
  project: GitLabProject,
  notes: string[],
): Promise<Origin['repository']> {
  if (id === null) {
    notes.push(
      'The project that it comes from is gone, so it comes from nowhere. Open it again from one that is there.',
    );
    return null;
  }
  if (id === project.id) return null;
  if (allow_collaboration === true) {
    notes.push(
      "'Allow commits from members who can merge' is on, so that others than the owners of its project can push to its branch, and it does not count as coming from there. Turn it off and push again.",
    );
    return null;
  }
  const { status, body } = await ask(project.api, `/projects/${id}`, [403, 404]);
  const name =
    status === 200 ? fields({ path_with_namespace: text })(body, 'project').path_with_namespace : `project ${id}`;
  return { id, name };
}

const approvals = fields({ approved_by: list(fields({ user: fields({ id: number }) })) });
const settings = fields({
  merge_requests_author_approval: orNull(boolean),
  merge_requests_disable_committers_approval: orNull(boolean),
});
const version = fields({ head_commit_sha: commitId, created_at: text });
const note = fields({ system: boolean, body: text, created_at: text, author: orNull(fields({ id: number })) });

/**
 * GitLab does not say which accounts wrote a commit; it can be told to take no approval of who did, and only where it is
 * told so do approvals count. Nor does it say for which commit an approval was given: its time must be after that of the
 * last version of the merge request.
 */
async function approvers(request: MergeRequest, project: GitLabProject, notes: string[]): Promise<readonly number[]> {
  const path = `${project.path}/merge_requests/${request.iid}`;
  const { body } = await ask(project.api, `${path}/approvals`);
  const approved = approvals(body, 'approvals').approved_by.map(({ user }) => user.id);
  if (approved.length === 0) return [];
  const { status, body: set } = await ask(project.api, `${project.path}/approvals`, [403, 404]);
  const read = status === 200 ? settings(set, 'settings of approvals') : null;
  if (
    read === null ||
    read.merge_requests_author_approval !== false ||
    read.merge_requests_disable_committers_approval !== true
  ) {
    notes.push(
      "GitLab does not keep authors and committers from approving their own changes here, so no approval counts. Turn on 'Prevent approval by merge request creator' and 'Prevent approvals by users who add commits' (Settings, Merge requests), and let the token read them.",
    );
    return [];
  }
  const since = await lastVersion(request, project);
  if (since === null) return [];
  const said = await lastWords(path, project);
  const current = approved.filter((id) => (said.get(id) ?? '') > since);
  if (current.length === 0) return [];
  const pushers = await pushersOf(request, project);
  if (pushers === null) {
    notes.push(
      `${project.api.label} does not say who pushed to '${request.source_branch}', so no approval counts: an approver could have. Let the token read the events of the project that it comes from.`,
    );
    return [];
  }
  const people: number[] = [];
  for (const id of current)
    if (id !== request.author?.id && !pushers.has(id) && (await isPerson(id, project))) people.push(id);
  return people.sort((a, b) => a - b);
}

/** When the commit that is proposed became so; null where GitLab has not noted it yet. */
async function lastVersion(request: MergeRequest, project: GitLabProject): Promise<string | null> {
  const path = `${project.path}/merge_requests/${request.iid}/versions?per_page=100`;
  const versions = list(version)(await askAll(project.api, path), 'versions');
  const [last] = [...versions].sort((a, b) => (instant(a.created_at) < instant(b.created_at) ? 1 : -1));
  return last !== undefined && last.head_commit_sha === request.sha ? instant(last.created_at) : null;
}

/** When each account last approved, where it did not take that back since. Written by GitLab itself, not by a person. */
async function lastWords(path: string, project: GitLabProject): Promise<ReadonlyMap<number, string>> {
  const notes = list(note)(
    await askAll(project.api, `${path}/notes?per_page=100&sort=asc&order_by=created_at`),
    'notes',
  );
  const approved = new Map<number, string>();
  for (const { system, body, created_at, author } of notes) {
    if (!system || author === null) continue;
    if (body === 'approved this merge request') approved.set(author.id, instant(created_at));
    if (body === 'unapproved this merge request') approved.delete(author.id);
  }
  return approved;
}

const event = fields({
  author_id: number,
  push_data: orNull(fields({ action: text, ref_type: text, ref: orNull(text) })),
});

/** Who ever pushed to the branch, back to its creation; null where that is not shown. */
async function pushersOf(request: MergeRequest, project: GitLabProject): Promise<ReadonlySet<number> | null> {
  if (request.source_project_id === null) return null;
  const path = `/projects/${request.source_project_id}/events?action=pushed&per_page=100&sort=desc`;
  const items = await askAll(project.api, path).catch((error: unknown) => {
    if (error instanceof ForgeError && error.kind !== 'unreachable') return null;
    throw error;
  });
  const pushers = new Set<number>();
  for (const { author_id, push_data } of list(event)(items ?? [], 'events')) {
    if (push_data === null || push_data.ref_type !== 'branch' || push_data.ref !== request.source_branch) continue;
    pushers.add(author_id);
    if (push_data.action === 'created') return pushers;
  }
  return null;
}

async function isPerson(id: number, project: GitLabProject): Promise<boolean> {
  const { body } = await ask(project.api, `/users/${id}`);
  return fields({ bot: orNull(boolean) })(body, 'user').bot === false;
}

/** One form for times that are written with different zones and digits. */
function instant(time: string): string {
  const ms = Date.parse(time);
  if (!Number.isFinite(ms)) throw new ForgeError('garbled', "The forge's answer makes no sense: a time is none.");
  return new Date(ms).toISOString();
}
