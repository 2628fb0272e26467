import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { judgedForOtherBranch, mayWrite, notStarted, runFromHead } from '../enforcement.ts';
import { recordOf, textsOf, yamlOf } from '../yaml.ts';
import { jobFindings } from './workflow-job.ts';

/** `hasQueue`: proposals to the branch go through a merge queue. */
export type GateAsked = { readonly branch: string; readonly check: string; readonly hasQueue: boolean };

/** How many of its jobs report the check, and what is wrong with it if any does. */
export function judgeWorkflow(
  path: string,
  content: string,
  asked: GateAsked,
): { readonly jobs: number; readonly findings: readonly Finding[] } {
  const workflow = recordOf(yamlOf(content));
  const jobs = Object.entries(recordOf(workflow.jobs))
    .filter(([id, job]) => (recordOf(job).name ?? id) === asked.check)
    .map(([, job]) => recordOf(job));
  if (jobs.length === 0) return { jobs: 0, findings: [] };
  const name = `Workflow '${harmless(path)}'`;
  const events = eventsOf(workflow.on);
  const findings = [
    ...ofHead(name, events),
    ...otherBranches(name, events, asked.branch),
    ...notReached(name, events, asked),
    ...jobs.flatMap((job) => [
      ...jobFindings(name, job, workflow, [...events.keys()]),
      ...rights(name, job.permissions ?? workflow.permissions),
    ]),
  ];
  return { jobs: jobs.length, findings };
}

/** By name, with its filters. */
type Events = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function eventsOf(on: unknown): Events {
  if (typeof on === 'string' || Array.isArray(on)) return new Map(textsOf(on).map((event) => [event, {}]));
  return new Map(Object.entries(recordOf(on)).map(([event, filters]) => [event, recordOf(filters)]));
}

/** Events whose workflow GitHub takes from the proposal. */
const eventsOfHead = ['pull_request', 'pull_request_review', 'pull_request_review_comment'];

function ofHead(name: string, events: Events): readonly Finding[] {
  const help = 'Run it on pull_request_target (and merge_group, push), as the one that  freehold init  writes.';
  const event = eventsOfHead.find((one) => events.has(one));
  if (event !== undefined)
    return [runFromHead(`${name} runs on ${event}, whose workflow is the one that the proposal brings`, help)];
  return events.has('pull_request_target') ? [] : [runFromHead(`${name} does not run on pull_request_target`, help)];
}

/** A check is of a commit, whatever branch it was judged for: only one branch's proposals and pushes may report it. */
function otherBranches(name: string, events: Events, branch: string): readonly Finding[] {
  const found: Finding[] = [];
  const target = events.get('pull_request_target');
  if (target !== undefined && !isOnly(target, branch) && !typesOf(target).includes('edited'))
    found.push(
      judgedForOtherBranch(
        `${name} judges proposals to other branches than '${harmless(branch)}' too, and not again those that are pointed at another branch (the event type 'edited')`,
        branch,
        `Give pull_request_target both:  branches: [${branch}]  and  types: [opened, synchronize, reopened, edited]  .`,
      ),
    );
  const push = events.get('push');
  const isOfTags = push !== undefined && push.branches === undefined && push['branches-ignore'] === undefined;
  if (push !== undefined && !isOnly(push, branch) && !(isOfTags && (push.tags ?? push['tags-ignore']) !== undefined))
    found.push(
      judgedForOtherBranch(
        `${name} runs on pushes to other branches than '${harmless(branch)}' too, where the last push alone is judged, by what was there before`,
        branch,
        `Give push  branches: [${branch}]  .`,
      ),
    );
  return found;
}

