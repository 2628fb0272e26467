import type { Finding } from './finding.ts';

/** Errors block; warnings do not. */
export type Counts = { readonly errors: number; readonly warnings: number };

export function countsOf(findings: readonly Finding[]): Counts {
  const errors = findings.filter((f) => f.severity === 'error').length;
  return { errors, warnings: findings.length - errors };
}
