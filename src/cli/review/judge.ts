import { engineFacts } from '../../engines/facts.ts';
import { countsOf } from '../../findings/counts.ts';
import type { Finding } from '../../findings/finding.ts';
import { finding, inReadingOrder } from '../../findings/make.ts';
import { type Commit, commit } from '../../git/commits.ts';
import { merge } from '../../git/merge.ts';
import type { Repository } from '../../git/repository.ts';
import { changesBetween, type TreeChange } from '../../git/tree.ts';
import type { Judges } from '../../load/sandbox/judge.ts';
import { sqlWhere } from '../../load/sql-parser.ts';
import { StoreBroken } from '../../load/store/file.ts';
import type { Stores } from '../../load/store/stores.ts';
import type { Origin } from '../../review/origin.ts';
import type { Proposal } from '../../review/proposal.ts';
import { review } from '../../review/review.ts';
import { blockedByBase } from '../../review/unreadable-base.ts';
import type { Phase, Verdict } from '../../review/verdict.ts';
import type { ParseSql } from '../../sql/lineage/tree.ts';
import { UseError } from '../exit.ts';
import { fromRoot, proposalOf } from './proposal.ts';
import type { TreeModel } from './sides.ts';
import { type States, statesOver, statesRead } from './states.ts';

/** One change to judge: from a commit of the branch to what stands there after it. */
export type Step = {
  readonly base: Commit;
  /** The commit that is proposed. */
  readonly head: Commit;
  /** Its merging into base is what is judged; else its own tree, where it is on the branch, or on its way there, already. */
  readonly isMerged: boolean;
  readonly origin: Origin;
  /** Its number at the forge. */
  readonly proposal: number | null;
};

export type Judged = {
  readonly step: Step;
  /** What stands on the branch after it; null where merging has no result. */
  readonly tree: string | null;
  readonly base: TreeModel;
  readonly head: TreeModel | null;
  readonly verdict: Verdict;
  /** What was reviewed; null where it did not come to that. */
  readonly reviewed: Proposal | null;
};

export type Judging = {
  readonly repository: Repository;
  readonly asOfMs: number;
  /** A person says that base has no mesh. */
  readonly bootstrap: boolean;
  /** Absent: nothing is kept from run to run. */
  readonly stores?: Stores | null;
  /** Who reads what differs; absent: started when needed. */
  readonly judges?: Judges;
};

/**
 * Judges one step after the other. What a store holds is not read again; one that turns out to be damaged is removed, and
 * all is judged without, which `note` is told. Errors: GitError, UseError.
 */
export function judgeSteps(
  steps: readonly Step[],
  judging: Judging,
  note: (text: string) => void = () => {},
): Promise<readonly Judged[]> {
  return whileJudged(steps, judging, async (judged) => judged, note);
}

/** The same for who asks the models themselves: `use` is called while they can be, and again where a store was damaged. */
export async function whileJudged<T>(
  steps: readonly Step[],
  judging: Judging,
  use: (judged: readonly Judged[]) => Promise<T>,
  note: (text: string) => void = () => {},
): Promise<T> {
  const { repository, asOfMs, stores = null, judges } = judging;
  const [first] = steps;
  if (stores !== null && first !== undefined) {
    using states = await statesOver(repository, first.base.tree, asOfMs, stores, judges);
    try {
      return await use(await judgeAll(steps, judging, states));
    } catch (error) {
      if (!(error instanceof StoreBroken) || states.over === null) throw error;
      await stores.remove(states.over);
      note(`What was kept of base cannot be relied on (${error.message}), so all of it was read anew.`);
    }
  }
  using states = statesRead(repository, asOfMs);
  return await use(await judgeAll(steps, judging, states));
}

