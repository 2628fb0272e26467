import { memberAddress, parseMemberAddress } from '../../model/address.ts';
import { own } from '../../model/effective.ts';
import type { Dataset, Datastore, MaskKind, Reference } from '../../model/model.ts';
import { conditionOf } from '../../sql/lineage/condition.ts';
import type { Ask } from '../rule.ts';

/** One dataset that a group or a transformer reads. */
export type DatasetRead = {
  readonly address: string;
  readonly datastore: Datastore;
  readonly name: string;
  readonly dataset: Dataset;
  /** Columns that it sees, in the dataset's order, each with the masks that may be over it; none: as it is. */
  readonly seen: ReadonlyMap<string, readonly MaskKind[]>;
  /** Columns that say which rows it sees, and so are read as they are. */
  readonly filters: ReadonlySet<string>;
  /** The first reference that gave it. */
  readonly reference: Reference;
};

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
  const { columns, mask = {} } = reference;
  const all = Object.keys(dataset.columns);
  const wanted = columns === undefined ? all : all.filter((column) => columns.includes(column));
  return {
    address: memberAddress(datastore.address, name),
    datastore,
    name,
    dataset,
    reference,
    seen: new Map(wanted.map((column) => [column, maskOf(own(mask, column))])),
    filters: filtersOf(ask, dataset, reference),
  };
}

const unmasked: readonly MaskKind[] = [];

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
  const seen = Object.keys(a.dataset.columns).flatMap((column): readonly [string, readonly MaskKind[]][] => {
    const masks = [a.seen.get(column), b.seen.get(column)].filter((one) => one !== undefined);
    if (masks.length === 0) return [];
    return [[column, masks.some((one) => one.length === 0) ? unmasked : [...new Set(masks.flat())]]];
  });
  return { ...a, seen: new Map(seen), filters: new Set([...a.filters, ...b.filters]) };
}
