import type { Finding } from '../../findings/finding.ts';
import { harmless } from '../../findings/harmless.ts';
import { inReadingOrder } from '../../findings/make.ts';
import { ask, askAll } from '../ask.ts';
import { approvalsKept, bypassable, notBound, notRequired, onStaleBase } from '../enforcement.ts';
import { ForgeError } from '../error.ts';
import type { Enforcement } from '../forge.ts';
import { boolean, fields, list, number, orNull, text } from '../shape.ts';
import type { GitHubRepository } from './repository.ts';
import { workflowFindings } from './workflows.ts';

/**
 * Does GitHub hold a proposal to the check? Branch protection and rulesets are asked alike; where several require it, one
 * that leaves nothing open is enough.
 */
export async function gitHubEnforcement(
  repository: GitHubRepository,
  asked: string | null,
  check: string,
): Promise<Enforcement> {
  const branch = asked ?? (await defaultBranch(repository));
  const rules = await rulesOf(repository, branch);
  const ways = [
    await protection(repository, branch, check, rules),
    ...(await rulesets(repository, branch, check, rules)),
  ];
  const required = ways.filter((way) => way !== null).sort((a, b) => a.length - b.length);
  const best = required[0] ?? [
    notRequired(
      branch,
      check,
      `Add a ruleset for '${branch}' (Settings, Rules) with 'Require status checks to pass', the check '${check}' of GitHub Actions, 'Require branches to be up to date', and an empty bypass list.`,
    ),
  ];
  const findings = [
    ...best,
    ...reviews(branch, rules),
    ...(await workflowFindings(repository, { branch, check, hasQueue: rules.hasQueue })),
  ];
  return { branch, findings: inReadingOrder(findings) };
}

async function defaultBranch(repository: GitHubRepository): Promise<string> {
  const { body } = await ask(repository.api, repository.path);
  return fields({ default_branch: text })(body, 'repository').default_branch;
}

type Rules = {
  readonly checks: readonly {
    readonly ruleset: number;
    readonly isStrict: boolean;
    readonly of: readonly { readonly context: string; readonly app: number | null }[];
  }[];
  readonly hasQueue: boolean;
  readonly hasWorkflows: boolean;
  readonly needsPullRequest: boolean;
  readonly types: ReadonlySet<string>;
  readonly dismisses: boolean;
};

const rule = fields({ type: text, ruleset_id: orNull(number), parameters: orNull((value: unknown) => value) });
const checkRule = fields({
  strict_required_status_checks_policy: boolean,
  required_status_checks: list(fields({ context: text, integration_id: orNull(number) })),
});
const pullRule = fields({ dismiss_stale_reviews_on_push: boolean });

async function rulesOf(repository: GitHubRepository, branch: string): Promise<Rules> {
  const path = `${repository.path}/rules/branches/${encodeURIComponent(branch)}?per_page=100`;
  const all = list(rule)(await askAll(repository.api, path), 'rules');
  const types = new Set(all.map(({ type }) => type));
  return {
    types,
    hasQueue: types.has('merge_queue'),
    hasWorkflows: types.has('workflows'),
    needsPullRequest: types.has('pull_request'),
    dismisses: all.some(
      ({ type, parameters }) =>
        type === 'pull_request' && pullRule(parameters, 'rule of pull requests').dismiss_stale_reviews_on_push,
    ),
    checks: all.flatMap(({ type, ruleset_id, parameters }) => {
      if (type !== 'required_status_checks' || ruleset_id === null) return [];
      const read = checkRule(parameters, 'rule of checks');
      return {
        ruleset: ruleset_id,
        isStrict: read.strict_required_status_checks_policy,
        of: read.required_status_checks.map(({ context, integration_id }) => ({ context, app: integration_id })),
      };
    }),
  };
}

const enabled = orNull(fields({ enabled: boolean }));
const protectionOf = fields({
  required_status_checks: orNull(
    fields({
      strict: boolean,
      checks: orNull(list(fields({ context: text, app_id: orNull(number) }))),
      contexts: orNull(list(text)),
    }),
  ),
  enforce_admins: enabled,
  allow_force_pushes: enabled,
  required_pull_request_reviews: orNull(fields({ dismiss_stale_reviews: orNull(boolean) })),
});

