import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { judgedForOtherBranch, notSeen, notStarted, passesUnjudged, runFromHead } from '../enforcement.ts';
import { changesWorkTree, passesOver, runsReview } from '../script.ts';
import { listOf, recordOf, textsOf, wordOf, yamlOf } from '../yaml.ts';

type Yaml = Readonly<Record<string, unknown>>;

/** Words of a pipeline's file that are no jobs. */
const noJobs = new Set(
  'default include stages variables workflow spec image services cache before_script after_script pages'.split(' '),
);

/** `name`: how messages call the file. What it includes or extends cannot be seen, and nothing is claimed of that. */
export function judgePipeline(name: string, content: string, branch: string, check: string): readonly Finding[] {
  const file = recordOf(yamlOf(content));
  const job = recordOf(file[check]);
  if (file[check] === undefined) {
    const what = `${name} has no job '${harmless(check)}'`;
    if (file.include !== undefined)
      return [notSeen(`${what} of its own, so it is not seen how it reviews`, 'Look at what it includes.')];
    return [passesUnjudged(what, 'Put the job there that  freehold init  writes.')];
  }
  const isAlone =
    file.include === undefined &&
    Object.keys(file).every((key) => key === check || noJobs.has(key) || key.startsWith('.'));
  const script = textsOf(job.script).join('\n');
  return [
    ...failureAllowed(name, job),
    ...started(name, job, branch, isAlone),
    ...ofHead(name, job, file, `${textsOf(job.before_script ?? file.before_script).join('\n')}\n${script}`),
    ...review(name, job, script),
  ];
}

function failureAllowed(name: string, job: Yaml): readonly Finding[] {
  const rules = listOf(job.rules).map(recordOf);
  const isAllowed = [job, ...rules].some(({ allow_failure: allowed }) => allowed !== undefined && allowed !== false);
  // By GitLab's default a job that waits for a person may, unless rules say when it does.
  const waits = job.when === 'manual' && job.rules === undefined && job.allow_failure !== false;
  if (isAllowed)
    return [passesUnjudged(`The job of ${name} has  allow_failure:  , so its failure fails nothing`, 'Take it out.')];
  if (!waits) return [];
  return [
    passesUnjudged(
      `The job of ${name} waits for a person ( when: manual ), and the pipeline passes without`,
      'Take it out.',
    ),
  ];
}

/** Is it in every pipeline of a merge request to the branch, and in no other but that of pushes to it? */
function started(name: string, job: Yaml, branch: string, isAlone: boolean): readonly Finding[] {
  if (job.extends !== undefined && job.rules === undefined) return [];
  const found: Finding[] = [];
  const leftOut = (what: string, help: string) =>
    // Where nothing else is in it there is no pipeline without the job, and none is not enough.
    isAlone ? notStarted(what, help) : passesUnjudged(what, help);
  const rules = listOf(job.rules).map(recordOf);
  const runs = rules.filter(({ when }) => when !== 'never');
  if (rules.some((rule) => rule.changes !== undefined || rule.exists !== undefined))
    found.push(
      leftOut(
        `The job of ${name} is left out where its  changes:  or  exists:  hold for no file`,
        'Take them out: a review of what does not touch the model takes seconds.',
      ),
    );
  const isOfRequests =
    job.rules === undefined
      ? textsOf(recordOf(job.only).refs ?? job.only).includes('merge_requests')
      : runs.some((rule) => rule.if === undefined || /merge_request|CI_MERGE_REQUEST/.test(wordOf(rule.if)));
  if (!isOfRequests)
    found.push(
      leftOut(
        `The job of ${name} has no rule for merge requests`,
        'Give it  rules:  with  if: $CI_PIPELINE_SOURCE == "merge_request_event"  .',
      ),
    );
  const isOfAnyPush =
    job.rules === undefined
      ? job.only === undefined ||
        textsOf(recordOf(job.only).refs ?? job.only).some((ref) => ref === 'branches' || ref === 'pushes')
      : runs.some(({ if: condition }) => ofAnyPush(condition, branch));
  if (isOfAnyPush)
    found.push(
      judgedForOtherBranch(
        `The job of ${name} runs on pushes to other branches than '${harmless(branch)}' too, where the last push alone is judged, by what was there before`,
        branch,
        'Give the rule for pushes  && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH  .',
      ),
    );
  return found;
}

/** A condition that names no branch and nothing of merge requests holds for the push of any. */
function ofAnyPush(condition: unknown, branch: string): boolean {
  if (condition === undefined) return true;
  const text = wordOf(condition);
  if (/merge_request_event|CI_MERGE_REQUEST|CI_COMMIT_TAG/.test(text)) return false;
  if (/CI_COMMIT_(BRANCH|REF_NAME)\s*==/.test(text))
    return !(text.includes('CI_DEFAULT_BRANCH') || text.includes(branch));
  return /CI_PIPELINE_SOURCE\s*==\s*["']push/.test(text) || /^\s*\$CI_COMMIT_BRANCH\s*$/.test(text);
}

function ofHead(name: string, job: Yaml, file: Yaml, script: string): readonly Finding[] {
  const found: Finding[] = [];
  const strategy = recordOf(job.variables).GIT_STRATEGY ?? recordOf(file.variables).GIT_STRATEGY;
  if (job.extends === undefined && strategy !== 'none' && strategy !== 'empty')
    found.push(
      runFromHead(
        `The job of ${name} checks out what the merge request brings`,
        'Give it  variables: { GIT_STRATEGY: none }  , and fetch the head as objects, as the template that  freehold init  writes.',
      ),
    );
  if (changesWorkTree(script))
    found.push(
      runFromHead(
        `The job of ${name} changes its work tree with git, perhaps to what the merge request brings`,
        'Fetch the head as objects only; freehold review reads it without a work tree.',
      ),
    );
  return found;
}

function review(name: string, job: Yaml, script: string): readonly Finding[] {
  if (!runsReview(script))
    return [
      notSeen(
        `The job of ${name} does not say  freehold review  , so it is not seen whether it reviews at all`,
        job.extends === undefined ? 'Run  freehold review  in its script.' : 'Look at what it extends.',
      ),
    ];
  // GitLab's runner sets pipefail.
  const how = passesOver(script, true);
  if (how === null) return [];
  return [
    passesUnjudged(
      `In the script of the job of ${name}, ${how}`,
      'Run the review as a command of its own:  --output FILE  writes its report to a file.',
    ),
  ];
}
