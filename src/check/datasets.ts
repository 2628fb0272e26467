import { memberAddress } from '../model/address.ts';
import type { Column, Dataset, Datastore } from '../model/model.ts';

export type DatasetEntry = {
  /** `retail/sales/orders.customers`. */
  readonly address: string;
  readonly name: string;
  readonly dataset: Dataset;
  readonly datastore: Datastore;
};

/** With its columns as a list, which is made once for all rules. */
type ListedEntry = DatasetEntry & { readonly columns: readonly (readonly [name: string, column: Column])[] };

let last: { readonly datastore: Datastore; readonly entries: readonly ListedEntry[] } | null = null;

/** Rules ask one after another of one datastore. */
export function datasetsOf(datastore: Datastore): readonly ListedEntry[] {
  if (last?.datastore === datastore) return last.entries;
  const entries = Object.entries(datastore.datasets).map(([name, dataset]): ListedEntry => {
    const columns = Object.entries(dataset.columns);
    return { address: memberAddress(datastore.address, name), name, dataset, columns, datastore };
  });
  last = { datastore, entries };
  return entries;
}
