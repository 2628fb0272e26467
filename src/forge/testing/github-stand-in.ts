import { type StandIn, standIn } from './stand-in.ts';

/** A stand-in for GitHub with one repository, `acme/mesh`, number 500. */
export type GitHubStandIn = StandIn & {
  readonly token: string;
  pull(pull: TestPull): void;
  /** The commit that a branch is at. */
  branch(name: string, commit: string): void;
};

export type TestPull = {
  readonly number: number;
  readonly head: string;
  readonly target?: string;
  readonly author?: number;
  /** Repository that it comes from: 500 is the model's own; null: it is gone. */
  readonly from?: number | null;
  readonly branch?: string;
  readonly editable?: boolean;
  readonly mergedAt?: string | null;
  readonly mergeCommit?: string | null;
  /** Reviews, oldest first: who, what, of which commit (absent: the head). */
  readonly reviews?: readonly TestReview[];
  /** Author and committer of each commit: account numbers, null for an address without account. */
  readonly commits?: readonly {
    readonly sha: string;
    readonly author: number | null;
    readonly committer?: number | null;
  }[];
  /** How many commits it says it has. */
  readonly count?: number;
  readonly pushers?: readonly number[] | null;
  /** Who took the branch away after the merge. */
  readonly removedBy?: number;
};

export type TestReview = {
  readonly user: number | null;
  readonly state: string;
  readonly commit?: string;
  readonly at?: string;
  readonly type?: string;
};

export async function gitHubStandIn(): Promise<GitHubStandIn> {
  const token = 'ghs_secretOfTheTest';
  const server = await standIn((request) => request.headers.authorization === `Bearer ${token}`);
  const { answers } = server;
  const about = { id: 500, full_name: 'acme/mesh', default_branch: 'main' };
  answers.set('/repos/acme/mesh', about);
  answers.set('/repositories/500', about);
  return {
    ...server,
    token,
    branch: (name, commit) =>
      void answers.set(`/repositories/500/git/ref/heads/${name}`, {
        ref: `refs/heads/${name}`,
        object: { sha: commit },
      }),
    pull: (pull) => {
      const path = `/repositories/500/pulls/${pull.number}`;
      const author = pull.author ?? 90;
      const from = pull.from === undefined ? 500 : pull.from;
      const branch = pull.branch ?? 'change';
      const commits = pull.commits ?? [{ sha: pull.head, author }];
      const body = {
        number: pull.number,
        user: { id: author, type: 'User' },
        merged_at: pull.mergedAt ?? null,
        merge_commit_sha: pull.mergeCommit ?? null,
        maintainer_can_modify: pull.editable ?? false,
        commits: pull.count ?? commits.length,
        head: {
          sha: pull.head,
          ref: branch,
          repo: from === null ? null : { id: from, full_name: from === 500 ? 'acme/mesh' : `acme/repository-${from}` },
        },
        base: { ref: pull.target ?? 'main', repo: { id: 500 } },
      };
      answers.set(path, body);
      answers.set(
        `${path}/reviews`,
        (pull.reviews ?? []).map(({ user, state, commit, at, type }, i) => ({
          id: 7000 + i,
          user: user === null ? null : { id: user, type: type ?? 'User' },
          state,
          commit_id: commit ?? pull.head,
          submitted_at: at ?? `2026-03-02T10:00:0${i}Z`,
        })),
      );
      answers.set(
        `${path}/commits`,
        commits.map(({ sha, author: wrote, committer }) => ({
          sha,
          author: wrote === null ? null : { id: wrote },
          committer: committer === null ? null : { id: committer ?? wrote ?? author },
        })),
      );
      if (from !== null && pull.pushers !== null)
        answers.set(
          `/repositories/${from}/activity`,
          [
            ...(pull.removedBy === undefined ? [] : [{ id: pull.removedBy, activity_type: 'branch_deletion' }]),
            ...(pull.pushers ?? [author]).map((id) => ({ id, activity_type: 'push' })),
          ].map(({ id, activity_type }) => ({
            ref: `refs/heads/${branch}`,
            actor: { id, type: 'User' },
            activity_type,
          })),
        );
      if (pull.mergeCommit !== undefined && pull.mergeCommit !== null)
        for (const sha of new Set([pull.mergeCommit, ...commits.map((one) => one.sha)]))
          answers.set(`/repositories/500/commits/${sha}/pulls`, [body]);
    },
  };
}
