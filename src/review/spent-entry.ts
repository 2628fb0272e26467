import type { Consent } from '../model/model.ts';
import { digestObject } from '../model/object.ts';
import type { Move } from './moves.ts';
import type { ObjectChange } from './proposal.ts';

/**
 * Is this entry for one of the changes? The change that an entry is for must remove it: so whoever may make that change may
 * remove the entry with it, though it is the word of another.
 */
export function isSpentBy(entry: Consent, changes: readonly ObjectChange[], moves: readonly Move[]): boolean {
  const object = objectOf(entry.address);
  // What moves is after the change what stands where it went.
  const to = moves.find(({ from }) => from === object)?.to;
  return changes.some(({ address, before, after }) => {
    if (address !== object || digestOf(before) !== entry.before) return false;
    if (digestOf(after) === entry.after) return true;
    return changes.some((one) => one.address === to && one.after !== null && digestOf(one.after) === entry.after);
  });
}

/** `retail/sales/orders.customers#name` is of datastore `retail/sales/orders`, team `retail/sales` of zone `retail`. */
function objectOf(address: string): string {
  const [object = ''] = address.split(/[.#>]/);
  const parts = object.split('/');
  return parts.length === 2 ? (parts[0] ?? '') : object;
}

function digestOf(side: ObjectChange['before']): string | null {
  return side === null ? null : digestObject(side);
}