/** What leaves a proposal waiting for a check that never comes. */
function notReached(name: string, events: Events, { branch, hasQueue }: GateAsked): readonly Finding[] {
  const found: Finding[] = [];
  const target = events.get('pull_request_target');
  if (target !== undefined) {
    const types = typesOf(target);
    const missing = [...defaultTypes, 'edited'].filter((type) => !types.includes(type));
    // Without 'edited' and for other branches too it is worse, and said above.
    const wanted = isOnly(target, branch) ? missing : missing.filter((type) => type !== 'edited');
    if (wanted.length > 0)
      found.push(
        notStarted(
          `${name} is not started when ${wanted.map((type) => whenOf[type]).join(', nor when ')}`,
          `Give pull_request_target  types: [opened, synchronize, reopened, edited]  .`,
        ),
      );
  }
  for (const event of ['pull_request_target', 'merge_group']) {
    const filters = events.get(event);
    if (filters === undefined) continue;
    if (!reaches(filters, branch))
      found.push(
        notStarted(
          `${name} is not started on ${event} for '${harmless(branch)}'`,
          `Give ${event}  branches: [${branch}]  .`,
        ),
      );
    if (filters.paths !== undefined || filters['paths-ignore'] !== undefined)
      found.push(
        notStarted(
          `${name} is not started on ${event} where its filter of paths holds for no file of the change`,
          'Take the filter out: a review of what does not touch the model takes seconds.',
        ),
      );
  }
  if (hasQueue && !events.has('merge_group'))
    found.push(notStarted(`${name} is not started in the merge queue`, 'Run it on merge_group too.'));
  return found;
}

const defaultTypes = ['opened', 'synchronize', 'reopened'];
const whenOf: Readonly<Record<string, string>> = {
  opened: 'a proposal is opened',
  synchronize: 'commits are pushed to a proposal',
  reopened: 'a proposal is opened again',
  edited: 'a proposal is pointed at this branch',
};

function typesOf(filters: Readonly<Record<string, unknown>>): readonly string[] {
  return filters.types === undefined ? defaultTypes : textsOf(filters.types);
}

function isOnly({ branches }: Readonly<Record<string, unknown>>, branch: string): boolean {
  const named = textsOf(branches).filter((pattern) => !pattern.startsWith('!'));
  return named.length > 0 && named.every((pattern) => pattern === branch);
}

/** As GitHub's filters do: the last pattern that fits decides. */
function reaches(filters: Readonly<Record<string, unknown>>, branch: string): boolean {
  const { branches, 'branches-ignore': ignored } = filters;
  if (ignored !== undefined && textsOf(ignored).some((pattern) => fits(pattern, branch))) return false;
  if (branches === undefined) return true;
  return textsOf(branches).reduce(
    (is, pattern) => (pattern.startsWith('!') ? is && !fits(pattern.slice(1), branch) : is || fits(pattern, branch)),
    false,
  );
}

function fits(pattern: string, branch: string): boolean {
  const parts = pattern.split(/(\*\*|\*|\?|\+)/).map((part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' || part === '+' ? part : part.replaceAll(/[.\\^$|(){}]/g, '\\$&');
  });
  try {
    return new RegExp(`^${parts.join('')}$`).test(branch);
  } catch {
    // No pattern that we can read: nothing is claimed of it.
    return true;
  }
}

/** Rights to write that let nobody around the gate: they tell of the verdict. */
const harmlessRights = ['checks', 'statuses', 'pull-requests', 'issues', 'security-events'];

function rights(name: string, permissions: unknown): readonly Finding[] {
  const help = 'Give it  permissions: { contents: read, pull-requests: read }  .';
  if (permissions === undefined)
    return [mayWrite(`${name} names no permissions, so its token has those of the repository's setting`, help)];
  if (permissions === 'write-all') return [mayWrite(`${name} has a token with all rights to write`, help)];
  const written = Object.entries(recordOf(permissions))
    .filter(([right, level]) => level === 'write' && !harmlessRights.includes(right))
    .map(([right]) => `'${harmless(right)}'`);
  return written.length === 0 ? [] : [mayWrite(`${name} has a token that may write ${written.join(', ')}`, help)];
}
