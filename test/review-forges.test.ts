import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { gitHubStandIn, type TestPull } from '../src/forge/testing/github-stand-in.ts';
import { gitLabStandIn } from '../src/forge/testing/gitlab-stand-in.ts';
import { type Edits, type TestRepository, testRepository, withoutGit } from '../src/git/testing/repository.ts';
import { company, readingInvoices, wider, withoutInvoices } from './support/company.ts';
import { reviewed } from './support/reviewed.ts';

const scratch = mkdtempSync(join(tmpdir(), 'freehold-review-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const sales = 'github.com/acme/sales-data';

const hub = withoutGit === null ? await gitHubStandIn() : null;
afterAll(() => hub?.[Symbol.asyncDispose]());

describe.skipIf(hub === null)('on GitHub, of which a stand-in is asked', () => {
  if (hub === null) return;
  const files = company(hub.host);
  const source = testRepository();
  const base = source.commit(files);
  hub.branch('main', base);
  const event = join(scratch, 'event.json');
  const on = (name: string, payload: object) => {
    writeFileSync(event, JSON.stringify(payload));
    return {
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: name,
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: 'acme/mesh',
      GITHUB_API_URL: hub.root,
      GITHUB_TOKEN: hub.token,
    };
  };
  let number = 0;
  const pulled = async (
    edits: Edits,
    pull: Omit<TestPull, 'number' | 'head'>,
    refs: { base?: string; head?: string } = {},
  ) => {
    number++;
    const head = source.branch(`pull-${number}`, base, edits);
    hub.pull({ number, head, ...pull });
    return reviewed({ base: 'main', dir: source.root, ...refs }, on('pull_request_target', { number }));
  };

  test('a change counts as that of the repository that it comes from, by number', async () => {
    const good = await pulled(wider(files), { from: 48213 });
    expect([good.status, good.document?.origin]).toEqual([
      0,
      { host: hub.host, repository: { id: 48213, name: 'acme/repository-48213' }, approvers: [], isOfficial: true },
    ]);
    const other = await pulled(wider(files), { from: 50001 });
    expect([other.status, other.document?.phase]).toEqual([1, 2]);
    expect(other.text).toMatch(/^::error file=retail\/sales\/orders\.ts,line=7,/m);
  });

  test('an event that says another repository is not believed', async () => {
    number++;
    const head = source.branch(`pull-${number}`, base, wider(files));
    hub.pull({ number, head, from: 50001 });
    const lie = { number, pull_request: { number, head: { repo: { id: 48213 } }, base: { ref: 'main' } } };
    expect((await reviewed({ base: 'main', dir: source.root }, on('pull_request_target', lie))).status).toBe(1);
  });

  test('approvers own what their approval is asked for, and only that', async () => {
    const zone = (files['retail/zone.ts'] ?? '').replace("chat: '#sales-data'", "chat: '#sales'");
    const reviews = [{ user: 21, state: 'APPROVED' }];
    expect((await pulled({ 'retail/zone.ts': zone }, { reviews })).found).toEqual([]);
    expect((await pulled({ 'retail/zone.ts': zone }, {})).status).toBe(1);
    expect((await pulled(wider(files), { reviews })).status).toBe(1);
    const own = await pulled({ 'retail/zone.ts': zone }, { reviews, commits: [{ sha: 'a'.repeat(40), author: null }] });
    expect([own.status, own.document?.notes]).toEqual([1, [expect.stringMatching(/belongs to no account/)]]);
  });

  test('what was pushed since, a branch that moved on, and a proposal to another branch are not judged', async () => {
    hub.branch('release', 'f'.repeat(40));
    const retargeted = await pulled(wider(files), { from: 48213, target: 'release' });
    expect([retargeted.status, retargeted.error]).toEqual([
      3,
      expect.stringMatching(/'release'.*pointed at another branch.*run the check again/),
    ]);
    const since = await pulled(wider(files), { from: 48213 }, { head: 'main' });
    expect([since.status, since.error]).toEqual([3, expect.stringMatching(/more was pushed since/)]);
    const absent = on('pull_request_target', { number: 99 });
    hub.pull({ number: 99, head: 'e'.repeat(40), from: 48213 });
    const got = await reviewed({ base: 'main', dir: source.root }, absent);
    expect([got.status, got.error]).toEqual([
      2,
      expect.stringMatching(/not in this clone.*git fetch --no-tags origin e/),
    ]);
  });

  test('no forge, no verdict: exit status 3; and --origin and --bootstrap are for people', async () => {
    const environment = on('pull_request_target', { number: 1 });
    const away = await reviewed({ base: 'main', dir: source.root }, { ...environment, GITHUB_TOKEN: 'wrong' });
    expect([away.status, away.error]).toEqual([3, expect.stringMatching(/status 401/)]);
    const typed = await reviewed({ base: 'main', dir: source.root, origin: [sales] }, environment);
    expect([typed.status, typed.error]).toEqual([2, expect.stringMatching(/--origin is typed by a person/)]);
    const first = await reviewed({ base: 'main', dir: source.root, bootstrap: true }, environment);
    expect([first.status, first.error]).toEqual([2, expect.stringMatching(/--bootstrap is typed by a person/)]);
    const other = await reviewed({ base: 'main', dir: source.root }, on('schedule', {}));
    expect([other.status, other.error]).toEqual([2, expect.stringMatching(/Nothing is proposed in 'schedule'/)]);
  });

  test('a merge group is judged proposal by proposal: two that are wrong together are caught in it', async () => {
    const [less, more] = [
      source.branch('less', base, withoutInvoices(files)),
      source.branch('more', base, readingInvoices(files)),
    ];
    hub.pull({ number: 501, head: less, from: 48213 });
    hub.pull({ number: 502, head: more, from: 50001 });
    for (const [first, second] of [
      [
        { number: 501, head: less },
        { number: 502, head: more },
      ],
      [
        { number: 502, head: more },
        { number: 501, head: less },
      ],
    ] as const) {
      const [one, two] = queued(source, base, [first.head, second.head]);
      hub.answers.set('/graphql', queueOf([base, one, first.number], [one, two, second.number]));
      const group = (head: string) =>
        on('merge_group', { merge_group: { head_sha: head, base_ref: 'refs/heads/main' } });
      const alone = await reviewed({ base: 'main', dir: source.root }, group(one));
      expect([alone.status, alone.document?.steps]).toEqual([0, null]);
      const both = await reviewed({ base: 'main', dir: source.root }, group(two));
      expect(both.status).toBe(1);
      expect(both.document?.steps?.map(({ proposal, verdict }) => [proposal, verdict])).toEqual([
        [first.number, 'pass'],
        [second.number, 'blocked'],
      ]);
    }
  });

  test('a commit that no proposal accounts for comes from nobody', async () => {
    const [one] = queued(source, base, [source.branch('sneaked', base, wider(files))]);
    hub.answers.set('/graphql', queueOf());
    const group = await reviewed(
      { base: 'main', dir: source.root },
      on('merge_group', { merge_group: { head_sha: one, base_ref: 'refs/heads/main' } }),
    );
    expect([group.status, group.document?.origin?.host]).toEqual([1, '']);
    expect(group.document?.notes).toEqual([expect.stringMatching(/is of no proposal that the forge knows/)]);
  });

  test('a push is judged by what it merged', async () => {
    const head = source.branch('merged', base, wider(files));
    const [one] = queued(source, base, [head]);
    hub.branch('main', one);
    hub.pull({ number: 601, head, from: 48213, mergedAt: '2026-03-03T00:00:00Z', mergeCommit: one });
    const push = on('push', { ref: 'refs/heads/main', before: base, after: one });
    const good = await reviewed({ base, dir: source.root }, push);
    expect([good.status, good.document?.origin?.repository?.id]).toEqual([0, 48213]);
    hub.pull({ number: 601, head, from: 50001, mergedAt: '2026-03-03T00:00:00Z', mergeCommit: one });
    expect((await reviewed({ base, dir: source.root }, push)).status).toBe(1);
    const forced = await reviewed({ base: source.git('rev-parse', 'less'), dir: source.root }, push);
    expect([forced.status, forced.document?.notes[0]]).toEqual([1, expect.stringMatching(/forced push/)]);
    hub.branch('main', base);
    const gone = await reviewed({ base, dir: source.root }, push);
    expect([gone.status, gone.error]).toEqual([3, expect.stringMatching(/no longer what stands there/)]);
  });
});

test.skipIf(withoutGit !== null)(
  'on GitLab, of which a stand-in is asked, a merge request counts as that of its project',
  async () => {
    await using lab = await gitLabStandIn();
    const files = company(lab.host);
    const source = testRepository();
    const base = source.commit(files);
    const head = source.branch('change', base, wider(files));
    lab.branch('main', base);
    const environment = {
      GITLAB_CI: 'true',
      CI_API_V4_URL: lab.api,
      CI_PROJECT_ID: '500',
      CI_MERGE_REQUEST_IID: '7',
      FREEHOLD_FORGE_TOKEN: lab.token,
    };
    lab.request({ iid: 7, head, from: 48213 });
    expect((await reviewed({ base: 'main', dir: source.root }, environment)).status).toBe(0);
    lab.request({ iid: 7, head, from: 50001 });
    expect((await reviewed({ base: 'main', dir: source.root }, environment)).status).toBe(1);
  },
);

/** Merges of these on top of base, one after the other, as a queue makes them. */
function queued(source: TestRepository, base: string, heads: readonly string[]): [string, string] {
  const commits: string[] = [];
  source.git('checkout', '--quiet', '--detach', base);
  for (const head of heads) {
    source.git('-c', 'user.name=q', '-c', 'user.email=q@q', 'merge', '--quiet', '--no-ff', '-m', 'queue', head);
    commits.push(source.git('rev-parse', 'HEAD'));
  }
  return [commits[0] ?? '', commits[1] ?? ''];
}

function queueOf(...entries: readonly (readonly [string, string, number])[]): unknown {
  const nodes = entries.map(([base, head, number]) => ({
    baseCommit: { oid: base },
    headCommit: { oid: head },
    pullRequest: { number },
  }));
  return { data: { repository: { mergeQueue: { entries: { nodes } } } } };
}
