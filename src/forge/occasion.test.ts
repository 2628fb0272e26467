import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { gitHubSubject, occasionIn } from './occasion.ts';
import { remoteOrigin, typedOrigin } from './typed.ts';

const scratch = mkdtempSync(join(tmpdir(), 'freehold-occasion-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Definition = { readonly name: string; readonly examples: readonly Record<string, unknown>[] };
const require = createRequire(import.meta.url);
const payloads: readonly Definition[] = require('@octokit/webhooks-examples');
const examples = (name: string) => payloads.find((one) => one.name === name)?.examples ?? [];

test('every pull request that GitHub ever sent in the examples is a proposal, by its number', () => {
  const all = examples('pull_request');
  expect(all.length).toBeGreaterThan(20);
  for (const event of all) {
    const subject = { kind: 'proposal', number: event.number };
    expect(gitHubSubject('pull_request_target', event)).toEqual(subject);
    expect(gitHubSubject('pull_request', event)).toEqual(subject);
  }
});

test('a merge group is what waits on its branch, a push what was merged; the queue branch and its name are not believed', () => {
  const [group] = examples('merge_group');
  expect(gitHubSubject('merge_group', group)).toEqual({
    kind: 'queue',
    branch: 'main',
    head: '2ffea6db159f6b6c47a24e778fb9ef40cf6b1c7d',
  });
  const kinds = examples('push').map((event) => gitHubSubject('push', event).kind);
  expect(new Set(kinds)).toEqual(new Set(['merged', 'other']));
  for (const event of examples('push')) {
    const isBranch = String(event.ref).startsWith('refs/heads/') && event.deleted !== true;
    expect(gitHubSubject('push', event).kind).toBe(isBranch ? 'merged' : 'other');
  }
});

test('any other event proposes nothing', () => {
  for (const { name, examples: all } of payloads)
    if (!['pull_request', 'merge_group', 'push'].includes(name))
      for (const event of all) expect(gitHubSubject(name, event)).toEqual({ kind: 'other', name });
});

test('an event that cannot be read, and a variable that is missing, are told', async () => {
  for (const event of [null, 7, 'x', [], {}, { pull_request: null }, { number: '7' }])
    expect(() => gitHubSubject('pull_request_target', event)).toThrow(/names no pull request/);
  const file = join(scratch, 'event.json');
  const start = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', GITHUB_REPOSITORY: 'acme/mesh' };
  await expect(occasionIn(start)).rejects.toThrow(/GITHUB_EVENT_PATH is not set/);
  await expect(occasionIn({ ...start, GITHUB_EVENT_PATH: file })).rejects.toThrow(/cannot be read as JSON/);
  writeFileSync(file, '{"ref":');
  await expect(occasionIn({ ...start, GITHUB_EVENT_PATH: file })).rejects.toThrow(/cannot be read as JSON/);
});

test('GitLab says it in variables, a server of a company its own address', async () => {
  const start = { GITLAB_CI: 'true', CI_API_V4_URL: 'https://git.acme.example/api/v4', CI_PROJECT_ID: '500' };
  const occasion = { forge: 'gitlab', api: 'https://git.acme.example/api/v4', repository: '500' };
  expect(await occasionIn({ ...start, CI_MERGE_REQUEST_IID: '7' })).toEqual({
    ...occasion,
    subject: { kind: 'proposal', number: 7 },
  });
  const train = {
    CI_MERGE_REQUEST_IID: '7',
    CI_MERGE_REQUEST_EVENT_TYPE: 'merge_train',
    CI_COMMIT_SHA: 'a'.repeat(40),
  };
  expect(await occasionIn({ ...start, ...train, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main' })).toEqual({
    ...occasion,
    subject: { kind: 'queue', branch: 'main', head: 'a'.repeat(40) },
  });
  expect(
    await occasionIn({ ...start, CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main', CI_COMMIT_SHA: 'b' }),
  ).toEqual({
    ...occasion,
    subject: { kind: 'merged', branch: 'main', head: 'b' },
  });
  expect(await occasionIn({ ...start, CI_PIPELINE_SOURCE: 'schedule' })).toEqual({
    ...occasion,
    subject: { kind: 'other', name: 'schedule' },
  });
  expect(await occasionIn({})).toBeNull();
});

test('an origin that a person types is a repository by name, or people by number, of one host', () => {
  const unofficial = { host: 'github.com', repository: null, approvers: [], isOfficial: false };
  expect(typedOrigin(['github.com/acme/sales-data'])).toEqual({
    ...unofficial,
    repository: { id: null, name: 'acme/sales-data' },
  });
  expect(typedOrigin(['https://git.acme.example/a/b/c/'])).toEqual({
    ...unofficial,
    host: 'git.acme.example',
    repository: { id: null, name: 'a/b/c' },
  });
  expect(typedOrigin(['github.com/user/11', 'github.com/acme/x', 'github.com/user/21'])).toEqual({
    ...unofficial,
    repository: { id: null, name: 'acme/x' },
    approvers: [11, 21],
  });
  for (const words of [
    ['acme'],
    ['github.com/acme'],
    ['github.com//x'],
    [''],
    ['a.b/c/d', 'e.f/g/h'],
    ['a.b/c/d', 'a.b/e/f'],
  ])
    expect(typedOrigin(words), words.join(' ')).toBeNull();
});

test.each([
  ['git@github.com:acme/mesh.git', 'github.com', 'acme/mesh'],
  ['https://github.com/acme/mesh', 'github.com', 'acme/mesh'],
  ['https://x-token:secret@github.com/acme/mesh.git', 'github.com', 'acme/mesh'],
  ['ssh://git@git.acme.example:2222/group/sub/mesh.git', 'git.acme.example:2222', 'group/sub/mesh'],
  ['https://git.acme.example:8443/a/b/', 'git.acme.example:8443', 'a/b'],
])('the remote %s is a repository of %s', (address, host, name) => {
  expect(remoteOrigin(address)).toEqual({ host, repository: { id: null, name }, approvers: [], isOfficial: false });
});

test.each(['/srv/git/mesh.git', '../mesh', 'file:///srv/mesh', 'C:\\mesh', 'C:/acme/mesh', 'ext::sh -c x', ''])(
  'the remote %s is of no forge',
  (address) => {
    expect(remoteOrigin(address)).toBeNull();
  },
);
