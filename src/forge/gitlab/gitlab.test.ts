import { afterAll, describe, expect, test } from 'vitest';
import { gitLabStandIn, type TestRequest } from '../testing/gitlab-stand-in.ts';
import { refusal } from '../testing/stand-in.ts';
import { gitLab } from './gitlab.ts';

const server = await gitLabStandIn();
afterAll(() => server[Symbol.asyncDispose]());
const commit = (digit: string) => digit.repeat(40);
const patience = { triesMs: [1], answerMs: 2000, waitMs: 1000 };
const forge = await gitLab(server.api, '500', { token: server.token, patience });
const project = '/api/v4/projects/500';

async function asked(request: Omit<TestRequest, 'iid' | 'head'>) {
  server.request({ iid: 7, head: commit('a'), ...request });
  return forge.proposal(7);
}

test('a merge request comes from the number of its source project; a branch of the own project from nowhere', async () => {
  expect(await asked({ from: 48213 })).toEqual({
    number: 7,
    head: commit('a'),
    target: 'main',
    origin: {
      host: server.host,
      repository: { id: 48213, name: 'acme/project-48213' },
      approvers: [],
      isOfficial: true,
    },
    notes: [],
  });
  expect((await asked({})).origin.repository).toBeNull();
  expect(await asked({ from: null })).toMatchObject({
    origin: { repository: null },
    notes: [/is gone/].map((one) => expect.stringMatching(one)),
  });
  expect((await asked({ from: 48213, editable: true })).origin.repository).toBeNull();
});

describe('who approves a merge request', () => {
  const late = '2026-03-02T12:00:00.000+02:00';
  test.each<[string, Omit<TestRequest, 'iid' | 'head'>, readonly number[]]>([
    [
      'people, after the last version',
      {
        approvals: [
          { user: 12, at: late },
          { user: 11, at: late },
          { user: 13, at: late },
        ],
      },
      [11, 12, 13],
    ],
    ['not before it', { approvals: [{ user: 11, at: '2026-03-02T10:30:00.000+02:00' }] }, []],
    ['not its author', { author: 11, approvals: [{ user: 11, at: late }] }, []],
    [
      'not who pushed to its branch',
      {
        pushers: [11, 90, 91],
        approvals: [
          { user: 11, at: late },
          { user: 12, at: late },
        ],
      },
      [12],
    ],
    ['no bot', { approvals: [{ user: 11, at: late, isBot: true }] }, []],
  ])('%s', async (_, request, approvers) => {
    expect((await asked(request)).origin.approvers).toEqual(approvers);
  });

  test('nobody where a person wrote the words of a note, or took the approval back', async () => {
    server.request({ iid: 7, head: commit('a'), approvals: [{ user: 11, at: late }] });
    const path = `${project}/merge_requests/7/notes`;
    const note = { body: 'approved this merge request', created_at: late, author: { id: 11 } };
    server.answers.set(path, [{ ...note, system: false }]);
    expect((await forge.proposal(7)).origin.approvers).toEqual([]);
    server.answers.set(path, [
      { ...note, system: true },
      { ...note, system: true, body: 'unapproved this merge request' },
    ]);
    expect((await forge.proposal(7)).origin.approvers).toEqual([]);
  });

  test('nobody where GitLab takes approvals of authors, or does not say who pushed', async () => {
    const before = server.answers.get(`${project}/approvals`);
    server.answers.set(`${project}/approvals`, {
      merge_requests_author_approval: true,
      merge_requests_disable_committers_approval: true,
    });
    const open = await asked({ approvals: [{ user: 11, at: late }] });
    expect([open.origin.approvers, open.notes]).toEqual([
      [],
      [expect.stringMatching(/Prevent approvals by users who add commits/)],
    ]);
    server.answers.set(`${project}/approvals`, before);
    server.request({ iid: 7, head: commit('a'), approvals: [{ user: 11, at: late }] });
    server.answers.set(`${project}/events`, refusal(403, 'no'));
    const blind = await forge.proposal(7);
    expect([blind.origin.approvers, blind.notes]).toEqual([[], [expect.stringMatching(/does not say who pushed/)]]);
  });
});

