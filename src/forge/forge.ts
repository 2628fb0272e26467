import type { Finding } from '../findings/finding.ts';
import type { Origin } from '../review/origin.ts';

/**
 * A place that hosts repositories and proposals, asked over its own interface. Terms. *proposal*: a pull request of
 * GitHub, a merge request of GitLab. *target*: the branch that a proposal wants to change.
 */
export type Forge = {
  /** Of identity: `github.com`, as owners of the model say it. */
  readonly host: string;
  /** By its number in the model's repository. */
  proposal(number: number): Promise<Proposed>;
  /** The commit that a branch of the model's repository is at. */
  tip(branch: string): Promise<string>;
  /**
   * Commits of a branch's way, oldest first, as steps: which proposal each is of. `queue`: they wait to be merged;
   * `merged`: they were.
   */
  steps(way: Way, how: 'queue' | 'merged'): Promise<readonly Step[]>;
  /** Does the forge enforce the check of this name on the branch? What is open are findings. */
  enforcement(branch: string | null, check: string): Promise<Enforcement>;
};

export type Proposed = {
  readonly number: number;
  /** The commit that is proposed. */
  readonly head: string;
  readonly target: string;
  readonly origin: Origin;
  /** What made an approval or the repository not count, for a person. */
  readonly notes: readonly string[];
};

/** `base`: the commit before the first. */
export type Way = { readonly base: string; readonly commits: readonly string[]; readonly branch: string };

/** Commits up to and with `head` that one proposal accounts for; null: none does, so they come from nobody. */
export type Step = { readonly head: string; readonly proposal: number | null };

export type Enforcement = { readonly branch: string; readonly findings: readonly Finding[] };
