import type { Finding } from '../../findings/finding.ts';
import { finding } from '../../findings/make.ts';
import type { Differences } from './difference.ts';

/** Of a table of so many rows or fewer, a read may delete any share but all. */
const smallTable = 1000;

/**
 * A read that would delete a large part of a table, or that found none of the rows that were there, is far more often a
 * mistake at the source (an emptied staging area, a wrong database, a filter) than the truth. Null: nothing is unusual.
 */
export function heldBack(
  address: string,
  rowsRead: number,
  { deleted, stored }: Pick<Differences, 'deleted' | 'stored'>,
  maxDeleted: number,
): Finding | null {
  if (stored === null || deleted === 0 || maxDeleted === 1) return null;
  const isMass = stored > smallTable && deleted > stored * maxDeleted;
  if (!isMass && rowsRead > 0) return null;
  const found = rowsRead === 0 ? 'the source has none' : `${deleted} of them are no longer at the source`;
  return finding({
    rule: 'mass-delete-held',
    address,
    message: `'${address}' has ${stored} rows here, and ${found}. Nothing of this read was merged, so that a mistake at the source deletes nothing here.`,
    help: 'Look at the source. If the rows are really gone, release the read; else the next read goes on as usual.',
  });
}
