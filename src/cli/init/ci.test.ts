import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { judgeWorkflow } from '../../forge/github/workflow.ts';
import { judgePipeline } from '../../forge/gitlab/pipeline.ts';
import { programVersion } from '../version.ts';
import { ciFiles } from './ci.ts';

const texts = new Map(ciFiles('both', programVersion(), '.').map(({ path, text }) => [path, text]));
const workflow = texts.get('.github/workflows/freehold.yml') ?? '';
const template = texts.get('.gitlab/freehold.gitlab-ci.yml') ?? '';

test('the workflow for GitHub leaves a proposal no choice of its judge, and the doctor says so', () => {
  const asked = { branch: 'main', check: 'freehold', hasQueue: true };
  expect(judgeWorkflow('freehold.yml', workflow, asked)).toEqual({ jobs: 1, findings: [] });
});

test('the workflow reads, runs nothing of the head, and installs a pinned program where no file of the repository is seen', () => {
  const { on, permissions, jobs } = parse(workflow);
  expect(Object.keys(on)).toEqual(['pull_request_target', 'merge_group', 'push']);
  expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'read' });
  const [checkout, , install, fetch, review] = jobs.freehold.steps;
  expect(checkout.with).toEqual({ ref: 'main', 'fetch-depth': 0, 'persist-credentials': false, path: 'model' });
  for (const { uses } of jobs.freehold.steps) if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/);
  expect([install['working-directory'], install.run]).toEqual([
    `\${{ runner.temp }}`,
    expect.stringContaining(`--ignore-scripts --omit=dev --omit=optional freehold@${programVersion()}`),
  ]);
  // What GitHub fills in never stands in a script, where it would be read as one.
  for (const { run } of [install, fetch, review]) expect(run).not.toMatch(/\$\{\{/);
  expect(fetch.run).toContain('git fetch --quiet --no-tags --no-recurse-submodules origin "$HEAD"');
  expect(review.run).toMatch(/freehold" review --dir "\$MODEL" --base "\$BASE"$/);
  expect(review.env.MODEL).toBe('.');
});

test('the template for GitLab leaves a merge request no choice of its judge, and the doctor says so', () => {
  expect(judgePipeline('freehold.gitlab-ci.yml', template, 'main', 'freehold')).toEqual([]);
});

test('the template for GitLab checks nothing out, and pins', () => {
  const { freehold } = parse(template);
  expect(freehold.variables.GIT_STRATEGY).toBe('none');
  expect(freehold.script.every((line: unknown) => typeof line === 'string')).toBe(true);
  expect(freehold.script.join('\n')).toContain(`freehold@${programVersion()}`);
  expect(freehold.script.at(-1)).toContain('freehold review --dir "mesh/$model" --base "$BASE"');
  expect(freehold.artifacts.reports.codequality).toBe('freehold.json');
});

test('either, both or none is written', () => {
  const paths = (ci: Parameters<typeof ciFiles>[0]) => ciFiles(ci, '1.2.3', '.').map(({ path }) => path);
  expect(paths('github')).toEqual(['.github/workflows/freehold.yml']);
  expect(paths('gitlab')).toEqual(['.gitlab/freehold.gitlab-ci.yml']);
  expect(paths('none')).toEqual([]);
});
