import type { Asking } from '../asking.ts';
import type { Forge } from '../forge.ts';
import { gitLabEnforcement } from './enforcement.ts';
import { gitLabProject } from './project.ts';
import { gitLabProposal } from './proposal.ts';
import { gitLabMerged, gitLabTip, gitLabTrain } from './steps.ts';

/** GitLab, asked about one project. Errors: ForgeError. */
export async function gitLab(api: string, id: string, asking: Asking): Promise<Forge> {
  const project = await gitLabProject(api, id, asking);
  return {
    host: project.host,
    proposal: (iid) => gitLabProposal(project, iid),
    tip: (branch) => gitLabTip(project, branch),
    steps: (way, how) => (how === 'queue' ? gitLabTrain(project, way) : gitLabMerged(project, way)),
    enforcement: (branch, check) => gitLabEnforcement(project, branch, check),
  };
}
