import { systemClock } from '../../base/clock.ts';
import { type Api, ask, patience } from '../ask.ts';
import { type Asking, safeRoot } from '../asking.ts';
import { ForgeError } from '../error.ts';
import { fields, number, orNull, text } from '../shape.ts';

/** The model's project at a GitLab. */
export type GitLabProject = {
  readonly api: Api;
  readonly host: string;
  readonly id: number;
  readonly path: string;
  readonly defaultBranch: string | null;
};

/** `root`: `https://gitlab.com/api/v4`; `id`: a number, or `acme/mesh`. Errors: ForgeError. */
export async function gitLabProject(root: string, id: string, asking: Asking): Promise<GitLabProject> {
  const url = safeRoot(root);
  if (id === '' || id.length > 500)
    throw new ForgeError('missing', 'The number of the project, CI_PROJECT_ID, is none.');
  const api: Api = {
    label: `GitLab at ${url.host}`,
    root: url.href.replace(/\/$/, ''),
    headers: asking.token === null ? {} : { 'private-token': asking.token },
    token: asking.token,
    tokenName: 'FREEHOLD_FORGE_TOKEN',
    patience: asking.patience ?? patience,
    clock: asking.clock ?? systemClock,
  };
  const { body } = await ask(api, `/projects/${encodeURIComponent(id)}`);
  const read = fields({ id: number, default_branch: orNull(text) })(body, 'project');
  return { api, host: url.host, id: read.id, path: `/projects/${read.id}`, defaultBranch: read.default_branch };
}
