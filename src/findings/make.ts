import { digestJson } from '../base/digest.ts';
import type { Blame, Finding, Place, Severity } from './finding.ts';

export type FindingDraft = {
  readonly rule: string;
  readonly severity?: Severity;
  readonly address?: string | null;
  readonly message: string;
  readonly help: string;
  readonly at?: Place | null;
  readonly related?: Finding['related'];
  readonly owner?: string | null;
  readonly blame?: Blame | null;
  readonly columns?: readonly string[];
  /** What it is known by where its address and its words follow from which of its columns is the first; absent: by those. */
  readonly matter?: string;
  readonly inheritedUntil?: string;
};

/** A finding with its digest and id. */
export function finding(draft: FindingDraft): Finding {
  const address = draft.address ?? null;
  const digest = digestJson(
    draft.matter === undefined ? [draft.rule, address, draft.message] : [draft.rule, draft.matter],
  );
  return {
    id: digest.slice(0, 10),
    rule: draft.rule,
    severity: draft.severity ?? 'error',
    address,
    message: draft.message,
    help: draft.help,
    at: draft.at ?? null,
    related: draft.related ?? [],
    owner: draft.owner ?? null,
    blame: draft.blame ?? null,
    ...(draft.columns === undefined ? {} : { columns: draft.columns }),
    ...(draft.inheritedUntil === undefined ? {} : { inheritedUntil: draft.inheritedUntil }),
    digest,
  };
}

/** What a person sees first: errors before warnings, then by place, then by address and rule. */
export function inReadingOrder(findings: readonly Finding[]): Finding[] {
  const key = (f: Finding) =>
    [
      f.severity === 'error' ? '0' : '1',
      f.at?.file ?? '',
      String(f.at?.line ?? 0).padStart(8, '0'),
      String(f.at?.column ?? 0).padStart(8, '0'),
      f.address ?? '',
      f.rule,
      f.message,
      f.digest,
    ].join('\u0000');
  return findings
    .map((f) => ({ f, k: key(f) }))
    .sort((a, b) => (a.k < b.k ? -1 : a.k > b.k ? 1 : 0))
    .map(({ f }) => f);
}
