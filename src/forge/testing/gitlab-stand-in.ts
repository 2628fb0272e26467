import { type StandIn, standIn } from './stand-in.ts';

/** A stand-in for GitLab with one project, `acme/mesh`, number 500. Its interface is below `/api/v4`. */
export type GitLabStandIn = StandIn & {
  readonly token: string;
  readonly api: string;
  request(request: TestRequest): void;
  branch(name: string, commit: string): void;
};

export type TestRequest = {
  readonly iid: number;
  readonly head: string;
  readonly target?: string;
  readonly author?: number;
  readonly from?: number | null;
  readonly editable?: boolean;
  /** Who approved, and when. */
  readonly approvals?: readonly { readonly user: number; readonly at: string; readonly isBot?: boolean }[];
  /** When the head commit was pushed. */
  readonly pushedAt?: string;
  readonly pushers?: readonly number[];
};

export const pipelineThatLeavesNothingOpen = `freehold:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  variables: { GIT_STRATEGY: none }
  script:
    - freehold review --base "$BASE"
`;

export async function gitLabStandIn(): Promise<GitLabStandIn> {
  const token = 'glpat-secretOfTheTest';
  const server = await standIn((request) => request.headers['private-token'] === token);
  const { answers } = server;
  const project = {
    id: 500,
    path_with_namespace: 'acme/mesh',
    default_branch: 'main',
    only_allow_merge_if_pipeline_succeeds: true,
    allow_merge_on_skipped_pipeline: false,
    merge_method: 'ff',
    merge_trains_enabled: false,
    ci_config_path: 'freehold.gitlab-ci.yml@acme/ci:main',
  };
  answers.set('/api/v4/projects/500', project);
  answers.set('/api/v4/projects/acme%2Fci/repository/files/freehold.gitlab-ci.yml', {
    encoding: 'base64',
    content: btoa(pipelineThatLeavesNothingOpen),
  });
  answers.set('/api/v4/projects/500/approvals', {
    reset_approvals_on_push: true,
    merge_requests_author_approval: false,
    merge_requests_disable_committers_approval: true,
  });
  return {
    ...server,
    token,
    api: `${server.root}/api/v4`,
    branch: (name, commit) =>
      void answers.set(`/api/v4/projects/500/repository/branches/${name}`, { commit: { id: commit } }),
    request: (request) => {
      const path = `/api/v4/projects/500/merge_requests/${request.iid}`;
      const from = request.from === undefined ? 500 : request.from;
      const approvals = request.approvals ?? [];
      answers.set(path, {
        iid: request.iid,
        sha: request.head,
        source_project_id: from,
        target_project_id: 500,
        source_branch: 'change',
        target_branch: request.target ?? 'main',
        author: { id: request.author ?? 90 },
        allow_collaboration: request.editable ?? false,
      });
      if (from !== null && from !== 500)
        answers.set(`/api/v4/projects/${from}`, { path_with_namespace: `acme/project-${from}` });
      answers.set(`${path}/approvals`, { approved_by: approvals.map(({ user }) => ({ user: { id: user } })) });
      answers.set(`${path}/versions`, [
        { head_commit_sha: request.head, created_at: request.pushedAt ?? '2026-03-02T09:00:00.000Z' },
        { head_commit_sha: '0'.repeat(40), created_at: '2026-03-01T09:00:00.000Z' },
      ]);
      answers.set(
        `${path}/notes`,
        approvals.map(({ user, at }) => ({
          system: true,
          body: 'approved this merge request',
          created_at: at,
          author: { id: user },
        })),
      );
      for (const { user, isBot } of approvals) answers.set(`/api/v4/users/${user}`, { id: user, bot: isBot ?? false });
      if (from !== null)
        answers.set(
          `/api/v4/projects/${from}/events`,
          (request.pushers ?? [request.author ?? 90]).map((id, i, all) => ({
            author_id: id,
            push_data: { action: i === all.length - 1 ? 'created' : 'pushed', ref_type: 'branch', ref: 'change' },
          })),
        );
    },
  };
}
