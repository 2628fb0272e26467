import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';

/**
 * What is open where a forge does not enforce the gate. Each is one way around it: the pages of the rules say which.
 * `where` names the setting's home, such as `branch protection of 'main'`.
 */

export function notRequired(branch: string, check: string, help: string): Finding {
  return finding({
    rule: 'gate-not-required',
    message: `Nothing requires the check '${check}' on '${branch}', so a change is merged whatever the review says.`,
    help,
  });
}

export function notBound(where: string, check: string, severity: 'error' | 'warning', help: string): Finding {
  return finding({
    rule: 'gate-not-bound',
    severity,
    message:
      severity === 'error'
        ? `${where} takes the check '${check}' from any app, so whoever may report a status says that the review passed.`
        : `${where} takes the check '${check}' from any workflow of the repository, and a proposal can bring a workflow with a job of that name.`,
    help,
  });
}

export function bypassable(where: string, how: string, help: string): Finding {
  return finding({
    rule: 'gate-bypassable',
    message: `${where} can be got around: ${how}.`,
    help,
  });
}

export function onStaleBase(where: string, help: string): Finding {
  return finding({
    rule: 'gate-on-stale-base',
    message: `${where} lets a proposal be merged that was judged on an older state of the branch: two that pass alone can be wrong together.`,
    help,
  });
}

/** `what` says that verdicts for other branches are reported under the same name. */
export function judgedForOtherBranch(what: string, branch: string, help: string): Finding {
  return finding({
    rule: 'gate-on-stale-base',
    message: `${what}, so a verdict for another branch counts for '${branch}'.`,
    help,
  });
}

export function notStarted(what: string, help: string): Finding {
  return finding({
    rule: 'gate-not-started',
    severity: 'warning',
    message: `${what}, so proposals wait there for a check that never comes.`,
    help,
  });
}

export function passesUnjudged(how: string, help: string): Finding {
  return finding({ rule: 'gate-passes-unjudged', message: `${how}, so a change can pass that nobody judged.`, help });
}

/** Perhaps it is right, but nothing shows it. */
export function notSeen(what: string, help: string): Finding {
  return finding({ rule: 'gate-passes-unjudged', severity: 'warning', message: `${what}.`, help });
}

export function mayWrite(what: string, help: string): Finding {
  return finding({
    rule: 'gate-may-write',
    severity: 'warning',
    message: `${what}, and the review needs to read alone: whatever goes wrong in it could change the repository.`,
    help,
  });
}

export function runFromHead(what: string, help: string): Finding {
  return finding({
    rule: 'gate-run-from-head',
    message: `${what}, so a proposal chooses its own judge.`,
    help,
  });
}

export function approvalsKept(where: string, severity: 'error' | 'warning', help: string): Finding {
  return finding({
    rule: 'gate-approvals-kept',
    severity,
    message: `${where} keeps approvals when commits are added, so people see as approved what nobody has looked at.`,
    help,
  });
}
