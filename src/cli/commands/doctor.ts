import { resolve } from 'node:path';
import { inReadingOrder } from '../../findings/make.ts';
import { printText } from '../../findings/print-text.ts';
import { type Environment, type Occasion, occasionIn } from '../../forge/occasion.ts';
import { remoteOrigin } from '../../forge/typed.ts';
import { remoteAddress } from '../../git/clone.ts';
import { openRepository } from '../../git/repository.ts';
import { type ExitStatus, UseError } from '../exit.ts';
import type { Output } from '../output.ts';
import { blocks } from '../project.ts';
import { forgeOf } from '../review/asked.ts';

export type DoctorOptions = {
  readonly branch?: string;
  readonly check: string;
  readonly forge?: string;
  readonly api?: string;
  readonly repository?: string;
  readonly dir?: string;
};

/** Is the gate required, bound, not to be got around, judged by base? Errors: UseError; ForgeError where the forge does not say. */
export async function doctorCommand(
  subject: string,
  options: DoctorOptions,
  output: Output,
  environment: Environment = process.env,
): Promise<ExitStatus> {
  if (subject !== 'ci') throw new UseError(`There is no doctor for '${subject}'. There is:  freehold doctor ci`);
  const asked = await forgeAsked(options, environment);
  const forge = await forgeOf(asked, environment);
  const { branch, findings: found } = await forge.enforcement(options.branch ?? null, options.check);
  const findings = inReadingOrder(found);
  output.document({
    version: 1,
    forge: asked.forge,
    host: forge.host,
    repository: asked.repository,
    branch,
    check: options.check,
    findings,
  });
  if (findings.length > 0) output.result(printText(findings, () => null, { color: output.isColored }).trimEnd());
  else
    output.result(
      `${output.color.green('ok')}  '${options.check}' is required on '${branch}' of ${forge.host}, and nothing is open`,
    );
  return blocks(findings) ? 1 : 0;
}

/** What was typed; else what continuous integration says; else the clone's remote. */
async function forgeAsked(
  options: DoctorOptions,
  environment: Environment,
): Promise<Pick<Occasion, 'forge' | 'api' | 'repository'>> {
  if (options.repository === undefined && options.api === undefined) {
    const occasion = await occasionIn(environment);
    if (occasion !== null) return occasion;
  }
  const [host, name] = await repositoryAsked(options);
  const forge = options.forge ?? (host.includes('gitlab') ? 'gitlab' : 'github');
  if (forge !== 'github' && forge !== 'gitlab') throw new UseError(`--forge is github or gitlab, not '${forge}'.`);
  const own =
    forge === 'gitlab'
      ? `https://${host}/api/v4`
      : host === 'github.com'
        ? 'https://api.github.com'
        : `https://${host}/api/v3`;
  return { forge, api: options.api ?? own, repository: name };
}

async function repositoryAsked({ repository: typed, dir }: DoctorOptions): Promise<readonly [string, string]> {
  if (typed !== undefined) {
    const [host = '', ...path] = typed.split('/');
    if (host === '' || path.length < 2)
      throw new UseError(`--repository is a repository with its host, such as github.com/acme/mesh, not '${typed}'.`);
    return [host, path.join('/')];
  }
  await using repository = await openRepository(resolve(dir ?? '.'));
  const origin = remoteOrigin((await remoteAddress(repository)) ?? '');
  if (origin?.repository == null)
    throw new UseError(
      "This clone has no remote 'origin' at a forge. Name the model's repository:  --repository github.com/acme/mesh",
    );
  return [origin.host, origin.repository.name];
}
