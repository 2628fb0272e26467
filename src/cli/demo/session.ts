import { systemClock } from '../../base/clock.ts';
import type { Plan } from '../../plan/plan.ts';
import { deployPlan } from '../../run/deploy.ts';
import { type GivenDatabases, type OpenEnvironment, openEnvironment } from '../environment.ts';
import { parseDatabaseUrl } from '../init/url.ts';
import type { Output } from '../output.ts';
import { blocks, modelOrFindings, openProject, tellRefusal } from '../project.ts';
import { ensureCompany } from './company/ensure.ts';
import { prepareDirectory } from './prepare.ts';

/** The demo's environment with its source filled and its plan applied; null where findings block, which are printed. */
export async function openDemo(
  root: string,
  postgres: string | undefined,
  signal: AbortSignal,
  output: Output,
): Promise<OpenEnvironment | null> {
  const given = postgres === undefined ? undefined : givenDatabases(postgres);
  await prepareDirectory(root);
  const project = await openProject(root, systemClock);
  const model = modelOrFindings(project, output);
  if (model === null) return null;
  const opened = await openEnvironment(root, model, 'local', given);
  if (opened.plan === null) {
    tellRefusal(opened.findings, project, output);
    return null;
  }
  try {
    const awake = wake(opened);
    try {
      if (!signal.aborted) await fillSource(opened.plan, opened, output);
    } finally {
      await awake;
    }
    // What runs next sees the signal too, and ends at once.
    if (signal.aborted) return opened;
    const findings = await deployPlan(opened.plan, opened.containers, opened.ledger);
    if (!blocks(findings)) return opened;
    tellRefusal(findings, project, output);
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
  await opened[Symbol.asyncDispose]();
  return null;
}

/** Makes and starts databases while the source is filled. What does not answer is told where it is needed. */
async function wake({ plan, containers }: OpenEnvironment): Promise<void> {
  await Promise.allSettled(
    Object.keys(plan.containers).map(async (id) => {
      await using _ = await containers.connect(id, 'demo');
    }),
  );
}

/** The container of the sample company's database: the only source that the sample model has. */
export function sourceOf(plan: Plan): string {
  const source = plan.nodes.find((node) => node.kind === 'stream')?.source;
  if (source === undefined) throw new Error('bug: the sample model has no stream');
  return source;
}

async function fillSource(plan: Plan, { containers }: OpenEnvironment, output: Output): Promise<void> {
  await using source = await containers.connect(sourceOf(plan), 'demo');
  const { filled, rows } = await ensureCompany(source);
  output.note(
    filled
      ? `the sample company has ${rows.toLocaleString('en')} rows`
      : 'the sample company goes on from where it was',
  );
}

function givenDatabases(url: string): GivenDatabases {
  const { host, port, user, password } = parseDatabaseUrl(
    url.replace(/^(postgres(?:ql)?:\/\/[^/]+)\/?$/, '$1/postgres'),
    'postgres',
  );
  return { server: { host, port, user, password: password ?? '' }, prefix: 'freehold_demo_' };
}
