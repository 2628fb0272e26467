import { describe, expect, test } from 'vitest';
import { judgeWorkflow } from './workflow.ts';

const workflow = `on:
  pull_request_target:
    branches: [main]
    types: [opened, synchronize, reopened, edited]
  merge_group: { branches: [main] }
  push: { branches: [main] }
permissions: { contents: read, pull-requests: read }
jobs:
  freehold:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: { ref: main, persist-credentials: false }
      - run: git fetch origin x
      - name: review
        run: npx freehold review --base HEAD
`;
const asked = { branch: 'main', check: 'freehold', hasQueue: true };

function judged(content: string, more: Partial<typeof asked> = {}): readonly string[] {
  return judgeWorkflow('gate.yml', content, { ...asked, ...more }).findings.map(
    ({ rule, severity, message }) => `${severity} ${rule}: ${message}`,
  );
}

function changed(from: string, to: string): string {
  expect(workflow).toContain(from);
  return workflow.replace(from, to);
}

test('a workflow that leaves nothing open has no finding', () => {
  expect(judged(workflow)).toEqual([]);
  expect(judgeWorkflow('gate.yml', workflow, { ...asked, check: 'other' })).toEqual({ jobs: 0, findings: [] });
});

describe('a verdict for another branch does not count', () => {
  const types = '    types: [opened, synchronize, reopened, edited]\n';
  const branches = '    branches: [main]\n';

  test.each([
    ['neither branches nor the type edited', changed(branches + types, '    {}\n')],
    ['all branches', changed(branches + types, "    branches: ['**']\n")],
    ['two branches', changed(branches + types, '    branches: [main, next]\n')],
    ['others ignored', changed(branches + types, '    branches-ignore: [docs]\n')],
    [
      'a list of events',
      workflow.replace(/on:[\s\S]*?permissions/, 'on: [pull_request_target, merge_group]\npermissions'),
    ],
  ])('where a proposal is pointed at this one: %s', (_, content) => {
    expect(judged(content)).toEqual([
      "error gate-on-stale-base: Workflow 'gate.yml' judges proposals to other branches than 'main' too, and not again those that are pointed at another branch (the event type 'edited'), so a verdict for another branch counts for 'main'.",
    ]);
  });

  test('and each alone closes that: edited judges again, branches judges no other', () => {
    expect(judged(changed(branches, ''))).toEqual([]);
    expect(judged(changed(types, ''))).toEqual([
      "warning gate-not-started: Workflow 'gate.yml' is not started when a proposal is pointed at this branch, so proposals wait there for a check that never comes.",
    ]);
  });

  test.each([
    ['of every branch', 'push: {}'],
    ['of some more', "push: { branches: [main, 'feature/**'] }"],
  ])('where a push %s is judged', (_, push) => {
    expect(judged(changed('push: { branches: [main] }', push))).toEqual([
      expect.stringMatching(/^error gate-on-stale-base: .* runs on pushes to other branches than 'main' too/),
    ]);
  });

  test('a push of tags alone is none of a branch', () => {
    expect(judged(changed('push: { branches: [main] }', "push: { tags: ['v*'] }"))).toEqual([]);
  });
});

test.each([
  [
    'synchronize, reopened',
    'when commits are pushed to a proposal, nor when a proposal is opened again',
    'opened, edited',
  ],
  ['opened', 'when a proposal is opened', 'synchronize, reopened, edited'],
])('a proposal that nothing judges waits forever: types without %s', (_, when, types) => {
  expect(judged(changed('opened, synchronize, reopened, edited', types))).toEqual([
    `warning gate-not-started: Workflow 'gate.yml' is not started ${when}, so proposals wait there for a check that never comes.`,
  ]);
});

test.each([
  [
    'a filter of paths',
    changed('    branches: [main]', '    branches: [main]\n    paths: [model/**]'),
    'filter of paths',
  ],
  ['paths that are ignored', changed('{ branches: [main] }', "{ paths-ignore: ['*.md'] }"), 'filter of paths'],
  ['no word of the queue', changed('merge_group: { branches: [main] }', ''), 'merge queue'],
  ['another branch', changed('merge_group: { branches: [main] }', 'merge_group: { branches: [trunk] }'), "for 'main'"],
  ['this branch not', changed('merge_group: { branches: [main] }', "merge_group: { branches: ['**', '!ma*'] }"), 'for'],
])('a proposal that nothing judges waits forever: %s', (_, content, words) => {
  expect(judged(content)).toEqual([expect.stringContaining('warning gate-not-started: ')]);
  expect(judged(content).join()).toContain(words);
});

test('who has no merge queue needs no event of it', () => {
  expect(judged(changed('merge_group: { branches: [main] }', ''), { hasQueue: false })).toEqual([]);
});

const job = '    runs-on: ubuntu-latest\n';
const review = '        run: npx freehold review --base HEAD\n';

