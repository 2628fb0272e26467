import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import { gitHubStandIn, type TestPull } from '../testing/github-stand-in.ts';
import { refusal } from '../testing/stand-in.ts';
import { gitHub } from './github.ts';

const server = await gitHubStandIn();
afterAll(() => server[Symbol.asyncDispose]());
const commit = (digit: string) => digit.repeat(40);
const slept: number[] = [];
const clock: Clock = { nowMs: () => 1_772_000_000_000, sleep: async (ms) => void slept.push(ms) };
const patience = { triesMs: [10, 20, 30], answerMs: 300, waitMs: 5000 };
const forge = await gitHub(server.root, 'acme/mesh', { token: server.token, patience, clock });

beforeEach(() => {
  slept.length = 0;
  server.troubles.length = 0;
});

/** What the forge makes of a pull request from a branch of the model's own repository that user 90 opened. */
async function asked(pull: Omit<TestPull, 'number' | 'head'> & { head?: string }) {
  server.pull({ number: 7, head: commit('a'), ...pull });
  return forge.proposal(7);
}

describe('where a pull request comes from', () => {
  test('is the number of its head repository; the name is a label', async () => {
    expect(await asked({ from: 48213 })).toEqual({
      number: 7,
      head: commit('a'),
      target: 'main',
      origin: {
        host: server.host,
        repository: { id: 48213, name: 'acme/repository-48213' },
        approvers: [],
        isOfficial: true,
      },
      notes: [],
    });
  });

  test("is nowhere for a branch of the model's own repository, and for a fork that is gone", async () => {
    expect((await asked({ from: 500 })).origin.repository).toBeNull();
    const gone = await asked({ from: null });
    expect([gone.origin.repository, gone.notes]).toEqual([null, [expect.stringMatching(/is gone/)]]);
  });

  test('is nowhere where others than its owners can push to its branch', async () => {
    const editable = await asked({ from: 48213, editable: true });
    expect([editable.origin.repository, editable.notes]).toEqual([
      null,
      [expect.stringMatching(/'Allow edits by maintainers' is on/)],
    ]);
  });

  test('is asked of the repository as it was renamed to: the number stays', async () => {
    server.answers.set('/repos/acme/old-mesh', server.answers.get('/repositories/500'));
    server.troubles.push({ kind: 'elsewhere', to: '/repositories/500' });
    const renamed = await gitHub(server.root, 'acme/mesh-of-old', { token: server.token, patience, clock });
    server.pull({ number: 7, head: commit('a'), from: 48213 });
    expect((await renamed.proposal(7)).origin.repository?.id).toBe(48213);
  });
});

describe('who approves', () => {
  const approve = (user: number | null, more: object = {}) => ({ user, state: 'APPROVED', ...more });
  const cases: readonly [string, Omit<TestPull, 'number' | 'head'>, readonly number[]][] = [
    ['two people', { reviews: [approve(12), approve(11)] }, [11, 12]],
    ['nobody, for another commit', { reviews: [approve(11, { commit: commit('b') })] }, []],
    ['not its author', { author: 11, reviews: [approve(11)] }, []],
    [
      'not the author of a commit',
      { commits: [{ sha: commit('a'), author: 11, committer: 90 }], reviews: [approve(11)] },
      [],
    ],
    [
      'not the committer of one',
      { commits: [{ sha: commit('a'), author: 90, committer: 11 }], reviews: [approve(11)] },
      [],
    ],
    [
      'not the author of one on the third page',
      {
        commits: ['1', '2', '3', '4', '5'].map((digit) => ({ sha: commit(digit), author: digit === '5' ? 11 : 90 })),
        reviews: [approve(11), approve(12)],
      },
      [12],
    ],
    ['not who pushed to its branch', { pushers: [90, 91, 11], reviews: [approve(11), approve(12)] }, [12]],
    [
      'who merged it and took its branch away',
      { mergedAt: '2026-03-02T12:00:00Z', removedBy: 11, reviews: [approve(11)] },
      [11],
    ],
    ['no bot', { reviews: [approve(11, { type: 'Bot' }), approve(12, { type: 'Mannequin' })] }, []],
    ['no account that is gone', { reviews: [approve(null)] }, []],
    ['not who asked for changes since', { reviews: [approve(11), { user: 11, state: 'CHANGES_REQUESTED' }] }, []],
    ['not whose review was dismissed', { reviews: [{ user: 11, state: 'DISMISSED' }] }, []],
    ['who approved since', { reviews: [{ user: 11, state: 'CHANGES_REQUESTED' }, approve(11)] }, [11]],
    ['who commented since', { reviews: [approve(11), { user: 11, state: 'COMMENTED' }] }, [11]],
    ['not a pending review', { reviews: [{ user: 11, state: 'PENDING' }] }, []],
    ['not after the merge', { mergedAt: '2026-03-02T10:00:00Z', reviews: [approve(12), approve(11)] }, [12]],
    [
      'in the order of time, whatever the order of the list',
      {
        reviews: [
          approve(11, { at: '2026-03-02T12:00:00Z' }),
          { user: 11, state: 'CHANGES_REQUESTED', at: '2026-03-02T11:00:00Z' },
        ],
      },
      [11],
    ],
    ['whoever approves a fork', { from: 77, reviews: [approve(11)] }, [11]],
  ];
  test.each(cases)('%s', async (_, pull, approvers) => {
    expect((await asked(pull)).origin.approvers).toEqual(approvers);
  });

  test.each<[string, Omit<TestPull, 'number' | 'head'>, RegExp]>([
    ['a commit is by no account', { commits: [{ sha: commit('a'), author: null }] }, /belongs to no account/],
    ['not all commits are named', { count: 251 }, /1 of its 251 commits/],
    ['pushes are not shown', { from: 77, pushers: null }, /does not say who pushed to acme\/repository-77/],
    ['pushes are not shown at all', { pushers: [] }, /does not say who pushed/],
    ['nothing but the end of the branch is shown', { pushers: [], removedBy: 12 }, /does not say who pushed/],
  ])('nobody where %s, and it is said why', async (_, pull, why) => {
    server.answers.delete('/repositories/77/activity');
    const { origin, notes } = await asked({ ...pull, reviews: [approve(11)] });
    expect([origin.approvers, notes]).toEqual([[], [expect.stringMatching(why)]]);
  });
});

