import { memberAddress } from '../model/address.ts';
import type { Dataset, Datastore } from '../model/model.ts';

export type DatasetEntry = {
  /** `retail/sales/orders.customers`. */
  readonly address: string;
  readonly name: string;
  readonly dataset: Dataset;
  readonly datastore: Datastore;
};

export function datasetsOf(datastore: Datastore): readonly DatasetEntry[] {
  return Object.entries(datastore.datasets).map(([name, dataset]) => {
    return { address: memberAddress(datastore.address, name), name, dataset, datastore };
  });
}
