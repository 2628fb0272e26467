import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import type { PlannedCheck } from '../../plan/plan.ts';

/** A row that fails: where it came, and which it is. */
export type FailedRow = {
  readonly ordinal: bigint;
  /** `id=5`; of a dataset without key `a row without key`. */
  readonly key: string;
  readonly columns: string;
};

/** What stops a stream: rows, each as it came. */
export function rowsStopped(
  stream: string,
  address: string,
  check: string,
  failed: number,
  [first]: readonly FailedRow[],
): Finding {
  const others = failed > 1 ? `, and ${failed - 1} more` : '';
  const where =
    first === undefined
      ? `${failed} rows`
      : `the row ${first.key} of ordinal ${first.ordinal} in ${quotedList(first.columns)}${others}`;
  return finding({
    rule: 'check-failed',
    address,
    message: `check ${check} of '${address}' fails for ${where}. Nothing of stream '${stream}' from there on is merged.`,
    help: `Correct the rows at the source, and have them read anew (freehold resync ${stream} --yes for a log); or let these rows through once:  freehold quarantine release ${address} --check "${check}" --yes;  or say otherwise: 'divert' or 'warn' of the check.`,
  });
}

/** What stops a stream: its rows all together. */
export function datasetStopped(stream: string, address: string, { name }: PlannedCheck, says: string): Finding {
  return finding({
    rule: 'check-failed',
    address,
    message: `check ${name} of '${address}' fails: ${says}. Nothing of stream '${stream}' from there on is merged.`,
    help: `Correct the rows at the source, and have them read anew (freehold resync ${stream} --yes for a log); or let them through once:  freehold quarantine release ${address} --check "${name}" --yes;  or say otherwise: 'warn' of the check.`,
  });
}

/** A value that the column's physical type cannot hold: the merge fails whatever is asked of it. */
export function cannotHold(stream: string, address: string, row: FailedRow, failure: string): Finding {
  return finding({
    rule: 'value-out-of-range',
    address,
    message: `the row ${row.key} of ordinal ${row.ordinal} of '${address}' (stream '${stream}') has in ${quotedList(row.columns)} a value beyond what the column declares: ${failure}`,
    help: "Widen the column in the model, or correct the row at the source and have it read anew with  freehold resync.  With the check  declared({ otherwise: 'divert' })  such rows wait in quarantine, and the stream goes on.",
  });
}

function quotedList(columns: string): string {
  return columns
    .split(', ')
    .map((column) => `'${column}'`)
    .join(' and ');
}
