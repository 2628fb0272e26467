import type { Asking } from '../asking.ts';
import type { Forge } from '../forge.ts';
import { gitHubEnforcement } from './enforcement.ts';
import { gitHubProposal } from './proposal.ts';
import { gitHubRepository } from './repository.ts';
import { gitHubMerged, gitHubQueue, gitHubTip } from './steps.ts';

/** GitHub, asked about one repository. Errors: ForgeError. */
export async function gitHub(api: string, name: string, asking: Asking): Promise<Forge> {
  const repository = await gitHubRepository(api, name, asking);
  return {
    host: repository.host,
    proposal: (number) => gitHubProposal(repository, number),
    tip: (branch) => gitHubTip(repository, branch),
    steps: (way, how) => (how === 'queue' ? gitHubQueue(repository, way) : gitHubMerged(repository, way)),
    enforcement: (branch, check) => gitHubEnforcement(repository, branch, check),
  };
}
