import { describe, expect, test } from 'vitest';
import { pipelineThatLeavesNothingOpen as pipeline } from '../testing/gitlab-stand-in.ts';
import { judgePipeline } from './pipeline.ts';

const other = 'lint:\n  script: [make lint]\n';

function judged(content: string): readonly string[] {
  return judgePipeline("'gate.yml'", content, 'main', 'freehold').map(
    ({ rule, severity, message }) => `${severity} ${rule}: ${message}`,
  );
}

function changed(from: string, to: string): string {
  expect(pipeline).toContain(from);
  return pipeline.replace(from, to);
}

test('a pipeline that leaves nothing open has no finding, whatever else is in it', () => {
  expect(judged(pipeline)).toEqual([]);
  expect(judged(pipeline + other)).toEqual([]);
});

describe('nothing passes but by the review', () => {
  const request = '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"\n';
  const script = '  script:\n';

  test.each([
    ['a failure that is allowed', changed(script, `  allow_failure: true\n${script}`), 'allow_failure'],
    [
      'a failure that is allowed for some statuses',
      changed(script, `  allow_failure: { exit_codes: 1 }\n${script}`),
      'allow_failure',
    ],
    ['a failure that is allowed by a rule', changed(request, `${request}      allow_failure: true\n`), 'allow_failure'],
    ['no job', other, "has no job 'freehold'"],
    ['another end', changed('--base "$BASE"', '--base "$BASE" || true'), "'||'"],
    ['left out, beside others', changed(request, `${request}      changes: [model/**]\n`) + other, 'changes:'],
    ['not for merge requests, beside others', changed(request, '') + other, 'no rule for merge requests'],
    [
      'never for merge requests',
      changed(request, `${request}      when: never\n`) + other,
      'no rule for merge requests',
    ],
  ])('%s', (_, content, words) => {
    expect(judged(content)).toEqual([expect.stringMatching(/^error gate-passes-unjudged: /)]);
    expect(judged(content).join()).toContain(words);
  });

  test('a job that waits for a person is none that the pipeline waits for', () => {
    expect(
      judged(
        `freehold:\n  when: manual\n  only: [merge_requests]\n  variables: { GIT_STRATEGY: none }\n  script: [freehold review]\n`,
      ),
    ).toEqual([expect.stringMatching(/^error gate-passes-unjudged: .*waits for a person/)]);
  });

  test('where nothing else is in the pipeline there is none without the job, so the merge request waits', () => {
    expect(judged(changed(request, `${request}      changes: [model/**]\n`))).toEqual([
      expect.stringMatching(/^warning gate-not-started: /),
    ]);
  });

  test.each([
    ['what it includes', 'include: [other.yml]\n', 1],
    ['what it extends', 'freehold: { extends: .gate }\n', 1],
    ['what it calls', changed('freehold review', './gate.sh'), 1],
  ])('what is not seen is said: %s', (_, content, count) => {
    expect(judged(content)).toEqual(Array(count).fill(expect.stringMatching(/^warning gate-passes-unjudged: /)));
  });
});

test('a push to another branch is judged by what was there before, so it must not report', () => {
  const open = [expect.stringMatching(/^error gate-on-stale-base: /)];
  expect(judged(changed(' && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH', ''))).toEqual(open);
  expect(
    judged(changed('"push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH', '"push" && $CI_COMMIT_BRANCH == "main"')),
  ).toEqual([]);
});

test('nothing of the merge request is checked out', () => {
  expect(judged(changed('  variables: { GIT_STRATEGY: none }\n', ''))).toEqual([
    expect.stringMatching(/^error gate-run-from-head: .*checks out what the merge request brings/),
  ]);
  expect(judged(changed('    - freehold', '    - git -C mesh checkout FETCH_HEAD\n    - freehold'))).toEqual([
    expect.stringMatching(/^error gate-run-from-head: .*changes its work tree/),
  ]);
});
