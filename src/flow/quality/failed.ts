import { EngineError } from '../../engine/connection.ts';
import type { Finding } from '../../findings/finding.ts';
import type { Run } from './results.ts';

/**
 * Rows that a check stops: nothing of their transaction is merged, and the stream is parked until they pass, somebody lets
 * them, or the check is another one.
 */
export class ChecksFailed extends EngineError {
  readonly findings: readonly Finding[];
  /** What is to be kept of it once the transaction is undone. */
  readonly runs: readonly Run[];

  /** `code`: what a database or the reading of the log called the same failure. */
  constructor(findings: readonly Finding[], runs: readonly Run[], code: string | null = null) {
    super('statement', findings.map(({ message, help }) => `${message} ${help}`).join('\n'), { code });
    this.findings = findings;
    this.runs = runs;
  }
}