test('the way of a branch is what the merge train says, or what was merged', async () => {
  const way = { base: commit('0'), branch: 'main', commits: ['1', '2', '3'].map(commit) };
  server.answers.set(`${project}/merge_trains/main`, [
    { merge_request: { iid: 5 }, pipeline: { sha: commit('1') }, target_branch: 'main' },
    { merge_request: { iid: 6 }, pipeline: null, target_branch: 'main' },
    { merge_request: { iid: 7 }, pipeline: { sha: commit('3') }, target_branch: 'main' },
  ]);
  expect((await forge.steps(way, 'queue')).map(({ proposal }) => proposal)).toEqual([5, null, 7]);
  const merged = (iid: number, end: string, more: object = {}) => ({
    iid,
    state: 'merged',
    target_branch: 'main',
    target_project_id: 500,
    sha: commit(end),
    merge_commit_sha: commit(end),
    squash_commit_sha: null,
    ...more,
  });
  const of = (digit: string, ...all: object[]) =>
    server.answers.set(`${project}/repository/commits/${commit(digit)}/merge_requests`, all);
  of('1', merged(21, '2'));
  of('2', merged(21, '2'), merged(30, '9'));
  of('3', merged(22, '3', { state: 'opened' }));
  expect(await forge.steps(way, 'merged')).toEqual([
    { head: commit('2'), proposal: 21 },
    { head: commit('3'), proposal: null },
  ]);
  server.branch('main', commit('c'));
  expect(await forge.tip('main')).toBe(commit('c'));
});

test('the gate is enforced where settings leave nothing open; each that does is a finding', async () => {
  const branch = { push_access_levels: [{ access_level: 0, deploy_key_id: null }], allow_force_push: false };
  server.answers.set(`${project}/protected_branches/main`, branch);
  expect(await forge.enforcement(null, 'freehold')).toEqual({ branch: 'main', findings: [] });
  const rules = async () => (await forge.enforcement(null, 'freehold')).findings.map(({ rule }) => rule);
  server.answers.set(`${project}/protected_branches/main`, {
    push_access_levels: [{ access_level: 40, deploy_key_id: null }],
    allow_force_push: true,
  });
  server.answers.set(project, {
    id: 500,
    default_branch: 'main',
    only_allow_merge_if_pipeline_succeeds: false,
    merge_method: 'merge',
    ci_config_path: null,
  });
  server.answers.set(`${project}/approvals`, { reset_approvals_on_push: false });
  expect((await rules()).sort()).toEqual([
    'gate-approvals-kept',
    'gate-bypassable',
    'gate-bypassable',
    'gate-not-required',
    'gate-on-stale-base',
    'gate-run-from-head',
  ]);
  server.answers.delete(`${project}/protected_branches/main`);
  expect(await rules()).toContain('gate-bypassable');
});

test('variables of a pipeline say where to ask: who may push must not be who sets them', async () => {
  const branch = { push_access_levels: [{ access_level: 0, deploy_key_id: null }], allow_force_push: false };
  server.answers.set(`${project}/protected_branches/main`, branch);
  server.answers.set(`${project}/approvals`, { reset_approvals_on_push: true });
  const found = async (isRestricted: boolean | undefined, role: string | undefined) => {
    server.answers.set(project, {
      id: 500,
      default_branch: 'main',
      only_allow_merge_if_pipeline_succeeds: true,
      merge_method: 'ff',
      ci_config_path: 'freehold.gitlab-ci.yml@acme/ci:main',
      restrict_user_defined_variables: isRestricted,
      ci_pipeline_variables_minimum_override_role: role,
    });
    return (await forge.enforcement(null, 'freehold')).findings.map(({ rule, message }) => `${rule}: ${message}`);
  };
  const open = [expect.stringMatching(/^gate-bypassable: .*set the variables of a pipeline/)];
  expect(await found(false, 'no_one_allowed')).toEqual(open);
  expect(await found(true, 'developer')).toEqual(open);
  expect(await found(true, 'maintainer')).toEqual([]);
  expect(await found(true, 'no_one_allowed')).toEqual([]);
  // One that does not say has no such setting.
  expect(await found(undefined, undefined)).toEqual([]);
});

test("the pipeline's file is judged where the token may read it, and said to be unseen where not", async () => {
  const branch = { push_access_levels: [{ access_level: 0, deploy_key_id: null }], allow_force_push: false };
  server.answers.set(`${project}/protected_branches/main`, branch);
  const found = async (path: string) => {
    server.answers.set(project, {
      id: 500,
      default_branch: 'main',
      only_allow_merge_if_pipeline_succeeds: true,
      merge_method: 'ff',
      ci_config_path: path,
    });
    return (await forge.enforcement(null, 'freehold')).findings.map(({ rule, severity }) => `${severity} ${rule}`);
  };
  expect(await found('freehold.gitlab-ci.yml@acme/ci')).toEqual([]);
  expect(await found('freehold.gitlab-ci.yml@acme/secret:main')).toEqual(['warning gate-passes-unjudged']);
  expect(await found('https://ci.acme.example/freehold.yml')).toEqual(['warning gate-passes-unjudged']);
  server.answers.set('/api/v4/projects/acme%2Fci/repository/files/ci%2Fother.yml', {
    encoding: 'base64',
    content: btoa('other: { script: [true] }'),
  });
  expect(await found('ci/other.yml@acme/ci:v1')).toEqual(['error gate-passes-unjudged']);
});
