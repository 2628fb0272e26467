import { systemClock } from '../../base/clock.ts';
import { type Api, ask, patience } from '../ask.ts';
import { type Asking, safeRoot } from '../asking.ts';
import { ForgeError } from '../error.ts';
import { fields, number, text } from '../shape.ts';

/** The model's repository at GitHub, or at a GitHub of a company's own. */
export type GitHubRepository = {
  readonly api: Api;
  readonly host: string;
  readonly id: number;
  /** Of requests about it; by number, so that renaming it changes nothing. */
  readonly path: string;
  readonly owner: string;
  readonly name: string;
};

/** Errors: ForgeError where the address is none of a GitHub, or it does not know the repository. */
export async function gitHubRepository(root: string, name: string, asking: Asking): Promise<GitHubRepository> {
  const url = safeRoot(root);
  if (!/^[\w.-]+\/[\w.-]+$/.test(name) || name.split('/').some((part) => part === '.' || part === '..'))
    throw new ForgeError('missing', 'The name of the repository, GITHUB_REPOSITORY, is none such as acme/mesh.');
  const host = hostOf(url);
  const api: Api = {
    label: `GitHub at ${host}`,
    root: url.href.replace(/\/$/, ''),
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      ...(asking.token === null ? {} : { authorization: `Bearer ${asking.token}` }),
    },
    token: asking.token,
    tokenName: 'GITHUB_TOKEN',
    patience: asking.patience ?? patience,
    clock: asking.clock ?? systemClock,
  };
  const { body } = await ask(api, `/repos/${name}`);
  const read = fields({ id: number, full_name: text })(body, 'repository');
  const [owner = '', short = ''] = read.full_name.split('/');
  return { api, host, id: read.id, path: `/repositories/${read.id}`, owner, name: short };
}

/**
 * The host that an interface speaks for: `https://api.github.com` for github.com, `https://HOST/api/v3` for a server of a
 * company's own. It is the host that was asked, not one that somebody says was.
 */
function hostOf(url: URL): string {
  return url.pathname.replace(/\/$/, '') === '' ? url.host.replace(/^api\./, '') : url.host;
}

/** GraphQL is beside the interface: `/graphql`, and `/api/graphql` on a server of a company's own. */
export async function askGraph(repository: GitHubRepository, query: string, variables: object): Promise<unknown> {
  const at = repository.api.root.replace(/\/api\/v3$/, '/api');
  const { body } = await ask(repository.api, `${at}/graphql`, [], { query, variables });
  if (typeof body === 'object' && body !== null && 'data' in body && body.data !== null) return body.data;
  throw new ForgeError('garbled', `${repository.api.label} could not answer what is in the merge queue.`);
}
