import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { inReadingOrder } from '../../findings/make.ts';
import { ask } from '../ask.ts';
import { approvalsKept, bypassable, notRequired, notSeen, onStaleBase, runFromHead } from '../enforcement.ts';
import { ForgeError } from '../error.ts';
import type { Enforcement } from '../forge.ts';
import { boolean, fields, list, number, orNull, text } from '../shape.ts';
import { judgePipeline } from './pipeline.ts';
import type { GitLabProject } from './project.ts';

const settings = fields({
  only_allow_merge_if_pipeline_succeeds: orNull(boolean),
  allow_merge_on_skipped_pipeline: orNull(boolean),
  merge_method: text,
  merge_trains_enabled: orNull(boolean),
  ci_config_path: orNull(text),
  restrict_user_defined_variables: orNull(boolean),
  ci_pipeline_variables_minimum_override_role: orNull(text),
});
const branchOf = fields({
  push_access_levels: list(fields({ access_level: orNull(number), deploy_key_id: orNull(number) })),
  allow_force_push: boolean,
});
const approvalsOf = fields({ reset_approvals_on_push: orNull(boolean) });

/** Does GitLab hold a merge request to the pipeline that reviews it? */
export async function gitLabEnforcement(
  project: GitLabProject,
  asked: string | null,
  check: string,
): Promise<Enforcement> {
  const branch = asked ?? project.defaultBranch;
  if (branch === null) throw new ForgeError('missing', `Project ${project.id} has no branch yet.`);
  const { body } = await ask(project.api, project.path);
  const set = settings(body, 'project');
  const findings: Finding[] = [];
  const where = `Project ${project.id}`;
  if (set.only_allow_merge_if_pipeline_succeeds !== true || set.allow_merge_on_skipped_pipeline === true)
    findings.push(
      notRequired(
        branch,
        check,
        "Turn on 'Pipelines must succeed' and leave 'Skipped pipelines are considered successful' off (Settings, Merge requests).",
      ),
    );
  if (set.merge_trains_enabled !== true && set.merge_method === 'merge')
    findings.push(
      onStaleBase(
        where,
        "Choose 'Merge commit with semi-linear history' or 'Fast-forward merge', or turn on merge trains.",
      ),
    );
  findings.push(...(await pipelineFindings(project, set.ci_config_path ?? '', where, branch, check)));
  if (
    set.restrict_user_defined_variables === false ||
    (set.restrict_user_defined_variables === true && set.ci_pipeline_variables_minimum_override_role === 'developer')
  )
    findings.push(
      bypassable(
        where,
        'whoever may push may set the variables of a pipeline, and those say where the forge is asked and what about',
        "Set 'Minimum role to use pipeline variables' to 'No one allowed' (Settings, CI/CD, Variables).",
      ),
    );
  findings.push(...(await branchFindings(project, branch)), ...(await approvalFindings(project, where)));
  return { branch, findings: inReadingOrder(findings) };
}

const fileOf = fields({ content: text, encoding: text });

/** `path`: a file of the project itself, one of another project, `file@group/project:ref`, or an address. */
async function pipelineFindings(
  project: GitLabProject,
  path: string,
  where: string,
  branch: string,
  check: string,
): Promise<readonly Finding[]> {
  const [, file, other, ref] = /^([^@]+)@([^@:]+)(?::(.+))?$/.exec(path) ?? [];
  const isAddress = /^https?:\/\//.test(path);
  if (!isAddress && (file === undefined || other === undefined))
    return [
      runFromHead(
        `${where} takes its pipeline from the file that a merge request can change`,
        "Put the template that  freehold init  writes into a project that the mesh's owner alone may change, and name it as 'CI/CD configuration file':  freehold.gitlab-ci.yml@group/that-project:main",
      ),
    ];
  const unseen = notSeen(
    `GitLab does not show us '${harmless(path)}', the file of the pipeline, so what it does is not judged here`,
    'Ask with a token that may read the project that it is in.',
  );
  if (isAddress || file === undefined || other === undefined) return [unseen];
  const at = `/projects/${encodeURIComponent(other)}/repository/files/${encodeURIComponent(file)}`;
  const { status, body } = await ask(project.api, `${at}?ref=${encodeURIComponent(ref ?? 'HEAD')}`, [403, 404]);
  if (status !== 200) return [unseen];
  const content = Buffer.from(fileOf(body, 'file of the pipeline').content, 'base64').toString('utf8');
  return judgePipeline(`'${harmless(path)}'`, content, branch, check);
}

async function branchFindings(project: GitLabProject, branch: string): Promise<readonly Finding[]> {
  const { status, body } = await ask(
    project.api,
    `${project.path}/protected_branches/${encodeURIComponent(branch)}`,
    [404],
  );
  const where = `Branch '${branch}'`;
  if (status === 404)
    return [
      bypassable(
        where,
        'it is not protected, so whoever may write pushes to it',
        'Protect it (Settings, Repository), with nobody allowed to push.',
      ),
    ];
  const read = branchOf(body, 'protected branch');
  const mayPush = read.push_access_levels.some(
    ({ access_level, deploy_key_id }) => (access_level ?? 0) > 0 || deploy_key_id !== null,
  );
  return [
    ...(mayPush
      ? [bypassable(where, 'some may push to it without a merge request', "Set 'Allowed to push' to 'No one'.")]
      : []),
    ...(read.allow_force_push
      ? [bypassable(where, 'a forced push replaces it', "Turn off 'Allowed to force push'.")]
      : []),
  ];
}

async function approvalFindings(project: GitLabProject, where: string): Promise<readonly Finding[]> {
  const { status, body } = await ask(project.api, `${project.path}/approvals`, [404]);
  const isReset = status === 200 && approvalsOf(body, 'settings of approvals').reset_approvals_on_push === true;
  if (isReset) return [];
  return [
    approvalsKept(
      where,
      'warning',
      "Choose 'Remove all approvals' when a commit is added (Settings, Merge requests). The review itself counts only approvals that are younger than the last commit.",
    ),
  ];
}
