import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { ask } from '../ask.ts';
import { passesUnjudged, runFromHead } from '../enforcement.ts';
import { fields, list, text } from '../shape.ts';
import type { GitHubRepository } from './repository.ts';
import { type GateAsked, judgeWorkflow } from './workflow.ts';

const entries = list(fields({ name: text, path: text, type: text }));
const file = fields({ content: text, encoding: text });

/** Is the job that reports the check run from base, whenever it should, and does it pass by the review alone? */
export async function workflowFindings(repository: GitHubRepository, asked: GateAsked): Promise<readonly Finding[]> {
  const { branch, check } = asked;
  const ref = encodeURIComponent(branch);
  const { status, body } = await ask(repository.api, `${repository.path}/contents/.github/workflows?ref=${ref}`, [404]);
  const files = status === 404 ? [] : entries(body, 'workflows').filter(({ name }) => /\.ya?ml$/.test(name));
  const found: Finding[] = [];
  const reporting: string[] = [];
  for (const { path } of files) {
    const at = path.split('/').map(encodeURIComponent).join('/');
    const { body: content } = await ask(repository.api, `${repository.path}/contents/${at}?ref=${ref}`);
    const read = file(content, path);
    const said = judgeWorkflow(path, Buffer.from(read.content, 'base64').toString('utf8'), asked);
    reporting.push(...Array(said.jobs).fill(path));
    found.push(...said.findings);
  }
  if (reporting.length === 0)
    return [
      runFromHead(
        `No workflow of '${harmless(branch)}' has a job '${harmless(check)}'`,
        'Commit the workflow that  freehold init  writes, .github/workflows/freehold.yml, to the branch.',
      ),
    ];
  if (reporting.length > 1)
    found.push(
      passesUnjudged(
        `${reporting.length} jobs, of ${[...new Set(reporting)].map((path) => `'${harmless(path)}'`).join(' and ')}, report the check '${harmless(check)}', and GitHub tells them apart by name alone`,
        'Give the other job another name.',
      ),
    );
  return found;
}
