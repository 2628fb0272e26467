import { EngineError } from '../../engine/connection.ts';
import { finding } from '../../findings/make.ts';
import type { StreamDataset } from '../../plan/plan.ts';
import { ChecksFailed } from '../quality/failed.ts';

/** SQLSTATE unique_violation, not_null_violation. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const rules: Readonly<Record<string, string>> = { '23505': 'read-key-shared', '23502': 'read-key-null' };

/**
 * Why the key of rows that were loaded could not be made: where the rows are to blame, that stops their stream alone, as rows
 * that a check stops do. Else the failure as it came.
 */
export function withoutKey(failure: unknown, stream: string, { address, key }: StreamDataset): unknown {
  if (!(failure instanceof EngineError)) return failure;
  const rule = rules[failure.code ?? ''];
  if (rule === undefined) return failure;
  const found = finding({
    rule,
    address,
    message: `the rows of '${address}' (stream '${stream}') were loaded, and ${key.map((column) => `'${column}'`).join(', ')} is no key of them: ${failure.message} Nothing of the load is kept.`,
    help: `Give each row a key of its own at the source, and make it unique and not null there, or declare a key that each row has alone. Then  freehold resume ${stream} --yes  loads the rows.`,
  });
  return new ChecksFailed([found], [], failure.code);
}