describe('a forge that does not answer as it should', () => {
  test('is asked again where that may pass: an error of its own, a connection cut, nonsense, silence', async () => {
    server.pull({ number: 7, head: commit('a') });
    for (const trouble of [
      { kind: 'status', status: 502 },
      { kind: 'cut' },
      { kind: 'garbage' },
      { kind: 'delay', ms: 600 },
      { kind: 'status', status: 429, headers: { 'retry-after': '2' } },
      { kind: 'status', status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1772000003' } },
    ] as const) {
      server.troubles.push(trouble);
      expect((await forge.proposal(7)).head, trouble.kind).toBe(commit('a'));
    }
    expect(slept).toEqual([10, 10, 10, 10, 2000, 3000]);
  });

  test.each([
    [
      'errors on and on',
      { kind: 'status', status: 503 },
      /did not answer \/repositories\/500\/pulls\/7: it has status 503\. .*try again later/,
    ],
    ['sends nonsense', { kind: 'garbage' }, /what came is no JSON/],
    ['cuts off', { kind: 'cut' }, /terminated|other side closed|aborted|ECONNRESET/],
    ['is silent', { kind: 'delay', ms: 500 }, /no answer within 0\.3 s/],
    ['sends elsewhere', { kind: 'elsewhere', to: 'https://evil.example/' }, /sends on to another host, evil\.example/],
    [
      'wants a pause longer than we have',
      { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
      /limit of requests/,
    ],
  ] as const)('in the end is an error that says so: it %s', async (_, trouble, said) => {
    server.troubles.push(...Array.from({ length: 4 }, () => trouble));
    await expect(forge.proposal(7)).rejects.toThrow(said);
  });

  test('refuses a wrong token, which is in no message', async () => {
    const wrong = gitHub(server.root, 'acme/mesh', { token: 'ghs_wrongSecret', patience, clock });
    await expect(wrong).rejects.toThrow(
      /refuses \/repos\/acme\/mesh \(status 401: 'Bad credentials'\)\. Is the token in GITHUB_TOKEN/,
    );
    await expect(wrong).rejects.not.toThrow(/wrongSecret/);
    server.troubles.push({ kind: 'status', status: 422, body: `{"message":"bad token ${server.token}"}` });
    await expect(forge.proposal(7)).rejects.toThrow(/status 422: 'bad token \*\*\*'/);
  });

  test('knows no such pull request, or gives another one', async () => {
    await expect(forge.proposal(8)).rejects.toThrow(/knows nothing at \/repositories\/500\/pulls\/8/);
    server.pull({ number: 9, head: commit('a') });
    server.answers.set('/repositories/500/pulls/8', server.answers.get('/repositories/500/pulls/9'));
    await expect(forge.proposal(8)).rejects.toThrow(/another pull request than 8/);
    server.answers.set('/repositories/500/pulls/8', { number: 8, head: { sha: 'main; rm -rf /' } });
    await expect(forge.proposal(8)).rejects.toThrow(/makes no sense: pull request 8\.commits should be a whole number/);
  });

  test('is asked over https only, and by a name that is one', async () => {
    for (const root of ['http://github.example/api/v3', 'ftp://x', 'nonsense', 'https://me:secret@github.example'])
      await expect(gitHub(root, 'acme/mesh', { token: 'x' }), root).rejects.toThrow(/must begin with https:\/\//);
    for (const name of ['acme', 'acme/mesh/..', '../..', 'acme/me sh', 'acme/mesh?x=1'])
      await expect(gitHub(server.root, name, { token: 'x' }), name).rejects.toThrow(/is none such as acme\/mesh/);
  });
});

describe('the way of a branch', () => {
  const way = { base: commit('0'), branch: 'main', commits: ['1', '2', '3', '4'].map(commit) };
  const entry = (base: string, head: string, number: number) => ({
    headCommit: { oid: commit(head) },
    baseCommit: { oid: commit(base) },
    pullRequest: { number },
  });
  const queued = (...nodes: unknown[]) =>
    server.answers.set('/graphql', { data: { repository: { mergeQueue: { entries: { nodes } } } } });

  test('through a merge queue is what the queue says, with as many commits each as it has', async () => {
    queued(entry('0', '1', 5), entry('1', '3', 6), entry('3', '4', 7), entry('4', '5', 8));
    expect(await forge.steps(way, 'queue')).toEqual([
      { head: commit('1'), proposal: 5 },
      { head: commit('3'), proposal: 6 },
      { head: commit('4'), proposal: 7 },
    ]);
  });

  test('has steps of nobody where the queue does not account for a commit', async () => {
    queued(entry('0', '1', 5), entry('2', '4', 7));
    expect(await forge.steps(way, 'queue')).toEqual([
      { head: commit('1'), proposal: 5 },
      { head: commit('2'), proposal: null },
      { head: commit('4'), proposal: 7 },
    ]);
    server.answers.set('/graphql', { data: { repository: { mergeQueue: null } } });
    expect((await forge.steps(way, 'queue')).map(({ proposal }) => proposal)).toEqual([null, null, null, null]);
    server.answers.set('/graphql', { data: null, errors: [{ message: 'no' }] });
    await expect(forge.steps(way, 'queue')).rejects.toThrow(/merge queue/);
  });

  test('that was merged is what its commits are of: merged, into this branch, to the end', async () => {
    server.pull({ number: 21, head: commit('8'), mergedAt: '2026-03-03T00:00:00Z', mergeCommit: commit('1') });
    server.pull({
      number: 22,
      head: commit('3'),
      mergedAt: '2026-03-03T00:00:00Z',
      mergeCommit: commit('3'),
      commits: [
        { sha: commit('2'), author: 90 },
        { sha: commit('3'), author: 90 },
      ],
    });
    server.answers.set(`/repositories/500/commits/${commit('4')}/pulls`, []);
    expect(await forge.steps(way, 'merged')).toEqual([
      { head: commit('1'), proposal: 21 },
      { head: commit('3'), proposal: 22 },
      { head: commit('4'), proposal: null },
    ]);
    // Open, or into another branch: pushing what it proposes is not merging it.
    server.pull({ number: 22, head: commit('3'), mergedAt: null, mergeCommit: commit('3') });
    server.pull({
      number: 21,
      head: commit('8'),
      mergedAt: '2026-03-03T00:00:00Z',
      mergeCommit: commit('1'),
      target: 'release',
    });
    expect(
      (await forge.steps({ ...way, commits: [commit('1'), commit('3')] }, 'merged')).map((one) => one.proposal),
    ).toEqual([null, null]);
  });

  test('begins at the commit that the branch is at', async () => {
    server.branch('feature/a', commit('c'));
    expect(await forge.tip('feature/a')).toBe(commit('c'));
    await expect(forge.tip('nowhere')).rejects.toThrow(/knows nothing/);
  });
});

describe('is the gate enforced', () => {
  const workflow = `on: { pull_request_target: { branches: [main], types: [opened, synchronize, reopened, edited] }, merge_group: {}, push: { branches: [main] } }
permissions: { contents: read, pull-requests: read }
jobs:
  freehold:
    steps:
      - uses: actions/checkout@v4
        with: { ref: main, persist-credentials: false }
      - run: git fetch origin x && npx freehold review --base HEAD
`;
  const protection = {
    required_status_checks: { strict: true, checks: [{ context: 'freehold', app_id: 15368 }] },
    enforce_admins: { enabled: true },
    allow_force_pushes: { enabled: false },
  };
  const set = (path: string, body: unknown) => server.answers.set(`/repositories/500/${path}`, body);
  beforeEach(() => {
    set('branches/main/protection', protection);
    set('rules/branches/main', [{ type: 'workflows', ruleset_id: 1 }]);
    set('contents/.github/workflows', [{ name: 'freehold.yml', path: '.github/workflows/freehold.yml', type: 'file' }]);
    set('contents/.github/workflows/freehold.yml', { encoding: 'base64', content: btoa(workflow) });
  });
  const open = async () =>
    (await forge.enforcement(null, 'freehold')).findings.map(({ rule, severity }) => `${severity} ${rule}`);

  test('by branch protection that leaves nothing open', async () => {
    expect(await forge.enforcement(null, 'freehold')).toEqual({ branch: 'main', findings: [] });
  });

  test('not where the check is missing, of any app, for others than administrators, on a stale base', async () => {
    set('branches/main/protection', { ...protection, required_status_checks: { strict: true, checks: [] } });
    expect(await open()).toEqual(['error gate-not-required']);
    set('branches/main/protection', refusal(404, 'Branch not protected'));
    expect(await open()).toEqual(['error gate-not-required']);
    set('rules/branches/main', []);
    set('branches/main/protection', {
      required_status_checks: { strict: false, checks: [{ context: 'freehold', app_id: null }] },
      enforce_admins: { enabled: false },
      allow_force_pushes: { enabled: true },
    });
    expect((await open()).sort()).toEqual([
      'error gate-bypassable',
      'error gate-bypassable',
      'error gate-not-bound',
      'error gate-on-stale-base',
    ]);
  });

  test('by a ruleset, with a merge queue in place of up-to-date branches; not where somebody may bypass it', async () => {
    set('branches/main/protection', refusal(404, 'Branch not protected'));
    const checks = {
      type: 'required_status_checks',
      ruleset_id: 3,
      parameters: {
        strict_required_status_checks_policy: false,
        required_status_checks: [{ context: 'freehold', integration_id: 15368 }],
      },
    };
    set('rules/branches/main', [checks, { type: 'merge_queue' }, { type: 'non_fast_forward' }, { type: 'workflows' }]);
    set('rulesets/3', { name: 'main', bypass_actors: [] });
    expect(await open()).toEqual([]);
    set('rulesets/3', { name: 'main', bypass_actors: [{ actor_type: 'Team', bypass_mode: 'always' }] });
    expect(await open()).toEqual(['error gate-bypassable']);
    set('rulesets/3', { name: 'main' });
    await expect(open()).rejects.toThrow(/does not show who may bypass Ruleset 'main'/);
    set('rulesets/3', { name: 'main', bypass_actors: [] });
    set('rules/branches/main', [
      checks,
      { type: 'pull_request', parameters: { dismiss_stale_reviews_on_push: false } },
    ]);
    expect((await open()).sort()).toEqual([
      'error gate-bypassable',
      'error gate-on-stale-base',
      'warning gate-approvals-kept',
      'warning gate-not-bound',
    ]);
  });

  test.each([
    ['it runs on pull_request', workflow.replace('pull_request_target', 'pull_request')],
    ['it checks out the head', workflow.replace('ref: main', `ref: "\${{ github.event.pull_request.head.sha }}"`)],
    ['it checks out what a merge group brings', workflow.replace('ref: main, ', '')],
    ['it changes its work tree', workflow.replace('git fetch', 'git checkout FETCH_HEAD && git fetch')],
    ['no workflow has the job', workflow.replace('freehold:', 'other:')],
    ['it is no YAML', ': : :'],
  ])('not where a proposal chooses its judge: %s', async (_, content) => {
    set('contents/.github/workflows/freehold.yml', { encoding: 'base64', content: btoa(content) });
    expect([...new Set(await open())]).toEqual(['error gate-run-from-head']);
  });

  test('not where two jobs report the check: GitHub tells them apart by name alone', async () => {
    const other = { name: 'other.yml', path: '.github/workflows/other.yml', type: 'file' };
    set('contents/.github/workflows', [
      { name: 'freehold.yml', path: '.github/workflows/freehold.yml', type: 'file' },
      other,
    ]);
    set('contents/.github/workflows/other.yml', { encoding: 'base64', content: btoa(workflow) });
    expect((await forge.enforcement(null, 'freehold')).findings.map(({ message }) => message)).toEqual([
      "2 jobs, of '.github/workflows/freehold.yml' and '.github/workflows/other.yml', report the check 'freehold', and GitHub tells them apart by name alone, so a change can pass that nobody judged.",
    ]);
  });

  test('cannot be said where the token may not see it', async () => {
    set('branches/main/protection', refusal(403, 'Resource not accessible by integration'));
    await expect(open()).rejects.toThrow(/status 403: 'Resource not accessible by integration'/);
    set('branches/main/protection', refusal(404, 'Not Found'));
    await expect(open()).rejects.toThrow(/does not show the protection of 'main'/);
  });
});
