import {
  columnAddress,
  environmentAddress,
  meshAddress,
  type ObjectAddress,
  parseObjectAddress,
} from '../model/address.ts';
import type { Reference } from '../model/model.ts';
import type { Spot } from './rule.ts';

/** The spot of a mesh, an object or a dataset, or of a part of it. */
export function spotOf(address: string, ...path: readonly (string | number)[]): Spot {
  return { address, path };
}

export const meshSpot = (...path: readonly (string | number)[]) => spotOf(meshAddress, ...path);

export const environmentSpot = (name: string, ...path: readonly (string | number)[]) =>
  spotOf(environmentAddress(name), ...path);

/** A reference stands under what it names, since their order has no meaning. */
export function referenceSpot(group: string, reference: Reference): Spot {
  return spotOf(group, 'read', reference.from);
}

export function teamSpot(zone: string, team: string, ...path: readonly string[]): Spot {
  return spotOf(`${zone}/${team}`, ...path);
}

/** A part of a part. */
export function within(spot: Spot, ...path: readonly string[]): Spot {
  return { ...spot, path: [...spot.path, ...path] };
}

export function columnSpot(
  { datastore, name }: { readonly datastore: { readonly address: string }; readonly name: string },
  column: string,
): Spot {
  return spotOf(columnAddress(datastore.address, name, column));
}

/** Zone, team and name of a datastore or workspace; the parts of a bad address are empty. */
export function partsOf(address: string): ObjectAddress {
  return parseObjectAddress(address) ?? { zone: '', team: '', object: '' };
}