describe('nothing passes but by the review', () => {
  test.each([
    ['a condition of the job', changed(job, `${job}    if: github.event.pull_request.draft == false\n`), 'skipped'],
    ['a job that it needs', changed(job, `${job}    needs: lint\n`), 'needs:'],
    ['a job whose failure is none', changed(job, `${job}    continue-on-error: true\n`), 'continue-on-error'],
    [
      'a step whose failure is none',
      changed(review, `${review}        continue-on-error: true\n`),
      'continue-on-error',
    ],
    ['a condition of the step', changed(review, `${review}        if: github.actor != 'bot'\n`), 'The step'],
    ['another end', changed('--base HEAD', '--base HEAD || true'), "'||'"],
    [
      'another end, on two lines',
      changed(review, `        run: |\n          npx freehold review \\\n            || true\n`),
      "'||'",
    ],
    ['a pipe', changed('--base HEAD', '--base HEAD | tee report'), 'pipe'],
    [
      'no stop',
      changed(review, `        run: |\n          set +e\n          npx freehold review\n          echo done\n`),
      "'set +e'",
    ],
  ])('%s', (_, content, words) => {
    expect(judged(content)).toEqual([expect.stringMatching(/^error gate-passes-unjudged: .*that nobody judged\.$/)]);
    expect(judged(content).join()).toContain(words);
  });

  test.each([
    ['always', changed(job, `${job}    needs: lint\n    if: \${{ always() }}\n`)],
    [
      'a status that is given back',
      changed(review, `        run: |\n          npx freehold review || status=$?\n          exit $status\n`),
    ],
    [
      'a shell that sees the whole pipe',
      changed(review, `        shell: bash\n        run: npx freehold review | tee report\n`),
    ],
    ['a pipe before', changed(review, `        run: |\n          echo x | cat\n          npx freehold review\n`)],
    [
      'a step for each event',
      changed(
        review,
        `        if: github.event_name == 'push'\n${review}      - if: github.event_name != 'push'\n${review}`,
      ),
    ],
    ['an action', changed('run: npx freehold review --base HEAD', 'uses: acme/freehold-review@v1')],
  ])('and is not suspected of it: %s', (_, content) => {
    expect(judged(content)).toEqual([]);
  });

  test('a job that does not say that it reviews is not seen to', () => {
    expect(judged(changed('npx freehold review --base HEAD', './gate.sh'))).toEqual([
      expect.stringMatching(/^warning gate-passes-unjudged: .*does not say {2}freehold review/),
    ]);
  });
});

describe('nothing of the proposal is run', () => {
  test.each([
    ['its workflow', changed('pull_request_target:', 'pull_request:')],
    ['its workflow, at a review', changed('  push:', '  pull_request_review: {}\n  push:')],
    [
      'its fork',
      changed('ref: main', `ref: main, repository: "\${{ github.event.pull_request.head.repo.full_name }}"`),
    ],
    ['its queue', changed('ref: main', `ref: "\${{ github.ref }}"`)],
    ['its tree, by git elsewhere', changed('git fetch origin x', 'git -C model checkout FETCH_HEAD')],
    ['its tree, by the forge', changed('git fetch origin x', 'gh pr checkout 7')],
    ['its tree, by a pull', changed('git fetch origin x', 'git -c core.x=1 pull origin x')],
    ['its title', changed('git fetch origin x', `echo "\${{ github.event.pull_request.title }}"`)],
    ['its branch', changed('git fetch origin x', `git fetch origin \${{ github.head_ref }}`)],
  ])('%s', (_, content) => {
    expect([...new Set(judged(content).map((one) => one.split(':')[0]))]).toEqual(['error gate-run-from-head']);
  });

  test.each([
    ['a look at the graph', changed('git fetch origin x', 'git -C model merge-base HEAD FETCH_HEAD')],
    [
      'a number',
      changed('git fetch origin x', `git fetch origin refs/pull/\${{ github.event.pull_request.number }}/head`),
    ],
    ['the base', changed('ref: main', `ref: "\${{ github.event.pull_request.base.ref }}"`)],
  ])('and is not suspected of it: %s', (_, content) => {
    expect(judged(content)).toEqual([]);
  });
});

test.each([
  ['names no permissions', changed('permissions: { contents: read, pull-requests: read }\n', '')],
  ["may write 'contents'", changed('contents: read', 'contents: write')],
  ['all rights to write', changed('{ contents: read, pull-requests: read }', 'write-all')],
])('a review needs to read alone: %s', (words, content) => {
  expect(judged(content)).toEqual([expect.stringContaining(words)]);
  expect(judged(content)).toEqual([expect.stringMatching(/^warning gate-may-write/)]);
});

test('to tell of the verdict is no right that opens anything', () => {
  expect(judged(changed('pull-requests: read', 'pull-requests: write, checks: write'))).toEqual([]);
});
