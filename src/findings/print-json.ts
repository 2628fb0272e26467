import { type Counts, countsOf } from './counts.ts';
import type { Finding } from './finding.ts';
import { jsonText } from './json-text.ts';

/** The document of `freehold check --json`: docs/schemas/findings.schema.json. */
export type FindingsDocument = {
  readonly version: 1;
  /** Digest of the model; null where none could be loaded. */
  readonly digest: string | null;
  readonly counts: Counts;
  readonly findings: readonly Finding[];
};

export function findingsDocument(findings: readonly Finding[], digest: string | null): FindingsDocument {
  return { version: 1, digest, counts: countsOf(findings), findings };
}

/** The document as text. */
export function printJson(findings: readonly Finding[], digest: string | null): string {
  return jsonText(findingsDocument(findings, digest));
}
