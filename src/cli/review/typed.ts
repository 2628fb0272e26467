import { remoteOrigin, typedOrigin } from '../../forge/typed.ts';
import { remoteAddress, uncommitted } from '../../git/clone.ts';
import { commitNamed } from '../../git/commits.ts';
import type { Repository } from '../../git/repository.ts';
import { noOrigin, type Origin } from '../../review/origin.ts';
import { UseError } from '../exit.ts';
import type { Asked, Refs } from './asked.ts';

/**
 * On a person's own machine: base and head as they say, and an origin that nobody vouches for, so the verdict is
 * unofficial. Head is the last commit where they do not say: what is not committed is not judged, and a note says so.
 */
export async function typed(
  refs: Refs & { readonly origin?: readonly string[] },
  repository: Repository,
): Promise<Asked> {
  const base = await commitNamed(repository, refs.base, '--base');
  const head = await commitNamed(repository, refs.head ?? 'HEAD', '--head');
  const notes: string[] = [];
  const origin = refs.origin === undefined ? await fromRemote(repository, notes) : said(refs.origin);
  const left = refs.head === undefined ? await uncommitted(repository) : 0;
  if (left > 0)
    notes.push(
      `${left} ${left === 1 ? 'file differs' : 'files differ'} from the last commit and ${left === 1 ? 'is' : 'are'} not judged. Commit first.`,
    );
  return { steps: [{ base, head, isMerged: true, origin, proposal: null }], notes };
}

function said(words: readonly string[]): Origin {
  const origin = typedOrigin(words);
  if (origin !== null) return origin;
  throw new UseError(
    '--origin is a repository, such as github.com/acme/sales-data, or an approver by number, such as github.com/user/11. Several approvers: --origin more than once, all of one host.',
  );
}

async function fromRemote(repository: Repository, notes: string[]): Promise<Origin> {
  const address = await remoteAddress(repository);
  const origin = address === null ? null : remoteOrigin(address);
  if (origin !== null) return origin;
  notes.push(
    "This clone has no remote 'origin' at a forge, so the change comes from nobody. Say where it would come from:  --origin github.com/acme/sales-data",
  );
  return { ...noOrigin, isOfficial: false };
}
