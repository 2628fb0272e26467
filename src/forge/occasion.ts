import { readFile } from 'node:fs/promises';
import { ForgeError } from './error.ts';

/**
 * What continuous integration runs us for. The environment and the event's file say where to ask, and are believed in
 * nothing else: who proposes what is the forge's own word.
 */
export type Occasion = {
  readonly forge: 'github' | 'gitlab';
  /** Of its interface: `https://api.github.com`. */
  readonly api: string;
  /** `acme/mesh`, or the number of a project. */
  readonly repository: string;
  readonly subject: Subject;
};

/**
 * `proposal`: a pull or merge request; `queue`: proposals on their way into a branch, up to a commit; `merged`: a branch
 * that has moved to a commit. `other`: none of these, so nothing is proposed; its name is for messages.
 */
export type Subject =
  | { readonly kind: 'proposal'; readonly number: number }
  | { readonly kind: 'queue' | 'merged'; readonly branch: string; readonly head: string }
  | { readonly kind: 'other'; readonly name: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Null outside of continuous integration. Errors: ForgeError where it does not say what it runs us for. */
export async function occasionIn(environment: Environment): Promise<Occasion | null> {
  if (environment.GITHUB_ACTIONS === 'true') return onGitHub(environment);
  if (environment.GITLAB_CI === 'true') return onGitLab(environment);
  return null;
}

async function onGitHub(environment: Environment): Promise<Occasion> {
  const need = needed(environment, 'GitHub Actions');
  const name = need('GITHUB_EVENT_NAME');
  return {
    forge: 'github',
    api: environment.GITHUB_API_URL ?? 'https://api.github.com',
    repository: need('GITHUB_REPOSITORY'),
    subject: gitHubSubject(name, await eventIn(need('GITHUB_EVENT_PATH'))),
  };
}

/** What an event of GitHub is about, by its name and what its file holds. */
export function gitHubSubject(name: string, event: unknown): Subject {
  switch (name) {
    case 'pull_request':
    case 'pull_request_target': {
      const number = member(event, 'number') ?? member(member(event, 'pull_request'), 'number');
      if (typeof number !== 'number') throw unreadable(`of ${name} names no pull request`);
      return { kind: 'proposal', number };
    }
    case 'merge_group': {
      const group = member(event, 'merge_group');
      const [head, target] = [member(group, 'head_sha'), member(group, 'base_ref')];
      if (typeof head !== 'string' || typeof target !== 'string') throw unreadable('of merge_group names no group');
      return { kind: 'queue', branch: branchOf(target), head };
    }
    case 'push': {
      const [head, ref] = [member(event, 'after'), member(event, 'ref')];
      if (typeof head !== 'string' || typeof ref !== 'string') throw unreadable('of push names no branch');
      // The branch was removed, or it is a tag: nothing moved on a branch.
      if (/^0+$/.test(head) || !ref.startsWith('refs/heads/')) return { kind: 'other', name: `push to ${ref}` };
      return { kind: 'merged', branch: branchOf(ref), head };
    }
    default:
      return { kind: 'other', name };
  }
}

function onGitLab(environment: Environment): Occasion {
  const need = needed(environment, 'GitLab CI');
  const iid = environment.CI_MERGE_REQUEST_IID ?? '';
  const start = { forge: 'gitlab' as const, api: need('CI_API_V4_URL'), repository: need('CI_PROJECT_ID') };
  if (environment.CI_MERGE_REQUEST_EVENT_TYPE === 'merge_train') {
    const branch = need('CI_MERGE_REQUEST_TARGET_BRANCH_NAME');
    return { ...start, subject: { kind: 'queue', branch, head: need('CI_COMMIT_SHA') } };
  }
  if (/^[1-9][0-9]*$/.test(iid)) return { ...start, subject: { kind: 'proposal', number: Number(iid) } };
  const branch = environment.CI_COMMIT_BRANCH;
  if (environment.CI_PIPELINE_SOURCE === 'push' && branch !== undefined && branch !== '')
    return { ...start, subject: { kind: 'merged', branch, head: need('CI_COMMIT_SHA') } };
  return { ...start, subject: { kind: 'other', name: environment.CI_PIPELINE_SOURCE ?? 'a pipeline' } };
}

async function eventIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ForgeError(
      'garbled',
      `The file of GITHUB_EVENT_PATH cannot be read as JSON, so it is not known what to review.`,
      {
        cause,
      },
    );
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function branchOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}

function needed(environment: Environment, where: string): (name: string) => string {
  return (name) => {
    const value = environment[name];
    if (value === undefined || value === '')
      throw new ForgeError(
        'missing',
        `This is ${where}, but ${name} is not set, so it is not known what to ask the forge about.`,
      );
    return value;
  };
}

function unreadable(what: string): ForgeError {
  return new ForgeError('garbled', `The event ${what}, so it is not known what to review.`);
}
