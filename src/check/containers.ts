import type { Purpose } from '../engine/facts.ts';
import { environmentAddress } from '../model/address.ts';
import type { Container, Environment } from '../model/model.ts';
import type { Placed } from '../model/parts.ts';
import type { Ask, Spot } from './rule.ts';
import { environmentSpot } from './spots.ts';

export type ContainerEntry =
  | StorageEntry<Container>
  | (At<Container> & { readonly role: 'ledger' })
  | (At<Container> & { readonly role: 'connection'; readonly name: string });

/** A container in which rows come to rest. */
export type StorageEntry<C extends Placed = Placed> = At<C> &
  (
    | { readonly role: 'store'; readonly name: string }
    | { readonly role: 'replica'; readonly name: string; readonly serves: readonly Purpose[] }
  );

type At<C extends Placed> = {
  /** Name of the environment. */
  readonly environment: string;
  readonly container: C;
  readonly spot: Spot;
};

/** Every environment of the model. */
export function environmentsOf(ask: Ask): readonly Environment[] {
  return ask.addresses('environment').flatMap((address) => ask.object('environment', address) ?? []);
}

/** The ledger, then connections, stores and replicas. */
export function containersOf({ name, ledger, connections, stores, replicas }: Environment): readonly ContainerEntry[] {
  const at = { environment: name };
  return [
    { ...at, role: 'ledger', container: ledger, spot: environmentSpot(name, 'ledger') },
    ...Object.entries(connections).map(([connection, container]): ContainerEntry => {
      const spot = environmentSpot(name, 'connections', connection);
      return { ...at, role: 'connection', name: connection, container, spot };
    }),
    ...storageIn(name, stores, replicas ?? {}),
  ];
}

/** Stores and replicas of every environment, by what is said of them but how they are reached. */
export function storagesOf(ask: Ask): readonly StorageEntry[] {
  return ask.addresses('environment').flatMap((address) => {
    const storage = ask.part('storage', address);
    return storage === null ? [] : storageIn(nameOfEnvironment(address), storage.stores, storage.replicas);
  });
}

/** `prod` of `environment:prod`. */
export function nameOfEnvironment(address: string): string {
  return address.slice(environmentAddress('').length);
}

/** Stores and replicas of an environment. */
export function storageIn<C extends Placed>(
  environment: string,
  stores: Readonly<Record<string, C>>,
  replicas: Readonly<Record<string, { readonly on: readonly C[]; readonly serves: readonly Purpose[] }>>,
): readonly StorageEntry<C>[] {
  return [
    ...Object.entries(stores).map(([name, container]): StorageEntry<C> => {
      return { environment, role: 'store', name, container, spot: environmentSpot(environment, 'stores', name) };
    }),
    ...Object.entries(replicas).flatMap(([name, { on, serves }]) =>
      on.map((container, i): StorageEntry<C> => {
        const spot = environmentSpot(environment, 'replicas', name, 'on', i);
        return { environment, role: 'replica', name, serves, container, spot };
      }),
    ),
  ];
}

/** `store 'main' of environment 'prod'`. */
export function containerWords(entry: ContainerEntry | StorageEntry): string {
  const what = entry.role === 'ledger' ? 'the ledger' : `${entry.role} '${entry.name}'`;
  return `${what} of environment '${entry.environment}'`;
}
