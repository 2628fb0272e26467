import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { columnAddress, memberAddress } from '../model/address.ts';
import { isPastRemoval } from '../model/deprecated.ts';
import { own, type Read } from '../model/effective.ts';
import type { Deprecation } from '../model/model.ts';

/** What is left of a group's reads once that is taken out whose day of removal has come, and what was taken out. */
export type Left = { readonly reads: readonly Read[]; readonly past: readonly Past[] };

export type Past = { readonly address: string; readonly removal: string };

export function withoutPast(reads: readonly Read[], asOfMs: number): Left {
  const past = new Map<string, Past>();
  const isPast = (address: string, deprecation: Deprecation | undefined) => {
    if (deprecation === undefined || !isPastRemoval(deprecation, asOfMs)) return false;
    past.set(address, { address, removal: deprecation.removal });
    return true;
  };
  const left = reads.flatMap((read) => {
    const { datastore, name, dataset } = read;
    if (isPast(datastore.address, datastore.deprecated)) return [];
    if (isPast(memberAddress(datastore.address, name), dataset.deprecated)) return [];
    const columns = read.columns.filter(
      (column) => !isPast(columnAddress(datastore.address, name, column), own(dataset.columns, column)?.deprecated),
    );
    return columns.length === 0 && read.columns.length > 0 ? [] : [{ ...read, columns }];
  });
  return { reads: left, past: [...past.values()] };
}

/** What a group is not served any more; the rest of it is, and so is everybody else. */
export function pastFindings(group: string, past: readonly Past[]): readonly Finding[] {
  return past.map(({ address, removal }) =>
    finding({
      rule: 'past-removal',
      severity: 'warning',
      address: group,
      message: `group '${group}' reads '${address}', which was to be gone from ${removal} on: it is left out of what the group is served.`,
      help: `Stop reading it, or ask the owner of '${address}' to move  removal  to a later day.`,
    }),
  );
}
