import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { engineFacts } from '../../engines/facts.ts';
import { openRepository } from '../../git/repository.ts';
import { compatibility } from '../../review/compatibility.ts';
import type { Reviewed } from '../commands/approve.ts';
import { UseError } from '../exit.ts';
import { judgeSteps, sqlOfBoth } from './judge.ts';
import { typed } from './typed.ts';

export type ProposedRefs = { readonly base: string; readonly head?: string; readonly dir?: string };

/** A review of this clone as `approve` needs it: with all that breaks, consented to or not. Errors: GitError, UseError. */
export async function reviewedHere(refs: ProposedRefs): Promise<Reviewed> {
  const asOfMs = systemClock.nowMs();
  await using repository = await openRepository(resolve(refs.dir ?? '.'));
  const { steps } = await typed(refs, repository);
  const [judged] = await judgeSteps(steps, { repository, asOfMs, bootstrap: false });
  const { verdict, base, head, reviewed: proposal } = must(judged, 'the one step of a proposal');
  if (proposal === null)
    throw new UseError(
      `The change cannot be reviewed yet, so nothing of it can be approved. See  freehold review --base ${refs.base}`,
    );
  const { parseSql } = await sqlOfBoth({ base, head: must(head, 'what was reviewed') });
  return { verdict, proposal, breaks: compatibility(proposal, engineFacts, asOfMs, parseSql) };
}
