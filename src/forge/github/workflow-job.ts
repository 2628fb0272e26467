import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { notSeen, passesUnjudged, runFromHead } from '../enforcement.ts';
import { changesWorkTree, passesOver, runsReview } from '../script.ts';
import { listOf, recordOf, wordOf } from '../yaml.ts';

type Yaml = Readonly<Record<string, unknown>>;

/** Of the job that reports the check: does it run nothing of the proposal, and pass where the review passed and nowhere else? */
export function jobFindings(name: string, job: Yaml, workflow: Yaml, events: readonly string[]): readonly Finding[] {
  const steps = listOf(job.steps).map(recordOf);
  return [
    ...steps.flatMap((step) => ofProposal(name, step, events)),
    ...skipped(name, job),
    ...withoutReview(name, job, steps),
    ...steps.filter(isReview).flatMap((step) => passedOver(name, step, job, workflow)),
  ];
}

/** What a step brings into the work tree, or into a script, of what the proposer writes. */
function ofProposal(name: string, { uses, with: given, run }: Yaml, events: readonly string[]): readonly Finding[] {
  const found: Finding[] = [];
  const { ref: asked, repository } = recordOf(given);
  const ref = typeof asked === 'string' ? asked : '';
  const isCheckout = typeof uses === 'string' && /(^|\/)checkout@/.test(uses);
  if (isCheckout && (isOfHead(ref, events) || /\.head\.repo|head_repository/.test(wordOf(repository))))
    found.push(
      runFromHead(
        `${name} checks out ${ref === '' ? "the event's commit" : `'${harmless(ref)}'`}, which is what a proposal brings`,
        'Check out the base alone, and fetch the head as objects:  git fetch origin refs/pull/N/head  .',
      ),
    );
  if (typeof run !== 'string') return found;
  if (changesWorkTree(run))
    found.push(
      runFromHead(
        `${name} changes its work tree with git, perhaps to what the proposal brings`,
        'Fetch the head as objects only; freehold review reads it without a work tree.',
      ),
    );
  const [written] = [...run.matchAll(/\$\{\{.*?\}\}/gs)]
    .map(([hole]) => hole)
    .filter((hole) => proposersWords.test(hole));
  if (written !== undefined)
    found.push(
      runFromHead(
        `${name} has '${harmless(written, 100)}' within a script, which runs what the proposer wrote there`,
        'Hand it over in  env:  , and name that variable in the script.',
      ),
    );
  return found;
}

/** Without a word a checkout is of the event's own commit, which in a merge group is what it brings. */
function isOfHead(ref: string, events: readonly string[]): boolean {
  const isQueued = events.includes('merge_group');
  if (ref === '') return isQueued;
  if (isQueued && /github\.ref(_name)?\b/.test(ref)) return true;
  return /pull_request\.head|head_sha|head_ref|merge_commit_sha|github\.sha|refs\/pull\//.test(ref);
}

/** What GitHub fills into a script that a proposer chooses freely: titles, texts, names of branches and authors. */
const proposersWords =
  /github\.head_ref\b|github\.event\.(pull_request\.(title|body|head\.(ref|label)|head\.repo\.(default_branch|description|homepage))|head_commit\b|commits\b|merge_group\.head_commit|issue\.(title|body)|(comment|review)\.body)|toJSON\(\s*github(\.event(\.\w+)*)?\s*\)/i;

/** GitHub counts a job that was skipped as one that passed. */
function skipped(name: string, job: Yaml): readonly Finding[] {
  if (isAlways(job.if)) return [];
  if (job.if !== undefined)
    return [
      passesUnjudged(
        `The job of ${name} is skipped where its  if:  does not hold, and GitHub counts that as passed`,
        'Take the condition out, or say it in  on:  , which leaves the check open.',
      ),
    ];
  if (job.needs === undefined) return [];
  return [
    passesUnjudged(
      `The job of ${name} is skipped where a job that it  needs:  fails, and GitHub counts that as passed`,
      'Take  needs:  out, or add  if: always()  .',
    ),
  ];
}

function isAlways(condition: unknown): boolean {
  const text = wordOf(condition).replaceAll(/\$\{\{|\}\}|\s/g, '');
  return text === 'true' || text === 'always()' || text === '!cancelled()';
}

function isReview({ run }: Yaml): boolean {
  return typeof run === 'string' && runsReview(run);
}

function withoutReview(name: string, job: Yaml, steps: readonly Yaml[]): readonly Finding[] {
  const reviews = steps.filter(isReview);
  if (reviews.length === 0 && !steps.some(({ uses }) => typeof uses === 'string' && /freehold/i.test(uses)))
    return [
      notSeen(
        `The job of ${name} does not say  freehold review  , so it is not seen whether it reviews at all`,
        'Run  freehold review  in a step of its own.',
      ),
    ];
  const found: Finding[] = [];
  // Of several, each for an event of its own, one runs.
  const [only] = reviews;
  if (only !== undefined && reviews.length === 1 && only.if !== undefined && !isAlways(only.if) && !isSuccess(only.if))
    found.push(
      passesUnjudged(
        `The step of ${name} that reviews is skipped where its  if:  does not hold, and the job passes without it`,
        'Take the condition out.',
      ),
    );
  if (job['continue-on-error'] !== undefined && job['continue-on-error'] !== false)
    found.push(
      passesUnjudged(`The job of ${name} has  continue-on-error:  , so that its failure fails nothing`, 'Take it out.'),
    );
  return found;
}

function isSuccess(condition: unknown): boolean {
  return /^(\$\{\{)?\s*success\(\)\s*(\}\})?$/.test(wordOf(condition));
}

function passedOver(name: string, step: Yaml, job: Yaml, workflow: Yaml): readonly Finding[] {
  const found: Finding[] = [];
  if (step['continue-on-error'] !== undefined && step['continue-on-error'] !== false)
    found.push(
      passesUnjudged(
        `The step of ${name} that reviews has  continue-on-error:  , so the job passes where it fails`,
        'Take it out.',
      ),
    );
  const shell = [step, recordOf(recordOf(job.defaults).run), recordOf(recordOf(workflow.defaults).run)]
    .map(({ shell: one }) => one)
    .find((one) => one !== undefined);
  // A shell that is named `bash` has pipefail, one that is not named has not; of others nothing is known.
  const how = passesOver(wordOf(step.run), shell !== undefined && shell !== 'sh');
  if (how !== null)
    found.push(
      passesUnjudged(
        `In the step of ${name} that reviews, ${how}`,
        'Run the review as a command of its own:  --output FILE  writes its report to a file.',
      ),
    );
  return found;
}
