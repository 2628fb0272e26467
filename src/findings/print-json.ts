import { type Counts, countsOf } from './counts.ts';
import type { Finding } from './finding.ts';

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

/** One JSON document, indented, ending with a newline. Every character that could steer a terminal is an escape. */
export function printJson(findings: readonly Finding[], digest: string | null): string {
  const text = JSON.stringify(findingsDocument(findings, digest), null, 2);
  const safe = text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return `${safe}\n`;
}
