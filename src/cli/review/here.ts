import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { must } from '../../base/must.ts';
import { engineFacts } from '../../engines/facts.ts';
import { openRepository } from '../../git/repository.ts';
import { storesIn } from '../../load/store/stores.ts';
import { cacheDirectory } from '../../load/store/where.ts';
import { compatibility } from '../../review/compatibility.ts';
import type { Reviewed } from '../commands/approve.ts';
import { UseError } from '../exit.ts';
import { sqlOfBoth, whileJudged } from './judge.ts';
import { typed } from './typed.ts';

export type ProposedRefs = { readonly base: string; readonly head?: string; readonly dir?: string };

/**
 * A review of this clone as `approve` needs it: with all that breaks, consented to or not. `use` is called while the models
 * can be asked. Errors: GitError, UseError, and those of `use`.
 */
export async function reviewedHere<T>(
  refs: ProposedRefs,
  use: (reviewed: Reviewed) => Promise<T>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<T> {
  const asOfMs = systemClock.nowMs();
  const root = resolve(refs.dir ?? '.');
  const directory = cacheDirectory(root, environment);
  await using repository = await openRepository(root);
  const { steps } = await typed(refs, repository);
  const stores = directory === null ? null : await storesIn(directory);
  return await whileJudged(steps, { repository, asOfMs, bootstrap: false, stores }, async ([judged]) => {
    const { verdict, base, head, reviewed: proposal } = must(judged, 'the one step of a proposal');
    if (proposal === null)
      throw new UseError(
        `The change cannot be reviewed yet, so nothing of it can be approved. See  freehold review --base ${refs.base}`,
      );
    const { parseSql } = await sqlOfBoth({ base, head: must(head, 'what was reviewed') });
    return use({ verdict, proposal, breaks: compatibility(proposal, engineFacts, asOfMs, parseSql) });
  });
}