async function judgeAll(steps: readonly Step[], judging: Judging, states: States): Promise<readonly Judged[]> {
  const { repository, asOfMs } = judging;
  const judged: Judged[] = [];
  for (const step of steps) {
    const outcome = step.isMerged
      ? await merge(repository, step.base, step.head)
      : { kind: 'tree' as const, tree: step.head.tree };
    if (outcome.kind !== 'tree') {
      const found =
        outcome.kind === 'conflict'
          ? conflict(
              outcome.files.map((file) => fromRoot(file, repository.prefix)),
              step,
            )
          : unrelated(step);
      const verdict = ended(step, asOfMs, [found]);
      const base = await states.of(step.base.tree);
      judged.push({ step, tree: null, base, head: null, reviewed: null, verdict });
      continue;
    }
    const { tree } = outcome;
    const [changes, base, head] = await Promise.all([
      changesBetween(repository, step.base.tree, tree),
      states.of(step.base.tree),
      states.of(tree),
    ]);
    judged.push({ step, tree, base, head, ...(await reviewed(step, base, head, changes, judging)) });
  }
  return judged;
}

async function reviewed(
  step: Step,
  base: TreeModel,
  head: TreeModel,
  changes: readonly TreeChange[],
  { repository, asOfMs, bootstrap }: Judging,
): Promise<Pick<Judged, 'verdict' | 'reviewed'>> {
  const { prefix } = repository;
  if (bootstrap && base.mesh !== null)
    throw new UseError(
      `Base has the mesh '${base.mesh.name}' already, and --bootstrap is for a branch that has none. Review without it.`,
    );
  const isReadable = head.digest !== null;
  if (!bootstrap && base.digest === null) {
    const paths = changes.map(({ path }) => fromRoot(path, prefix));
    const found = blockedByBase({ mesh: base.mesh, findings: base.loading }, paths, step.origin);
    return { verdict: ended(step, asOfMs, found.length > 0 ? found : head.findings), reviewed: null };
  }
  if (!isReadable) return { verdict: ended(step, asOfMs, head.findings), reviewed: null };
  const pair = {
    base: bootstrap ? null : base,
    head,
    baseCommit: step.base.id,
    headCommit: step.head.id,
    changes,
    prefix,
  };
  const proposal = proposalOf(pair, step.origin);
  return { verdict: review(proposal, engineFacts, { asOfMs, ...(await sqlOfBoth(pair)) }), reviewed: proposal };
}

/** The parser of SQL, where either side has any. */
export async function sqlOfBoth(sides: {
  readonly base: TreeModel | null;
  readonly head: TreeModel;
}): Promise<{ readonly parseSql?: ParseSql }> {
  return sqlWhere(sides.head.hasSql || sides.base?.hasSql === true);
}

/** Of what did not come to a review: the first phase, consistency, has the last word. */
function ended({ origin }: Step, asOfMs: number, findings: readonly Finding[]): Verdict {
  const phase: Phase | null = countsOf(findings).errors > 0 ? 1 : null;
  return {
    verdict: phase === null ? 'pass' : 'blocked',
    phase,
    asOfMs,
    origin,
    changes: [],
    findings: inReadingOrder(findings),
    inherited: [],
    consents: [],
  };
}

function conflict(files: readonly string[], { base }: Step): Finding {
  const [first] = files;
  const names = files.slice(0, 10).map((file) => `'${file}'`);
  const rest = files.length - names.length;
  return finding({
    rule: 'merge-conflict',
    message: `this change conflicts with ${base.id.slice(0, 10)} in ${names.join(', ')}${rest > 0 ? ` and ${rest} more files` : ''}, so there is no result that could be judged.`,
    help: 'Merge the target branch into yours, resolve the conflict, and push.',
    at: first === undefined ? null : { file: first, line: 1, column: 1 },
    related: files.slice(1).map((file) => ({ message: 'conflicts too', at: { file, line: 1, column: 1 } })),
  });
}

function unrelated({ base, head }: Step): Finding {
  return finding({
    rule: 'merge-conflict',
    message: `commit ${head.id.slice(0, 10)} has no commit in common with ${base.id.slice(0, 10)}, so it cannot be merged into it.`,
    help: 'Begin a branch at the target branch, and bring the change to it.',
  });
}

/** The steps of a way: each from the commit before it. */
export async function stepsAlong(
  repository: Repository,
  base: Commit,
  way: readonly { readonly head: string; readonly origin: Origin; readonly proposal: number | null }[],
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  let at = base;
  for (const { head, origin, proposal } of way) {
    const next = await commit(repository, head);
    steps.push({ base: at, head: next, isMerged: false, origin, proposal });
    at = next;
  }
  return steps;
}
