import type { Finding } from './finding.ts';
import { harmless } from './harmless.ts';
import { jsonText } from './json-text.ts';
import { inReadingOrder } from './make.ts';
import { noPlace, type Outcome, pathInTree, type Setting } from './outcome.ts';

/** GitLab's code quality report (docs.gitlab.com/ci/testing/code_quality): all findings, what was there before as info. */
export function printGitlab(outcome: Outcome, setting: Pick<Setting, 'prefix'>): string {
  return jsonText([
    ...inReadingOrder(outcome.findings).map((f) => issueOf(f, f.severity === 'error' ? 'blocker' : 'minor', setting)),
    ...inReadingOrder(outcome.inherited ?? []).map((finding) => issueOf(finding, 'info', setting)),
  ]);
}

function issueOf(finding: Finding, severity: 'blocker' | 'minor' | 'info', setting: Pick<Setting, 'prefix'>) {
  const path = finding.at === null ? null : pathInTree(finding.at.file, setting);
  return {
    description: harmless(`${finding.message} ${finding.help}`, 4000),
    check_name: harmless(finding.rule),
    fingerprint: finding.digest,
    severity,
    // GitLab drops what has no place.
    location: {
      path: path ?? setting.prefix + noPlace.file,
      lines: { begin: path === null ? noPlace.line : (finding.at?.line ?? noPlace.line) },
    },
  };
}
