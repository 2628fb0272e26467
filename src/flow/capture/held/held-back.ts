import type { Finding } from '../../../findings/finding.ts';
import { finding } from '../../../findings/make.ts';
import type { Differences } from '../difference.ts';

/** Of a table of so many rows or fewer, a read may delete any share but all. */
const smallTable = 1000;

export type Deletes = Pick<Differences, 'deleted' | 'stored'> & {
  /** Rows at the source. */
  readonly read: number;
  /** The share of its rows that one read may delete. */
  readonly most: number;
};

/** Would so many deletes be too many of the rows here? */
export function isMass({ deleted, stored, most }: Omit<Deletes, 'read'>): boolean {
  return stored !== null && stored > smallTable && deleted > stored * most;
}

/**
 * A read that would delete a large part of a table, or that found none of the rows that were there, is far more often a
 * mistake at the source (an emptied staging area, a wrong database, a filter) than the truth.
 */
export function isUnusual(deletes: Deletes): boolean {
  const { deleted, read, most } = deletes;
  return deleted > 0 && most < 1 && (isMass(deletes) || read === 0);
}

/** `beyond`: how many more than an operator has released; null where nothing was. */
export function heldFinding(
  stream: string,
  address: string,
  { deleted, stored, read }: Deletes,
  beyond: number | null,
): Finding {
  const gone = read === 0 ? 'the source has none' : `${deleted} of them are no longer at the source`;
  const found = beyond === null ? gone : `${gone}, ${beyond} more than were released`;
  return finding({
    rule: 'mass-delete-held',
    address,
    message: `'${address}' has ${stored} rows here, and ${found}. Nothing of this read was merged, so that a mistake at the source deletes nothing here.`,
    help: `Look at the source. If the rows are really gone, let them go, once, with  freehold release ${stream};  else the next read goes on as usual.`,
  });
}
