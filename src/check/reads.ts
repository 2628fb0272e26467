import { parseMemberAddress } from '../model/address.ts';
import type { Spot } from './rule.ts';
import type { DatasetEntry, GroupEntry, Read } from './subject.ts';

/**
 * What a group's references reach, each dataset once for each reference that reaches it. `*` is every dataset of the
 * datastore; a reference to nothing, or to a column that is not there, adds nothing.
 */
export function readsOf(
  entry: Omit<GroupEntry, 'reads'>,
  byAddress: ReadonlyMap<string, DatasetEntry>,
  byDatastore: ReadonlyMap<string, readonly DatasetEntry[]>,
): Read[] {
  return entry.group.read.flatMap((reference, i) => {
    const target = parseMemberAddress(reference.from);
    if (target === null) return [];
    const one = byAddress.get(reference.from);
    const reached = target.member === '*' ? (byDatastore.get(target.object) ?? []) : one ? [one] : [];
    return reached.map((dataset) => {
      const all = Object.keys(dataset.dataset.columns);
      const columns = reference.columns?.filter((column) => Object.hasOwn(dataset.dataset.columns, column)) ?? all;
      return { group: entry, dataset, columns, spot: referenceSpot(entry, i) };
    });
  });
}

export function referenceSpot(entry: Omit<GroupEntry, 'reads'>, index: number): Spot {
  return { ...entry.spot, path: [...entry.spot.path, 'read', String(index)] };
}
