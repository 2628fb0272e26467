import { parse } from 'yaml';
import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { ask } from '../ask.ts';
import { runFromHead } from '../enforcement.ts';
import { fields, list, text } from '../shape.ts';
import type { GitHubRepository } from './repository.ts';

const entries = list(fields({ name: text, path: text, type: text }));
const file = fields({ content: text, encoding: text });

/** Is the job that reports the check run from base, and does it run nothing of head? */
export async function workflowFindings(
  repository: GitHubRepository,
  branch: string,
  check: string,
): Promise<readonly Finding[]> {
  const ref = encodeURIComponent(branch);
  const { status, body } = await ask(repository.api, `${repository.path}/contents/.github/workflows?ref=${ref}`, [404]);
  const files = status === 404 ? [] : entries(body, 'workflows').filter(({ name }) => /\.ya?ml$/.test(name));
  const found: Finding[] = [];
  let reporting = 0;
  for (const { path } of files) {
    const at = path.split('/').map(encodeURIComponent).join('/');
    const { body: content } = await ask(repository.api, `${repository.path}/contents/${at}?ref=${ref}`);
    const read = file(content, path);
    const said = judgeWorkflow(path, Buffer.from(read.content, 'base64').toString('utf8'), check);
    if (said === null) continue;
    reporting++;
    found.push(...said);
  }
  if (reporting > 0) return found;
  return [
    runFromHead(
      `No workflow of '${harmless(branch)}' has a job '${harmless(check)}'`,
      'Commit the workflow that  freehold init  writes, .github/workflows/freehold.yml, to the branch.',
    ),
  ];
}

/** What is wrong with a workflow; null where it does not report the check. */
export function judgeWorkflow(path: string, content: string, check: string): readonly Finding[] | null {
  const workflow = recordOf(yamlOf(content));
  const jobs = Object.entries(recordOf(workflow.jobs)).filter(([id, job]) => (recordOf(job).name ?? id) === check);
  if (jobs.length === 0) return null;
  const events = eventsOf(workflow.on);
  const found: Finding[] = [];
  const name = `Workflow '${harmless(path)}'`;
  if (!events.includes('pull_request_target') || events.includes('pull_request'))
    found.push(
      runFromHead(
        events.includes('pull_request')
          ? `${name} runs on pull_request, whose workflow is the one that the proposal brings`
          : `${name} does not run on pull_request_target`,
        'Run it on pull_request_target (and merge_group, push), as the one that  freehold init  writes.',
      ),
    );
  for (const [, job] of jobs)
    for (const step of listOf(recordOf(job).steps)) {
      const { uses, with: given, run } = recordOf(step);
      const asked = recordOf(given).ref;
      const ref = typeof asked === 'string' ? asked : '';
      if (typeof uses === 'string' && /(^|\/)checkout@/.test(uses) && isOfHead(ref, events))
        found.push(
          runFromHead(
            `${name} checks out ${ref === '' ? "the event's commit" : `'${harmless(ref)}'`}, which is what a proposal brings`,
            'Check out the base alone, and fetch the head as objects:  git fetch origin refs/pull/N/head  .',
          ),
        );
      if (typeof run === 'string' && /\bgit\s+(checkout|switch|reset|merge|worktree)\b/.test(run))
        found.push(
          runFromHead(
            `${name} changes its work tree with git, perhaps to what the proposal brings`,
            'Fetch the head as objects only; freehold review reads it without a work tree.',
          ),
        );
    }
  return found;
}

/** Without a word a checkout is of the event's own commit, which in a merge group is what it brings. */
function isOfHead(ref: string, events: readonly string[]): boolean {
  if (ref === '') return events.includes('merge_group');
  return /pull_request\.head|head_sha|head_ref|merge_commit_sha|github\.sha|refs\/pull\//.test(ref);
}

function eventsOf(on: unknown): readonly string[] {
  if (typeof on === 'string') return [on];
  return Array.isArray(on) ? on.map(String) : Object.keys(recordOf(on));
}

function yamlOf(content: string): unknown {
  try {
    return parse(content, { maxAliasCount: 100 });
  } catch {
    return null;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
