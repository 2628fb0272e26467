import { harmless } from '../../findings/harmless.ts';
import { ForgeError } from '../../forge/error.ts';
import type { Forge } from '../../forge/forge.ts';
import { gitHub } from '../../forge/github/github.ts';
import { gitLab } from '../../forge/gitlab/gitlab.ts';
import type { Environment, Occasion } from '../../forge/occasion.ts';
import { type Commit, commit, commitNamed, descends, isHere, stepsBetween } from '../../git/commits.ts';
import { GitError } from '../../git/error.ts';
import type { Repository } from '../../git/repository.ts';
import { noOrigin } from '../../review/origin.ts';
import { UseError } from '../exit.ts';
import { type Step, stepsAlong } from './judge.ts';

/** Steps to judge, and what a person should know of how they came about. */
export type Asked = { readonly steps: readonly Step[]; readonly notes: readonly string[] };

export type Refs = { readonly base: string; readonly head?: string };

/**
 * In continuous integration: which proposal it is about, its forge says, and base and head must be the commits that the
 * forge names, or the verdict would be of something else. Errors: ForgeError, GitError, UseError.
 */
export async function askedOf(occasion: Occasion, forge: Forge, refs: Refs, repository: Repository): Promise<Asked> {
  const { subject } = occasion;
  switch (subject.kind) {
    case 'proposal': {
      const proposed = await forge.proposal(subject.number);
      const base = await baseAt(await forge.tip(proposed.target), proposed.target, refs, repository);
      const head = await headAt(proposed.head, refs, repository);
      const { origin, number, notes } = proposed;
      return { steps: [{ base, head, isMerged: true, origin, proposal: number }], notes };
    }
    case 'queue': {
      const base = await baseAt(await forge.tip(subject.branch), subject.branch, refs, repository);
      const head = await headAt(subject.head, refs, repository);
      return alongBranch(forge, base, head, subject.branch, 'queue', repository);
    }
    case 'merged': {
      const base = await commitNamed(repository, refs.base, '--base');
      const head = await headAt(subject.head, refs, repository);
      const tip = await forge.tip(subject.branch);
      if (tip !== head.id && !((await isHere(repository, tip)) && (await descends(repository, tip, head.id))))
        throw moved(`'${subject.branch}' does not hold ${head.id}, so that push is no longer what stands there.`);
      return alongBranch(forge, base, head, subject.branch, 'merged', repository);
    }
    case 'other':
      throw new UseError(
        `Nothing is proposed in '${harmless(subject.name, 100)}'. Run the review on pull_request_target, merge_group and push (GitHub), or in merge request pipelines (GitLab).`,
      );
  }
}

async function alongBranch(
  forge: Forge,
  base: Commit,
  head: Commit,
  branch: string,
  how: 'queue' | 'merged',
  repository: Repository,
): Promise<Asked> {
  const commits = await stepsBetween(repository, base.id, head.id);
  if (commits === null) {
    const notes = [
      `${head.id} does not follow ${base.id} on its branch (a forced push, or a clone that is too shallow), so the whole of it comes from nobody.`,
    ];
    return { steps: await stepsAlong(repository, base, [{ head: head.id, origin: noOrigin, proposal: null }]), notes };
  }
  if (commits.length > mostCommits)
    throw new UseError(`${commits.length} commits are more than ${mostCommits}, too many to ask the forge about.`);
  const notes: string[] = [];
  const way = [];
  for (const { head: id, proposal } of await forge.steps({ base: base.id, commits, branch }, how)) {
    const proposed = proposal === null ? null : await forge.proposal(proposal);
    if (proposed === null) notes.push(`Commit ${id} is of no proposal that the forge knows, so it comes from nobody.`);
    else if (proposed.target !== branch)
      notes.push(
        `Proposal ${proposed.number} is to another branch than '${harmless(branch)}', so it accounts for nothing here.`,
      );
    notes.push(...(proposed?.notes ?? []));
    const isHis = proposed !== null && proposed.target === branch;
    way.push({ head: id, origin: isHis ? proposed.origin : noOrigin, proposal: isHis ? proposed.number : null });
  }
  return { steps: await stepsAlong(repository, base, way), notes };
}

const mostCommits = 500;

/** The tip of the branch, which must be what was named as base: a verdict against another state is worth nothing. */
async function baseAt(tip: string, branch: string, refs: Refs, repository: Repository): Promise<Commit> {
  const named = await commitNamed(repository, refs.base, '--base');
  if (named.id === tip) return named;
  throw moved(
    `--base is ${named.id}, but '${harmless(branch)}', which the proposal is to, is at ${tip}: it has moved on, or the proposal was pointed at another branch.`,
  );
}

async function headAt(id: string, refs: Refs, repository: Repository): Promise<Commit> {
  if (refs.head !== undefined) {
    const named = await commitNamed(repository, refs.head, '--head');
    if (named.id !== id) throw moved(`--head is ${named.id}, but the forge names ${id}: more was pushed since.`);
  }
  if (await isHere(repository, id)) return commit(repository, id);
  throw new GitError(
    'input',
    `The proposed commit ${id} is not in this clone. Fetch it as objects, without checking it out:  git fetch --no-tags origin ${id}`,
  );
}

function moved(what: string): ForgeError {
  return new ForgeError('moved', `${what} Nothing was judged: run the check again.`);
}

/** The forge of an occasion. */
export function forgeOf(
  { forge, api, repository }: Pick<Occasion, 'forge' | 'api' | 'repository'>,
  environment: Environment,
): Promise<Forge> {
  const first = (...names: readonly string[]) =>
    names.map((name) => environment[name]).find((value) => value !== undefined && value !== '') ?? null;
  return forge === 'github'
    ? gitHub(api, repository, { token: first('FREEHOLD_FORGE_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN') })
    : gitLab(api, repository, { token: first('FREEHOLD_FORGE_TOKEN', 'GITLAB_TOKEN') });
}