/** What branch protection leaves open; null where it does not require the check. */
async function protection(
  repository: GitHubRepository,
  branch: string,
  check: string,
  rules: Rules,
): Promise<readonly Finding[] | null> {
  const path = `${repository.path}/branches/${encodeURIComponent(branch)}/protection`;
  const { status, body } = await ask(repository.api, path, [404]);
  if (status === 404) {
    // The same status for a branch without protection and for a token that may not see it: only words tell them apart.
    const isUnprotected =
      typeof body === 'object' &&
      body !== null &&
      'message' in body &&
      /branch not protected/i.test(String(body.message));
    if (isUnprotected) return null;
    throw new ForgeError(
      'denied',
      `${repository.api.label} does not show the protection of '${harmless(branch)}'. Is there such a branch? Give a token that may read the repository's administration in ${repository.api.tokenName}.`,
    );
  }
  const read = protectionOf(body, 'protection');
  const checks = read.required_status_checks;
  if (checks === null) return null;
  const named = (checks.checks ?? (checks.contexts ?? []).map((context) => ({ context, app_id: null }))).find(
    ({ context }) => context === check,
  );
  if (named === undefined) return null;
  const where = `Branch protection of '${branch}'`;
  return [
    ...bound(where, check, named.app_id, rules),
    ...(read.enforce_admins?.enabled === true
      ? []
      : [
          bypassable(
            where,
            'administrators need not follow it',
            "Turn on 'Do not allow bypassing the above settings'.",
          ),
        ]),
    ...(read.allow_force_pushes?.enabled === true
      ? [bypassable(where, 'a forced push replaces the branch', "Turn off 'Allow force pushes'.")]
      : []),
    ...(checks.strict || rules.hasQueue ? [] : [onStaleBase(where, upToDate)]),
  ];
}

const upToDate = "Turn on 'Require branches to be up to date before merging', or require a merge queue.";

const ruleset = fields({
  name: text,
  bypass_actors: orNull(list(fields({ actor_type: text, bypass_mode: text }))),
});

/** For each ruleset that requires the check, what it leaves open. */
async function rulesets(
  repository: GitHubRepository,
  branch: string,
  check: string,
  rules: Rules,
): Promise<readonly (readonly Finding[])[]> {
  const ways: (readonly Finding[])[] = [];
  for (const one of rules.checks) {
    const named = one.of.find(({ context }) => context === check);
    if (named === undefined) continue;
    const { body } = await ask(repository.api, `${repository.path}/rulesets/${one.ruleset}?includes_parents=true`);
    const read = ruleset(body, 'ruleset');
    const where = `Ruleset '${read.name}' of '${branch}'`;
    if (read.bypass_actors === null)
      throw new ForgeError(
        'denied',
        `${repository.api.label} does not show who may bypass ${harmless(where)}. Give a token that may read the repository's administration in ${repository.api.tokenName}.`,
      );
    const actors = [...new Set(read.bypass_actors.map(({ actor_type }) => actor_type))].sort();
    ways.push([
      ...bound(where, check, named.app, rules),
      ...(actors.length === 0
        ? []
        : [bypassable(where, `its bypass list has ${actors.join(', ')}`, 'Empty the bypass list.')]),
      ...(rules.types.has('non_fast_forward')
        ? []
        : [bypassable(where, 'a forced push replaces the branch', "Turn on 'Block force pushes'.")]),
      ...(one.isStrict || rules.hasQueue ? [] : [onStaleBase(where, upToDate)]),
    ]);
  }
  return ways;
}

function bound(where: string, check: string, app: number | null, rules: Rules): readonly Finding[] {
  if (rules.hasWorkflows) return [];
  if (app === null || app < 0)
    return [notBound(where, check, 'error', "Choose 'GitHub Actions' as the source of the check.")];
  return [
    notBound(
      where,
      check,
      'warning',
      "Where the organization has rulesets, 'Require workflows to pass before merging' names the file instead of the job; else let only the mesh's owner push to '.github/' (a push ruleset), or report the check with an app of your own.",
    ),
  ];
}

function reviews(branch: string, rules: Rules): readonly Finding[] {
  if (!rules.needsPullRequest || rules.dismisses) return [];
  return [
    approvalsKept(
      `The rule for pull requests of '${branch}'`,
      'warning',
      "Turn on 'Dismiss stale pull request approvals when new commits are pushed'. The review itself counts only approvals of the last commit.",
    ),
  ];
}
