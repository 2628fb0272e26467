import { must } from '../base/must.ts';
import { memberAddress } from '../model/address.ts';
import { readsOf } from '../model/effective.ts';
import type { Group, Workspace } from '../model/model.ts';
import type { DatasetEntry } from './datasets.ts';
import type { Ask, Spot } from './rule.ts';
import { referenceSpot } from './spots.ts';

export type GroupEntry = {
  /** `retail/insight/reporting.dashboard`. */
  readonly address: string;
  readonly name: string;
  readonly group: Group;
  readonly workspace: Workspace;
};

export type ReadingGroup = GroupEntry & {
  /** Every dataset that its references reach; references that reach nothing are found by rules of their own. */
  readonly reads: readonly Read[];
};

export type Read = {
  readonly group: GroupEntry;
  readonly dataset: DatasetEntry;
  /** Names of the columns read, in the dataset's order. */
  readonly columns: readonly string[];
  /** The reference. */
  readonly spot: Spot;
};

export function groupsOf(workspace: Workspace): readonly GroupEntry[] {
  return Object.entries(workspace.groups).map(([name, group]) => {
    return { address: memberAddress(workspace.address, name), name, group, workspace };
  });
}

/** With what each group reads. Rules ask it one after the other of one workspace, so the last answer is kept. */
export function readingGroupsOf(workspace: Workspace, ask: Ask): readonly ReadingGroup[] {
  const last = answered.get(ask);
  if (last?.workspace === workspace) return last.groups;
  const groups = groupsOf(workspace).map((entry) => ({ ...entry, reads: readsIn(entry, ask) }));
  answered.set(ask, { workspace, groups });
  return groups;
}

const answered = new WeakMap<Ask, { readonly workspace: Workspace; readonly groups: readonly ReadingGroup[] }>();

function readsIn(entry: GroupEntry, ask: Ask): readonly Read[] {
  const { group, address } = entry;
  return readsOf((datastore) => ask.object('datastore', datastore), group).map((read) => ({
    group: entry,
    dataset: {
      address: memberAddress(read.datastore.address, read.name),
      name: read.name,
      dataset: read.dataset,
      datastore: read.datastore,
    },
    columns: read.columns,
    spot: referenceSpot(address, must(group.read[read.references[0] ?? 0], address)),
  }));
}
