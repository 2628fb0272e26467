import { memberAddress, parseMemberAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import type { Dataset, Datastore, Group, MaskKind, Reference, Workspace } from '../../model/model.ts';
import { conditionOf } from '../../sql/lineage/condition.ts';
import type { Ask } from '../rule.ts';

/** One dataset that a group or a transformer reads. */
export type DatasetRead = {
  readonly address: string;
  readonly datastore: Datastore;
  readonly name: string;
  readonly dataset: Dataset;
  /** The masks that may be over a column, none where it sees it as it is; undefined where it does not see it. */
  readonly sees: (column: string) => readonly MaskKind[] | undefined;
  /** Does it see every column as it is? */
  readonly isWhole: boolean;
  /** Columns that say which rows it sees, and so are read as they are. */
  readonly filters: ReadonlySet<string>;
  /** The first reference that gave it. */
  readonly reference: Reference;
};

const unmasked: readonly MaskKind[] = [];

/**
 * The datasets that references reach, wildcards expanded, by address. A reference to one dataset outweighs a wildcard;
 * several to the same one add up. What is not there is left out (a finding of another rule).
 */
export function readsIn(ask: Ask, references: readonly Reference[]): readonly DatasetRead[] {
  const wide = new Map<string, DatasetRead>();
  const named = new Map<string, DatasetRead>();
  for (const reference of references) {
    const address = parseMemberAddress(reference.from);
    const datastore = address === null ? null : ask.object('datastore', address.object);
    if (address === null || datastore === null) continue;
    const isWildcard = address.member === '*';
    const reads = isWildcard ? wide : named;
    for (const name of isWildcard ? Object.keys(datastore.datasets) : [address.member]) {
      const dataset = own(datastore.datasets, name);
      if (dataset === undefined) continue;
      const read = readOf(ask, datastore, name, dataset, reference);
      const before = reads.get(read.address);
      reads.set(read.address, before === undefined ? read : bothOf(before, read));
    }
  }
  return [...new Map([...wide, ...named]).values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

function readOf(ask: Ask, datastore: Datastore, name: string, dataset: Dataset, reference: Reference): DatasetRead {
  const isWhole = reference.columns === undefined && reference.mask === undefined;
  return {
    address: memberAddress(datastore.address, name),
    datastore,
    name,
    dataset,
    reference,
    isWhole,
    sees: partOf(dataset, reference),
    filters: filtersOf(ask, dataset, reference),
  };
}

function partOf(dataset: Dataset, { columns, mask = {} }: Reference): DatasetRead['sees'] {
  return (column) =>
    Object.hasOwn(dataset.columns, column) && (columns === undefined || columns.includes(column))
      ? maskOf(own(mask, column))
      : undefined;
}

/** In the dataset's order. */
export function seenColumns({ dataset, sees }: DatasetRead): readonly string[] {
  return Object.keys(dataset.columns).filter((column) => sees(column) !== undefined);
}

function maskOf(kind: MaskKind | undefined): readonly MaskKind[] {
  return kind === undefined ? unmasked : [kind];
}

const noFilters: ReadonlySet<string> = new Set();

/** A condition that nobody understands may look at anything. */
function filtersOf(ask: Ask, dataset: Dataset, { rows }: Reference): ReadonlySet<string> {
  if (rows === undefined) return noFilters;
  const condition = ask.parseSql === undefined ? null : conditionOf(rows, ask.parseSql);
  const all = Object.keys(dataset.columns);
  return new Set(condition?.kind === 'columns' ? all.filter((name) => condition.columns.includes(name)) : all);
}

/** What one of two references shows as it is, is seen as it is; where both mask it, either mask may be over it. */
function bothOf(a: DatasetRead, b: DatasetRead): DatasetRead {
  if (a.isWhole || b.isWhole) return { ...(a.isWhole ? a : b), filters: new Set([...a.filters, ...b.filters]) };
  return {
    ...a,
    isWhole: false,
    filters: new Set([...a.filters, ...b.filters]),
    sees: (column) => {
      const masks = [a.sees(column), b.sees(column)].filter((one) => one !== undefined);
      if (masks.length === 0) return undefined;
      return masks.some((one) => one.length === 0) ? unmasked : [...new Set(masks.flat())];
    },
  };
}

export type ReadingGroup = {
  readonly address: string;
  readonly group: Group;
  readonly reads: readonly DatasetRead[];
};

/** Groups with what they read. Rules ask it one after the other of one workspace, so the last answer is kept. */
export function readingGroups(workspace: Workspace, ask: Ask): readonly ReadingGroup[] {
  const last = answered.get(ask);
  if (last?.workspace === workspace) return last.groups;
  const groups = Object.entries(workspace.groups).map(([name, group]) => {
    return { address: memberAddress(workspace.address, name), group, reads: readsIn(ask, group.read) };
  });
  answered.set(ask, { workspace, groups });
  return groups;
}

const answered = new WeakMap<Ask, { readonly workspace: Workspace; readonly groups: readonly ReadingGroup[] }>();
